output "name" {
  description = "Name of the delivery stream."
  value       = aws_kinesis_firehose_delivery_stream.this.name
}

output "arn" {
  description = "ARN of the delivery stream."
  value       = aws_kinesis_firehose_delivery_stream.this.arn
}

output "role_arn" {
  description = "ARN of the delivery stream's role."
  value       = aws_iam_role.this.arn
}

output "log_group_name" {
  description = "Log group of delivery errors."
  value       = aws_cloudwatch_log_group.this.name
}

output "alarm_arns" {
  description = "ARNs of the delivery stream's alarms."
  value       = concat(values(aws_cloudwatch_metric_alarm.this)[*].arn, aws_cloudwatch_metric_alarm.not_reading[*].arn)
}

output "search" {
  description = "The domain that gets documents, and their indices; empty without one."
  value       = var.search
}
