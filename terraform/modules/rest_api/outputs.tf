output "name" {
  description = "Name of the API."
  value       = aws_api_gateway_rest_api.this.name
}

# Known before the stage: the site's policy names the API, and the function that answers the API waits for the site's name.
output "id" {
  description = "Id of the API, which is the first label of its host name."
  value       = aws_api_gateway_rest_api.this.id
}

output "stage_name" {
  description = "Stage of the API."
  value       = aws_api_gateway_stage.this.stage_name
}

output "stage_arn" {
  description = "ARN of the stage, to which a web ACL can be attached."
  value       = aws_api_gateway_stage.this.arn
}

output "log_group_name" {
  description = "Log group of the access logs."
  value       = aws_cloudwatch_log_group.access.name
}

output "alarm_arns" {
  description = "ARNs of the API's alarms."
  value       = values(aws_cloudwatch_metric_alarm.this)[*].arn
}
