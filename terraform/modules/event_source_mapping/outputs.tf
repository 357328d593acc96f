output "uuid" {
  description = "Id of the mapping."
  value       = aws_lambda_event_source_mapping.this.uuid
}

output "arn" {
  description = "ARN of the mapping."
  value       = aws_lambda_event_source_mapping.this.arn
}

output "alarm_arns" {
  description = "ARNs of the mapping's alarms."
  value       = concat(values(aws_cloudwatch_metric_alarm.this)[*].arn, [aws_cloudwatch_metric_alarm.not_reading.arn])
}
