output "bucket_name" {
  description = "Bucket of the site's files."
  value       = var.bucket_name
}

output "domain_name" {
  description = "Domain name that CloudFront serves the site at."
  value       = aws_cloudfront_distribution.this.domain_name
}

output "distribution_id" {
  description = "CloudFront distribution of the site."
  value       = aws_cloudfront_distribution.this.id
}

output "content_security_policy" {
  description = "Content-Security-Policy of every answer."
  value       = local.headers["Content-Security-Policy"]
}

output "distribution_arn" {
  description = "ARN of the CloudFront distribution, which must be let read the bucket."
  value       = aws_cloudfront_distribution.this.arn
}
