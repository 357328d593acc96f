output "stream_name" {
  description = "Kinesis stream of live trips."
  value       = module.stream.name
}

output "producer_policy_arn" {
  description = "Policy that lets a principal send trips."
  value       = module.stream.producer_policy_arn
}

output "raw_bucket" {
  description = "Bucket of TLC's files as published."
  value       = module.raw_bucket.name
}

output "processed_bucket" {
  description = "Bucket of the tables, training sets, the job's code and the results of queries."
  value       = module.processed_bucket.name
}

output "models_bucket" {
  description = "Bucket of models."
  value       = module.models_bucket.name
}

output "database_name" {
  description = "Glue database of the tables."
  value       = aws_glue_catalog_database.this.name
}

output "table_names" {
  description = "The tables, and the view of each trip's latest prediction."
  value = {
    raw         = module.raw_table.name
    trips       = module.trips_table.name
    quarantine  = module.quarantine_table.name
    predictions = aws_glue_catalog_table.predictions.name
    latest      = one(values(aws_glue_catalog_table.latest)[*].name)
  }
}

output "function_names" {
  description = "The Lambda functions, by what they do."
  value       = { score = module.score.name }
}

output "thresholds_table_name" {
  description = "DynamoDB table of the rule of each version of the model."
  value       = module.thresholds.name
}

output "delivery_stream_name" {
  description = "Firehose stream of predictions."
  value       = module.predictions.name
}

output "endpoint_name" {
  description = "Endpoint of the fare model, which is made when its first version is approved."
  value       = local.model_name
}

output "job_name" {
  description = "Glue job that makes the tables of trips."
  value       = module.job.name
}

output "schedule_name" {
  description = "Schedule that starts the job."
  value       = module.job.schedule_name
}

output "workgroup_name" {
  description = "Athena workgroup of the taxi tables."
  value       = module.workgroup.name
}

output "training_workgroup_name" {
  description = "Athena workgroup that training sets are made in."
  value       = module.training_workgroup.name
}

output "analyst_policy_arn" {
  description = "ARN of the policy that lets a principal query the tables."
  value       = module.workgroup.analyst_policy_arn
}

output "query_ids" {
  description = "Ids of the saved queries, by name."
  value       = module.workgroup.query_ids
}

output "training_pipeline_name" {
  description = "SageMaker pipeline that trains a model and registers it."
  value       = module.training.name
}

output "model_package_group_name" {
  description = "Model package group of the versions of the fare model; the endpoint has the same name."
  value       = aws_sagemaker_model_package_group.this.model_package_group_name
}

output "alarm_topic_arn" {
  description = "SNS topic that alarms are sent to."
  value       = module.alarm_topic.arn
}

output "alarm_arns" {
  description = "ARNs of the pipeline's alarms."
  value       = local.alarm_arns
}

output "dashboard_name" {
  description = "CloudWatch dashboard of the pipeline."
  value       = aws_cloudwatch_dashboard.this.dashboard_name
}

output "setting_names" {
  description = "Names of all that `settings` can set: whoever passes it on can tell a name that the pipeline does not have."
  value       = keys(var.settings)
}

output "search_domain_arn" {
  description = "ARN of the OpenSearch domain that the pipeline makes; null where it makes none."
  value       = one(module.search_domain[*].arn)
}

output "search_endpoint" {
  description = "Host name of that domain; null where there is none."
  value       = one(module.search_domain[*].endpoint)
}
