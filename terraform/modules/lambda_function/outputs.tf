output "name" {
  description = "Name of the function."
  value       = aws_lambda_function.this.function_name
}

output "arn" {
  description = "ARN of the function."
  value       = aws_lambda_function.this.arn
}

output "invoke_arn" {
  description = "ARN by which API Gateway calls the function."
  value       = aws_lambda_function.this.invoke_arn
}

output "role_name" {
  description = "Name of the function's role."
  value       = aws_iam_role.this.name
}

output "log_group_name" {
  description = "Log group of the function."
  value       = aws_cloudwatch_log_group.this.name
}

output "alarm_arns" {
  description = "ARNs of the function's alarms."
  value       = values(aws_cloudwatch_metric_alarm.this)[*].arn
}

output "environment" {
  description = "Environment of the function."
  value       = var.environment
}

output "statements" {
  description = "Statements of the role's policy, but for what an event source mapping adds."
  value       = jsondecode(aws_iam_role_policy.this.policy).Statement
}

output "reserved_concurrency" {
  description = "Invocations at once that are reserved for the function, and its limit; -1 for none."
  value       = aws_lambda_function.this.reserved_concurrent_executions
}
