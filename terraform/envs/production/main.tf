# A stage: which pipelines are on, and the values they run with.

module "telemetry" {
  source = "../../pipelines/telemetry"
  count  = contains(var.pipelines, "telemetry") ? 1 : 0

  providers = {
    aws = aws.telemetry
  }

  stage       = var.stage
  job_script  = var.job_script
  job_package = var.job_package

  # A value that the stage leaves out is null here, and the pipeline's own default holds.
  stream_mode                = var.telemetry.stream_mode
  shard_count                = var.telemetry.shard_count
  stream_retention_hours     = var.telemetry.stream_retention_hours
  stream_customer_key        = var.telemetry.stream_customer_key
  shard_level_metrics        = var.telemetry.shard_level_metrics
  iterator_age_alarm_seconds = var.telemetry.iterator_age_alarm_seconds
  buffering_megabytes        = var.telemetry.buffering_megabytes
  buffering_seconds          = var.telemetry.buffering_seconds
  freshness_alarm_seconds    = var.telemetry.freshness_alarm_seconds
  age_objects                = var.telemetry.age_objects
  raw_infrequent_access_days = var.telemetry.raw_infrequent_access_days
  raw_glacier_days           = var.telemetry.raw_glacier_days
  noncurrent_version_days    = var.telemetry.noncurrent_version_days
  query_result_days          = var.telemetry.query_result_days
  force_destroy              = var.telemetry.force_destroy
  key_deletion_window_days   = var.telemetry.key_deletion_window_days
  glue_version               = var.telemetry.glue_version
  job_worker_type            = var.telemetry.job_worker_type
  job_workers                = var.telemetry.job_workers
  job_timeout_minutes        = var.telemetry.job_timeout_minutes
  job_schedule               = var.telemetry.job_schedule
  job_schedule_enabled       = var.telemetry.job_schedule_enabled
  crawler_schedule           = var.telemetry.crawler_schedule
  athena_scan_limit_bytes    = var.telemetry.athena_scan_limit_bytes
  alarm_emails               = var.telemetry.alarm_emails
  quarantine_alarm_percent   = var.telemetry.quarantine_alarm_percent
  job_stalled_hours          = var.telemetry.job_stalled_hours
  log_retention_days         = var.telemetry.log_retention_days
}
