output "name" {
  description = "Name of the job."
  value       = aws_glue_job.this.name
}

output "arn" {
  description = "ARN of the job."
  value       = aws_glue_job.this.arn
}

output "default_arguments" {
  description = "Arguments that a run has unless it is started with others."
  value       = aws_glue_job.this.default_arguments
}

output "role_arn" {
  description = "ARN of the job's role."
  value       = aws_iam_role.this.arn
}

output "schedule_name" {
  description = "Name of the schedule that starts the job."
  value       = aws_scheduler_schedule.this.name
}

output "log_group_names" {
  description = "Log groups of the job's output and errors."
  value       = { for kind, group in aws_cloudwatch_log_group.this : kind => group.name }
}

output "alarm_arns" {
  description = "ARNs of the job's alarms."
  value       = [aws_cloudwatch_metric_alarm.failure.arn]
}
