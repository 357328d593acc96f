output "stack_name" {
  description = "Name of the stack."
  value       = var.stack_name
}

output "stream_name" {
  description = "Kinesis stream that records are sent to."
  value       = module.stream.name
}

output "table_name" {
  description = "DynamoDB table of predictions."
  value       = module.table.name
}

output "function_name" {
  description = "Function that scores."
  value       = module.processor.name
}

output "role_name" {
  description = "Role of the function."
  value       = module.processor.role_name
}

output "log_group_name" {
  description = "Log group of the function."
  value       = module.processor.log_group_name
}

output "mapping_uuid" {
  description = "Id of the event source mapping that feeds the function."
  value       = module.event_source.uuid
}

output "models_bucket" {
  description = "Bucket of model archives."
  value       = module.models_bucket.name
}

output "dlq_bucket" {
  description = "Bucket of records that could not be scored."
  value       = module.dlq_bucket.name
}

output "endpoint_name" {
  description = "Endpoint that the function calls, whether it is there or not."
  value       = local.endpoint_name
}

output "alarm_topic_arn" {
  description = "SNS topic that alarms are sent to."
  value       = module.alarm_topic.arn
}

output "key_alias" {
  description = "Alias of the stack's KMS key."
  value       = module.key.alias
}

output "producer_policy_arn" {
  description = "Policy to attach to whoever sends records."
  value       = module.stream.producer_policy_arn
}

output "alarm_arns" {
  description = "ARNs of the stack's alarms."
  value = concat(
    module.stream.alarm_arns,
    module.processor.alarm_arns,
    module.event_source.alarm_arns,
    [
      aws_cloudwatch_metric_alarm.calls.arn,
      aws_cloudwatch_metric_alarm.failed.arn,
      aws_cloudwatch_metric_alarm.parked.arn,
    ],
    flatten(module.endpoint[*].alarm_arns),
  )
}

output "protected" {
  description = "Whether anything of the pipeline resists its destruction: a protected table, or buckets with objects in them."
  value       = var.settings.deletion_protection || !var.settings.force_destroy
}

output "setting_names" {
  description = "Names of all that `settings` can set: whoever passes it on can tell a name that the pipeline does not have."
  value       = keys(var.settings)
}
