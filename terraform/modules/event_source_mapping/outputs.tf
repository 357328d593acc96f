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

output "source_arn" {
  description = "ARN of what the mapping reads: the stream, or with enhanced fan-out its consumer."
  value       = aws_lambda_event_source_mapping.this.event_source_arn
}

output "maximum_retries" {
  description = "Times that a failed batch is tried again; -1 for ever."
  value       = aws_lambda_event_source_mapping.this.maximum_retry_attempts
}

output "maximum_record_age_seconds" {
  description = "Age in seconds above which a record that failed goes to the failure bucket; -1 for never."
  value       = aws_lambda_event_source_mapping.this.maximum_record_age_in_seconds
}
