# Every output waits for the settings of the bucket: whoever writes an object finds encryption and policy in force.
output "name" {
  description = "Name of the bucket."
  value       = aws_s3_bucket.this.bucket
  depends_on = [
    aws_s3_bucket_server_side_encryption_configuration.this,
    aws_s3_bucket_versioning.this,
    aws_s3_bucket_policy.this,
  ]
}

output "arn" {
  description = "ARN of the bucket."
  value       = aws_s3_bucket.this.arn
}

output "regional_domain_name" {
  description = "Domain name of the bucket in its region."
  value       = aws_s3_bucket.this.bucket_regional_domain_name
}
