variable "stack_name" {
  description = "Name of the stack, which every resource's name starts with."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,38}[a-z0-9]$", var.stack_name))
    error_message = "stack_name must be 3 to 40 lowercase letters, digits or dashes, starting with a letter and not ending with a dash: bucket names hold it."
  }
}

variable "function_package" {
  description = "Path of the zip of the function inference_score; `make package` builds it."
  type        = string
  nullable    = false
}

# ----- stream

variable "stream_mode" {
  description = "PROVISIONED or ON_DEMAND."
  type        = string
  nullable    = false
  default     = "PROVISIONED"
}

variable "shard_count" {
  description = "Number of shards in mode PROVISIONED."
  type        = number
  nullable    = false
  default     = 1
}

variable "stream_retention_hours" {
  description = "Hours that a record stays readable in the stream: how long scoring may be down without a loss."
  type        = number
  nullable    = false
  default     = 24
}

variable "stream_customer_key" {
  description = "Whether the stream is encrypted with a KMS key of its own; otherwise with the key that AWS manages for Kinesis."
  type        = bool
  nullable    = false
  default     = true
}

# ----- processor

variable "architecture" {
  description = "Processor of the function: arm64 or x86_64."
  type        = string
  nullable    = false
  default     = "arm64"
}

variable "memory_megabytes" {
  description = "Memory of the function in MB."
  type        = number
  nullable    = false
  default     = 512
}

variable "timeout_seconds" {
  description = "Seconds that the function may take over a batch, its retries of the endpoint included."
  type        = number
  nullable    = false
  default     = 120
}

variable "reserved_concurrency" {
  description = "Batches that are scored at once at most; -1 sets no limit."
  type        = number
  nullable    = false
  default     = -1
}

variable "tracing" {
  description = "Whether X-Ray traces a sample of the invocations."
  type        = bool
  nullable    = false
  default     = false
}

variable "content_type" {
  description = "What the endpoint is sent: text/csv or application/json."
  type        = string
  nullable    = false
  default     = "text/csv"

  validation {
    condition     = contains(["text/csv", "application/json"], var.content_type)
    error_message = "content_type must be text/csv or application/json."
  }
}

variable "max_rows_per_call" {
  description = "Records that one call of the endpoint takes at most: the model's own limit."
  type        = number
  nullable    = false
  default     = 1000

  validation {
    condition     = var.max_rows_per_call >= 1 && floor(var.max_rows_per_call) == var.max_rows_per_call
    error_message = "max_rows_per_call must be a whole number, at least 1."
  }
}

variable "score_threshold" {
  description = "Score from which a prediction's label is 1, as text; empty gives predictions no label."
  type        = string
  nullable    = false
  default     = ""

  validation {
    condition     = var.score_threshold == "" || can(tonumber(var.score_threshold))
    error_message = "score_threshold must be a number, or empty."
  }
}

variable "processing_enabled" {
  description = "Whether records are read from the stream. Off, the function keeps its place in it."
  type        = bool
  nullable    = false
  default     = true
}

variable "starting_position" {
  description = "Where a new stack begins to read: TRIM_HORIZON, LATEST or AT_TIMESTAMP."
  type        = string
  nullable    = false
  default     = "TRIM_HORIZON"
}

variable "starting_timestamp" {
  description = "Arrival time at which reading begins with AT_TIMESTAMP."
  type        = string
  nullable    = false
  default     = ""
}

variable "batch_size" {
  description = "Records that an invocation gets at most."
  type        = number
  nullable    = false
  default     = 500
}

variable "batching_window_seconds" {
  description = "Seconds to wait for a batch to fill; 0 sends what there is."
  type        = number
  nullable    = false
  default     = 0
}

variable "parallelization_factor" {
  description = "Batches of one shard that are scored at once; records of one partition key stay in order."
  type        = number
  nullable    = false
  default     = 1
}

variable "bisect_on_error" {
  description = "Whether a batch that failed is tried again as two halves."
  type        = bool
  nullable    = false
  default     = true
}

variable "maximum_retries" {
  description = "Times that a failed batch is tried again before it is kept in the DLQ bucket; -1 tries until its records expire."
  type        = number
  nullable    = false
  default     = 5
}

variable "maximum_record_age_seconds" {
  description = "Age in seconds above which a record that failed is kept in the DLQ bucket; -1 tries until it expires."
  type        = number
  nullable    = false
  default     = 86400
}

# ----- endpoint

variable "endpoint_enabled" {
  description = "Whether the stack has an endpoint of its own, which is billed by the hour; without it the function calls one that was made by hand under the same name."
  type        = bool
  nullable    = false
  default     = false
}

variable "model_image" {
  description = "Image in ECR that serves the model; needed when the endpoint is on."
  type        = string
  nullable    = false
  default     = ""

  validation {
    condition     = !var.endpoint_enabled || var.model_image != ""
    error_message = "model_image must name an image when endpoint_enabled is true."
  }
}

variable "model_data_url" {
  description = "Archive of the model in the stack's model bucket, s3://<bucket>/<key>.tar.gz; needed when the endpoint is on."
  type        = string
  nullable    = false
  default     = ""

  validation {
    condition     = !var.endpoint_enabled || startswith(var.model_data_url, "s3://${var.stack_name}-models-")
    error_message = "model_data_url must lie in the stack's model bucket when endpoint_enabled is true: the endpoint's role can decrypt nothing else."
  }
}

variable "model_score_range" {
  description = "Range of the model's scores, <low>..<high>, such as 0..1; either end may be left out. A score outside it is parked. Empty declares none."
  type        = string
  nullable    = false
  default     = ""

  validation {
    condition     = var.model_score_range == "" || can(regex("^(-?[0-9]+([.][0-9]+)?)?[.][.](-?[0-9]+([.][0-9]+)?)?$", var.model_score_range))
    error_message = "model_score_range must be <low>..<high>, such as 0..1, 0.. or ..100, or empty."
  }
}

variable "endpoint_serverless" {
  description = "Whether the endpoint is billed while it is called only; otherwise it has instances of its own."
  type        = bool
  nullable    = false
  default     = false
}

variable "serverless_memory_megabytes" {
  description = "Memory of a serverless endpoint in MB."
  type        = number
  nullable    = false
  default     = 2048
}

variable "serverless_concurrency" {
  description = "Calls that a serverless endpoint serves at once."
  type        = number
  nullable    = false
  default     = 20
}

variable "instance_type" {
  description = "Type of the endpoint's instances."
  type        = string
  nullable    = false
  default     = "ml.m5.large"
}

variable "minimum_instances" {
  description = "Instances of the endpoint at least."
  type        = number
  nullable    = false
  default     = 1
}

variable "maximum_instances" {
  description = "Instances of the endpoint at most; as many as the minimum lets it never grow."
  type        = number
  nullable    = false
  default     = 4
}

variable "invocations_per_instance" {
  description = "Calls a minute above which another instance is started. The function sends a batch a call."
  type        = number
  nullable    = false
  default     = 600
}

# ----- storage

variable "ttl_days" {
  description = "Days that a prediction is kept; 0 keeps it for ever."
  type        = number
  nullable    = false
  default     = 0

  validation {
    condition     = var.ttl_days >= 0 && floor(var.ttl_days) == var.ttl_days
    error_message = "ttl_days must be a whole number of days, or 0."
  }
}

variable "recovery_days" {
  description = "Days back to which the table of predictions can be restored, to the second."
  type        = number
  nullable    = false
  default     = 35
}

variable "deletion_protection" {
  description = "Whether DynamoDB refuses to delete the table of predictions."
  type        = bool
  nullable    = false
  default     = true
}

variable "age_objects" {
  description = "Whether old versions of models and replayed failures are deleted as they age."
  type        = bool
  nullable    = false
  default     = true
}

variable "noncurrent_version_days" {
  description = "Days after which a replaced or deleted version of a model is gone for good."
  type        = number
  nullable    = false
  default     = 30

  validation {
    condition     = var.noncurrent_version_days >= 1
    error_message = "noncurrent_version_days must be at least 1."
  }
}

variable "replayed_days" {
  description = "Days that a failure is kept after it was replayed."
  type        = number
  nullable    = false
  default     = 30

  validation {
    condition     = var.replayed_days >= 1
    error_message = "replayed_days must be at least 1."
  }
}

variable "force_destroy" {
  description = "Whether destroying the stack also deletes the objects in its buckets. Leave false where they matter."
  type        = bool
  nullable    = false
  default     = false
}

variable "key_deletion_window_days" {
  description = "Days in which the deletion of a KMS key can still be cancelled."
  type        = number
  nullable    = false
  default     = 30
}

# ----- watching

variable "iterator_age_alarm_seconds" {
  description = "Age of a record that is read, in seconds, above which the iterator age alarms fire."
  type        = number
  nullable    = false
  default     = 60
}

variable "latency_alarm_milliseconds" {
  description = "Average time that the model takes for a call, in ms, above which the latency alarm fires."
  type        = number
  nullable    = false
  default     = 1000
}

variable "parked_alarm_records" {
  description = "Records parked in five minutes above which the alarm fires."
  type        = number
  nullable    = false
  default     = 0

  validation {
    condition     = var.parked_alarm_records >= 0
    error_message = "parked_alarm_records must be at least 0."
  }
}

variable "alarm_emails" {
  description = "E-mail addresses that are told of alarms once they have confirmed."
  type        = set(string)
  nullable    = false
  default     = []
}

variable "log_retention_days" {
  description = "Days that logs are kept."
  type        = number
  nullable    = false
  default     = 365
}
