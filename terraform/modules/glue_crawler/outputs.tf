output "name" {
  description = "Name of the crawler."
  value       = aws_glue_crawler.this.name
}

output "arn" {
  description = "ARN of the crawler."
  value       = aws_glue_crawler.this.arn
}

output "role_arn" {
  description = "ARN of the crawler's role."
  value       = aws_iam_role.this.arn
}
