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

module "inference" {
  source = "../../pipelines/inference"
  count  = contains(var.pipelines, "inference") ? 1 : 0

  providers = {
    aws = aws.inference
  }

  stack_name       = local.inference_stack
  function_package = var.function_package

  stream_mode                 = var.inference.stream_mode
  shard_count                 = var.inference.shard_count
  stream_retention_hours      = var.inference.stream_retention_hours
  stream_customer_key         = var.inference.stream_customer_key
  architecture                = var.inference.architecture
  memory_megabytes            = var.inference.memory_megabytes
  timeout_seconds             = var.inference.timeout_seconds
  reserved_concurrency        = var.inference.reserved_concurrency
  tracing                     = var.inference.tracing
  content_type                = var.inference.content_type
  max_rows_per_call           = var.inference.max_rows_per_call
  score_threshold             = var.inference.score_threshold
  processing_enabled          = var.inference.processing_enabled
  starting_position           = var.inference.starting_position
  starting_timestamp          = var.inference.starting_timestamp
  batch_size                  = var.inference.batch_size
  batching_window_seconds     = var.inference.batching_window_seconds
  parallelization_factor      = var.inference.parallelization_factor
  bisect_on_error             = var.inference.bisect_on_error
  maximum_retries             = var.inference.maximum_retries
  maximum_record_age_seconds  = var.inference.maximum_record_age_seconds
  endpoint_enabled            = var.inference.endpoint_enabled
  model_image                 = var.inference.model_image
  model_data_url              = var.inference.model_data_url
  model_score_range           = var.inference.model_score_range
  endpoint_serverless         = var.inference.endpoint_serverless
  serverless_memory_megabytes = var.inference.serverless_memory_megabytes
  serverless_concurrency      = var.inference.serverless_concurrency
  instance_type               = var.inference.instance_type
  minimum_instances           = var.inference.minimum_instances
  maximum_instances           = var.inference.maximum_instances
  invocations_per_instance    = var.inference.invocations_per_instance
  ttl_days                    = var.inference.ttl_days
  recovery_days               = var.inference.recovery_days
  deletion_protection         = var.inference.deletion_protection
  age_objects                 = var.inference.age_objects
  noncurrent_version_days     = var.inference.noncurrent_version_days
  replayed_days               = var.inference.replayed_days
  force_destroy               = var.inference.force_destroy
  key_deletion_window_days    = var.inference.key_deletion_window_days
  iterator_age_alarm_seconds  = var.inference.iterator_age_alarm_seconds
  latency_alarm_milliseconds  = var.inference.latency_alarm_milliseconds
  parked_alarm_records        = var.inference.parked_alarm_records
  alarm_emails                = var.inference.alarm_emails
  log_retention_days          = var.inference.log_retention_days
}

module "votes" {
  source = "../../pipelines/votes"
  count  = contains(var.pipelines, "votes") ? 1 : 0

  providers = {
    aws = aws.votes
  }

  stage             = var.stage
  function_packages = var.votes_packages
  site_folder       = var.votes_site
  edge_url          = var.edge_url

  candidates                 = var.votes.candidates
  stream_mode                = var.votes.stream_mode
  shard_count                = var.votes.shard_count
  stream_retention_hours     = var.votes.stream_retention_hours
  stream_customer_key        = var.votes.stream_customer_key
  batch_size                 = var.votes.batch_size
  iterator_age_alarm_seconds = var.votes.iterator_age_alarm_seconds
  architecture               = var.votes.architecture
  memory_megabytes           = var.votes.memory_megabytes
  cast_concurrency           = var.votes.cast_concurrency
  requests_per_second        = var.votes.requests_per_second
  burst_requests             = var.votes.burst_requests
  api_account_logging        = var.votes.api_account_logging
  api_web_acl_arn            = var.votes.api_web_acl_arn
  domain_names               = var.votes.domain_names
  certificate_arn            = var.votes.certificate_arn
  site_web_acl_arn           = var.votes.site_web_acl_arn
  first_hour                 = var.votes.first_hour
  buffering_megabytes        = var.votes.buffering_megabytes
  buffering_seconds          = var.votes.buffering_seconds
  athena_scan_limit_bytes    = var.votes.athena_scan_limit_bytes
  recovery_days              = var.votes.recovery_days
  deletion_protection        = var.votes.deletion_protection
  force_destroy              = var.votes.force_destroy
  key_deletion_window_days   = var.votes.key_deletion_window_days
  alarm_emails               = var.votes.alarm_emails
  log_retention_days         = var.votes.log_retention_days
}

locals {
  # Commands find the stage's own inference stack by this name, as they find any other stack.
  inference_stack = "datastreamer-${var.stage}-inference"
}
