variable "stage" {
  description = "Name of the stage, which every resource's name carries."
  type        = string
  nullable    = false
}

variable "region" {
  description = "AWS region of the stage."
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

variable "pipelines" {
  description = "Pipelines that are on."
  type        = set(string)
  nullable    = false
  default     = ["telemetry"]

  validation {
    condition     = length(setsubtract(var.pipelines, ["telemetry", "inference", "votes"])) == 0
    error_message = "pipelines must be among: telemetry, inference, votes."
  }
}

variable "job_script" {
  description = "Path of the telemetry job's script."
  type        = string
  nullable    = false
  default     = "../../../glue_jobs/temperature_etl.py"
}

variable "job_package" {
  description = "Path of the zip with the Python packages that Glue jobs import; `make package` builds it."
  type        = string
  nullable    = false
}

variable "function_package" {
  description = "Path of the zip of the function inference_score; `make package` builds it."
  type        = string
  nullable    = false
}

variable "votes_packages" {
  description = "Paths of the zips of the votes pipeline's functions; `make package` builds them."
  type = object({
    votes_aggregate = string
    votes_cast      = string
    votes_socket    = string
  })
  nullable = false
}

variable "votes_site" {
  description = "Folder of the votes pipeline's site as it was built; it need not be there as long as the pipeline is off."
  type        = string
  nullable    = false
}

variable "edge_url" {
  description = "One address at which APIs, WebSockets and sites are all served, where there is no CloudFront; empty on AWS."
  type        = string
  nullable    = false
  default     = ""
}

variable "telemetry" {
  description = "Values of the telemetry pipeline; terraform/pipelines/telemetry/variables.tf says what each means and its default."
  type = object({
    stream_mode                = optional(string)
    shard_count                = optional(number)
    stream_retention_hours     = optional(number)
    stream_customer_key        = optional(bool)
    shard_level_metrics        = optional(set(string))
    iterator_age_alarm_seconds = optional(number)
    buffering_megabytes        = optional(number)
    buffering_seconds          = optional(number)
    freshness_alarm_seconds    = optional(number)
    age_objects                = optional(bool)
    raw_infrequent_access_days = optional(number)
    raw_glacier_days           = optional(number)
    noncurrent_version_days    = optional(number)
    query_result_days          = optional(number)
    force_destroy              = optional(bool)
    key_deletion_window_days   = optional(number)
    glue_version               = optional(string)
    job_worker_type            = optional(string)
    job_workers                = optional(number)
    job_timeout_minutes        = optional(number)
    job_schedule               = optional(string)
    job_schedule_enabled       = optional(bool)
    crawler_schedule           = optional(string)
    athena_scan_limit_bytes    = optional(number)
    alarm_emails               = optional(set(string))
    quarantine_alarm_percent   = optional(number)
    job_stalled_hours          = optional(number)
    log_retention_days         = optional(number)
  })
  nullable = false
  default  = {}
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

variable "votes" {
  description = "Values of the votes pipeline; terraform/pipelines/votes/variables.tf says what each means and its default."
  type = object({
    candidates                 = optional(list(object({ id = string, labels = object({ ja = string, en = string }), color = object({ light = string, dark = string }), picture = string })))
    stream_mode                = optional(string)
    shard_count                = optional(number)
    stream_retention_hours     = optional(number)
    stream_customer_key        = optional(bool)
    batch_size                 = optional(number)
    iterator_age_alarm_seconds = optional(number)
    architecture               = optional(string)
    memory_megabytes           = optional(number)
    cast_concurrency           = optional(number)
    requests_per_second        = optional(number)
    burst_requests             = optional(number)
    api_account_logging        = optional(bool)
    api_web_acl_arn            = optional(string)
    domain_names               = optional(set(string))
    certificate_arn            = optional(string)
    site_web_acl_arn           = optional(string)
    first_hour                 = optional(string)
    buffering_megabytes        = optional(number)
    buffering_seconds          = optional(number)
    athena_scan_limit_bytes    = optional(number)
    recovery_days              = optional(number)
    deletion_protection        = optional(bool)
    force_destroy              = optional(bool)
    key_deletion_window_days   = optional(number)
    alarm_emails               = optional(set(string))
    log_retention_days         = optional(number)
  })
  nullable = false
  default  = {}
}
