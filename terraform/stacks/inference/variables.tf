variable "stack_name" {
  description = "Name of the stack, which every resource's name starts with."
  type        = string
  nullable    = false
}

variable "region" {
  description = "AWS region of the stack."
  type        = string
  nullable    = false
  default     = "ap-northeast-1"

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be an AWS region, such as ap-northeast-1."
  }
}

variable "s3_path_style" {
  description = "Whether S3 is addressed as endpoint/bucket and not as bucket.endpoint, for an endpoint without names for its buckets."
  type        = bool
  nullable    = false
  default     = false
}

variable "function_package" {
  description = "Path of the zip of the function inference_score; `make package` builds it."
  type        = string
  nullable    = false
}

variable "inference" {
  description = "Values of the inference pipeline; terraform/pipelines/inference/variables.tf says what each means and its default."
  type = object({
    stream_mode                 = optional(string)
    shard_count                 = optional(number)
    stream_retention_hours      = optional(number)
    stream_customer_key         = optional(bool)
    architecture                = optional(string)
    memory_megabytes            = optional(number)
    timeout_seconds             = optional(number)
    reserved_concurrency        = optional(number)
    tracing                     = optional(bool)
    content_type                = optional(string)
    max_rows_per_call           = optional(number)
    score_threshold             = optional(string)
    processing_enabled          = optional(bool)
    starting_position           = optional(string)
    starting_timestamp          = optional(string)
    batch_size                  = optional(number)
    batching_window_seconds     = optional(number)
    parallelization_factor      = optional(number)
    bisect_on_error             = optional(bool)
    maximum_retries             = optional(number)
    maximum_record_age_seconds  = optional(number)
    endpoint_enabled            = optional(bool)
    model_image                 = optional(string)
    model_data_url              = optional(string)
    model_score_range           = optional(string)
    endpoint_serverless         = optional(bool)
    serverless_memory_megabytes = optional(number)
    serverless_concurrency      = optional(number)
    instance_type               = optional(string)
    minimum_instances           = optional(number)
    maximum_instances           = optional(number)
    invocations_per_instance    = optional(number)
    ttl_days                    = optional(number)
    recovery_days               = optional(number)
    deletion_protection         = optional(bool)
    age_objects                 = optional(bool)
    noncurrent_version_days     = optional(number)
    replayed_days               = optional(number)
    force_destroy               = optional(bool)
    key_deletion_window_days    = optional(number)
    iterator_age_alarm_seconds  = optional(number)
    latency_alarm_milliseconds  = optional(number)
    parked_alarm_records        = optional(number)
    alarm_emails                = optional(set(string))
    log_retention_days          = optional(number)
  })
  nullable = false
  default  = {}
}
