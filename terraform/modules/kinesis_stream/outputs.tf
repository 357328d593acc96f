output "name" {
  description = "Name of the stream."
  value       = aws_kinesis_stream.this.name
}

output "arn" {
  description = "ARN of the stream."
  value       = aws_kinesis_stream.this.arn
}

output "producer_policy_arn" {
  description = "ARN of the policy that lets a principal write to the stream."
  value       = aws_iam_policy.producer.arn
}

output "alarm_arns" {
  description = "ARNs of the stream's alarms."
  value       = values(aws_cloudwatch_metric_alarm.this)[*].arn
}
