# The job that turns TLC's files into one typed table of trips and the quarantine.

module "job" {
  source = "../../modules/glue_job"

  name                = "${local.name}-silver"
  description         = "Makes each month of trips whose files have changed; quarantines every row that cannot be a trip."
  script_path         = var.job_script
  package_path        = var.job_package
  artifacts_bucket    = module.processed_bucket.name
  artifacts_prefix    = local.code_prefix
  glue_version        = var.settings.glue_version
  worker_type         = var.settings.job_worker_type
  number_of_workers   = var.settings.job_workers
  timeout_minutes     = var.settings.job_timeout_minutes
  schedule_expression = var.settings.job_schedule
  schedule_enabled    = var.settings.job_schedule_enabled
  kms_key_arn         = module.key.arn
  metric_namespaces   = [local.metric_namespace]
  log_retention_days  = var.settings.log_retention_days
  alarm_topic_arns    = local.alarm_topic_arns

  read_paths = [module.raw_table.path]
  write_paths = [
    module.trips_table.path,
    module.quarantine_table.path,
    "${module.processed_bucket.name}/${local.state_prefix}",
  ]

  arguments = {
    "--stage"           = var.stage
    "--bronze_path"     = module.raw_table.location
    "--silver_path"     = module.trips_table.location
    "--quarantine_path" = module.quarantine_table.location
    "--state_path"      = "s3://${module.processed_bucket.name}/${local.state_prefix}"
  }
}
