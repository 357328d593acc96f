# The job that turns raw objects into the curated table and the quarantine.

module "job" {
  source = "../../modules/glue_job"

  name                = "${local.name}-temperature-etl"
  description         = "Validates, deduplicates and partitions new raw readings; quarantines every invalid line."
  script_path         = var.job_script
  package_path        = var.job_package
  artifacts_bucket    = module.artifacts_bucket.name
  glue_version        = var.settings.glue_version
  worker_type         = var.settings.job_worker_type
  number_of_workers   = var.settings.job_workers
  timeout_minutes     = var.settings.job_timeout_minutes
  schedule_expression = var.settings.job_schedule
  schedule_enabled    = var.settings.job_schedule_enabled
  kms_key_arn         = module.key.arn
  metric_namespaces   = [local.metric_namespace]
  log_retention_days  = var.settings.log_retention_days
  alarm_topic_arns    = [module.alarm_topic.arn]

  read_paths = ["${module.data_bucket.name}/${local.raw_prefix}"]
  write_paths = [
    "${module.analytics_bucket.name}/${local.curated_prefix}",
    "${module.analytics_bucket.name}/${local.quarantine_prefix}",
    "${module.analytics_bucket.name}/${local.state_prefix}",
  ]

  arguments = {
    "--stage"           = var.stage
    "--raw_path"        = "s3://${module.data_bucket.name}/${local.raw_prefix}"
    "--curated_path"    = module.curated_table.location
    "--quarantine_path" = module.quarantine_table.location
    "--state_path"      = "s3://${module.analytics_bucket.name}/${local.state_prefix}"
    # Firehose may deliver as late as the stream keeps a record, below the hour in which the record arrived.
    "--lookback_hours" = tostring(max(48, var.settings.stream_retention_hours + 1))
  }
}
