# A stack: one inference pipeline of its own, under the name that a user gave it.

module "inference" {
  source = "../../pipelines/inference"

  stack_name       = var.stack_name
  function_package = var.function_package

  # A stack goes with one command, which names all that it will delete and asks; nothing must be left over.
  force_destroy       = coalesce(var.inference.force_destroy, true)
  deletion_protection = coalesce(var.inference.deletion_protection, false)

  # A value that is left out is null here, and the pipeline's own default holds.
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
  age_objects                 = var.inference.age_objects
  noncurrent_version_days     = var.inference.noncurrent_version_days
  replayed_days               = var.inference.replayed_days
  key_deletion_window_days    = var.inference.key_deletion_window_days
  iterator_age_alarm_seconds  = var.inference.iterator_age_alarm_seconds
  latency_alarm_milliseconds  = var.inference.latency_alarm_milliseconds
  parked_alarm_records        = var.inference.parked_alarm_records
  alarm_emails                = var.inference.alarm_emails
  log_retention_days          = var.inference.log_retention_days
}
