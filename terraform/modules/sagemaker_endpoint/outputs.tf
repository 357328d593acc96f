output "name" {
  description = "Name of the endpoint."
  value       = aws_sagemaker_endpoint.this.name
}

output "arn" {
  description = "ARN of the endpoint."
  value       = aws_sagemaker_endpoint.this.arn
}

output "model_name" {
  description = "Name of the model."
  value       = aws_sagemaker_model.this.name
}

output "config_name" {
  description = "Name of the endpoint's configuration."
  value       = aws_sagemaker_endpoint_configuration.this.name
}

output "scales" {
  description = "Whether instances are added and removed by load."
  value       = local.scales
}

output "alarm_arns" {
  description = "ARNs of the endpoint's alarms."
  value       = values(aws_cloudwatch_metric_alarm.this)[*].arn
}
