output "bucket_name" {
  description = "Bucket of the site's files."
  value       = var.bucket_name
}

output "domain_name" {
  description = "Domain name that CloudFront serves the site at; null without the edge."
  value       = one(aws_cloudfront_distribution.this[*].domain_name)
}

output "distribution_id" {
  description = "CloudFront distribution of the site; null without the edge."
  value       = one(aws_cloudfront_distribution.this[*].id)
}

output "content_security_policy" {
  description = "Content-Security-Policy of every answer."
  value       = local.headers["Content-Security-Policy"]
}

output "distribution_arns" {
  description = "ARN of the CloudFront distribution, which must be let read the bucket; none without the edge."
  value       = aws_cloudfront_distribution.this[*].arn
}
