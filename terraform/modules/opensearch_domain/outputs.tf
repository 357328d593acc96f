output "arn" {
  description = "ARN of the domain."
  value       = aws_opensearch_domain.this.arn
}

output "name" {
  description = "Name of the domain."
  value       = aws_opensearch_domain.this.domain_name
}

output "endpoint" {
  description = "Host name that the domain answers at, over HTTPS."
  value       = aws_opensearch_domain.this.endpoint
}

output "security_group_id" {
  description = "Security group of the domain in a VPC; null outside."
  value       = one(aws_security_group.this[*].id)
}
