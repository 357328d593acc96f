output "name" {
  description = "Name of the pipeline."
  value       = aws_sagemaker_pipeline.this.pipeline_name
}

output "arn" {
  description = "ARN of the pipeline."
  value       = aws_sagemaker_pipeline.this.arn
}

output "definition" {
  description = "The pipeline's definition."
  value       = jsondecode(aws_sagemaker_pipeline.this.pipeline_definition)
}

output "job_role_arn" {
  description = "Role of the training jobs."
  value       = aws_iam_role.jobs.arn
}

output "alarm_arns" {
  description = "ARNs of the pipeline's alarms."
  value       = [aws_cloudwatch_metric_alarm.failure.arn]
}
