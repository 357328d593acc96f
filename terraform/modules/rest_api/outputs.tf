output "name" {
  description = "Name of the API."
  value       = aws_api_gateway_rest_api.this.name
}

output "id" {
  description = "Id of the API."
  value       = aws_api_gateway_rest_api.this.id
}

output "stage_name" {
  description = "Stage of the API."
  value       = aws_api_gateway_stage.this.stage_name
}

output "url" {
  description = "Address of the stage on AWS, without a slash at its end."
  value       = aws_api_gateway_stage.this.invoke_url
}

output "log_group_name" {
  description = "Log group of the access logs."
  value       = aws_cloudwatch_log_group.access.name
}

output "alarm_arns" {
  description = "ARNs of the API's alarms."
  value       = values(aws_cloudwatch_metric_alarm.this)[*].arn
}
