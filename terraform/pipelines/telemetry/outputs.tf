output "stream_name" {
  description = "Kinesis stream that sensors write to."
  value       = module.stream.name
}

output "delivery_stream_name" {
  description = "Firehose stream that writes raw objects."
  value       = module.delivery_stream.name
}

output "data_bucket" {
  description = "Bucket of the raw objects."
  value       = module.data_bucket.name
}

output "analytics_bucket" {
  description = "Bucket of the tables."
  value       = module.analytics_bucket.name
}

output "artifacts_bucket" {
  description = "Bucket of the job's script and package."
  value       = module.artifacts_bucket.name
}

output "results_bucket" {
  description = "Bucket of query results."
  value       = module.results_bucket.name
}

output "raw_path" {
  description = "Where raw objects lie, as s3://bucket/prefix/."
  value       = "s3://${module.data_bucket.name}/${local.raw_prefix}"
}

output "curated_path" {
  description = "Where the curated table's files lie, as s3://bucket/prefix/."
  value       = module.curated_table.location
}

output "quarantine_path" {
  description = "Where the quarantine table's files lie, as s3://bucket/prefix/."
  value       = module.quarantine_table.location
}

output "state_path" {
  description = "Where the job remembers what it has read, as s3://bucket/prefix/."
  value       = "s3://${module.analytics_bucket.name}/${local.state_prefix}"
}

output "database_name" {
  description = "Glue database of the tables."
  value       = aws_glue_catalog_database.this.name
}

output "curated_table" {
  description = "Table of valid readings."
  value       = module.curated_table.name
}

output "quarantine_table" {
  description = "Table of lines that are not valid readings."
  value       = module.quarantine_table.name
}

output "job_name" {
  description = "Glue job that fills the tables."
  value       = module.job.name
}

output "schedule_name" {
  description = "Schedule that starts the job."
  value       = module.job.schedule_name
}

output "crawler_name" {
  description = "Crawler that keeps partitions and columns up to date."
  value       = module.crawler.name
}

output "workgroup_name" {
  description = "Athena workgroup of the analysts."
  value       = module.workgroup.name
}

output "query_ids" {
  description = "Ids of the saved queries, by name."
  value       = module.workgroup.query_ids
}

output "alarm_topic_arn" {
  description = "SNS topic that alarms are sent to."
  value       = module.alarm_topic.arn
}

output "dashboard_name" {
  description = "CloudWatch dashboard of the pipeline."
  value       = aws_cloudwatch_dashboard.this.dashboard_name
}

output "key_alias" {
  description = "Alias of the pipeline's KMS key."
  value       = module.key.alias
}

output "producer_policy_arn" {
  description = "Policy to attach to whoever sends readings."
  value       = module.stream.producer_policy_arn
}

output "analyst_policy_arn" {
  description = "Policy to attach to whoever queries the tables."
  value       = module.workgroup.analyst_policy_arn
}

output "setting_names" {
  description = "Names of all that `settings` can set: whoever passes it on can tell a name that the pipeline does not have."
  value       = keys(var.settings)
}
