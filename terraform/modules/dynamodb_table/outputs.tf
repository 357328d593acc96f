output "name" {
  description = "Name of the table."
  value       = aws_dynamodb_table.this.name
}

output "arn" {
  description = "ARN of the table."
  value       = aws_dynamodb_table.this.arn
}

output "ttl_attribute" {
  description = "Attribute by whose time items expire; empty when they do not."
  value       = var.ttl_attribute
}
