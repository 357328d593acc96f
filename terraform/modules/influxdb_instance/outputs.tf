output "name" {
  description = "Name of the instance."
  value       = aws_timestreaminfluxdb_db_instance.this.name
}

output "url" {
  description = "Address of the instance, inside the VPC."
  value       = "https://${aws_timestreaminfluxdb_db_instance.this.endpoint}:${var.port}"
}

output "bucket" {
  description = "Bucket of InfluxDB that the points go to."
  value       = var.bucket
}

output "organization" {
  description = "Organization of InfluxDB that the bucket belongs to."
  value       = var.organization
}

output "administrator_secret_arn" {
  description = "ARN of the secret in which AWS keeps the administrator's name and password, for making the token."
  value       = aws_timestreaminfluxdb_db_instance.this.influx_auth_parameters_secret_arn
}

output "token_secret_arn" {
  description = "ARN of the secret for the token that functions sign in with."
  value       = aws_secretsmanager_secret.token.arn
}

output "client_policy_arn" {
  description = "ARN of the policy that lets a principal read the token."
  value       = aws_iam_policy.client.arn
}

output "security_group_id" {
  description = "Id of the instance's security group."
  value       = aws_security_group.this.id
}

output "alarm_arns" {
  description = "ARNs of the instance's alarms."
  value       = values(aws_cloudwatch_metric_alarm.this)[*].arn
}
