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

variable "settings" {
  description = "How the pipeline is to run; each line of the type says what it sets, and its default."
  nullable    = false
  default     = {}

  type = object({
    # ----- stream
    # PROVISIONED or ON_DEMAND.
    stream_mode = optional(string, "PROVISIONED")
    # Number of shards in mode PROVISIONED.
    shard_count = optional(number, 1)
    # Hours that a record stays readable in the stream: how long scoring may be down without a loss.
    stream_retention_hours = optional(number, 24)
    # Whether records are encrypted at rest.
    stream_encrypted = optional(bool, true)
    # Whether that is done with a KMS key of its own, and not with the key that AWS manages for Kinesis.
    stream_customer_key = optional(bool, true)

    # ----- processor
    # Processor of the function: arm64 or x86_64.
    architecture = optional(string, "arm64")
    # Memory of the function in MB.
    memory_megabytes = optional(number, 512)
    # Seconds that the function may take over a batch, its retries of the endpoint included.
    timeout_seconds = optional(number, 120)
    # Batches that are scored at once at most; -1 sets no limit.
    reserved_concurrency = optional(number, -1)
    # Whether X-Ray traces a sample of the invocations.
    tracing = optional(bool, false)
    # What the endpoint is sent: text/csv or application/json.
    content_type = optional(string, "text/csv")
    # Records that one call of the endpoint takes at most: the model's own limit.
    max_rows_per_call = optional(number, 1000)
    # Score from which a prediction's label is 1, as text; empty gives predictions no label.
    score_threshold = optional(string, "")
    # Whether Kinesis pushes records to the function (about 70 ms), and Lambda does not ask each shard about once a second. Billed by shard and hour and by GB; a change begins again at starting_position.
    enhanced_fan_out = optional(bool, false)
    # Whether records are read from the stream. Off, the function keeps its place in it.
    processing_enabled = optional(bool, true)
    # Where a new stack begins to read: TRIM_HORIZON, LATEST or AT_TIMESTAMP.
    starting_position = optional(string, "TRIM_HORIZON")
    # Arrival time at which reading begins with AT_TIMESTAMP.
    starting_timestamp = optional(string, "")
    # Records that an invocation gets at most.
    batch_size = optional(number, 500)
    # Seconds to wait for a batch to fill; 0 sends what there is.
    batching_window_seconds = optional(number, 0)
    # Batches of one shard that are scored at once; records of one partition key stay in order.
    parallelization_factor = optional(number, 1)
    # Whether a batch that failed is tried again as two halves.
    bisect_on_error = optional(bool, true)
    # Times that a failed batch is tried again before it is kept in the DLQ bucket; -1 tries until its records expire.
    maximum_retries = optional(number, 5)
    # Age in seconds above which a record that failed is kept in the DLQ bucket; -1 tries until it expires.
    maximum_record_age_seconds = optional(number, 86400)

    # ----- endpoint
    # Whether the stack has an endpoint of its own, which is billed by the hour; without it the function calls one that was made by hand under the same name.
    endpoint_enabled = optional(bool, false)
    # Image in ECR that serves the model; needed when the endpoint is on.
    model_image = optional(string, "")
    # Archive of the model in the stack's model bucket, s3://<bucket>/<key>.tar.gz; needed when the endpoint is on.
    model_data_url = optional(string, "")
    # Environment of the model's container. A script needs { SAGEMAKER_PROGRAM = "inference.py", SAGEMAKER_SUBMIT_DIRECTORY = "/opt/ml/model/code" } on scikit-learn and XGBoost.
    model_environment = optional(map(string), {})
    # Range of the model's scores, <low>..<high>, such as 0..1; either end may be left out. A score outside it is parked. Empty declares none.
    model_score_range = optional(string, "")
    # Whether the endpoint is billed while it is called only; otherwise it has instances of its own.
    endpoint_serverless = optional(bool, false)
    # Memory of a serverless endpoint in MB.
    serverless_memory_megabytes = optional(number, 2048)
    # Calls that a serverless endpoint serves at once.
    serverless_concurrency = optional(number, 20)
    # Type of the endpoint's instances.
    instance_type = optional(string, "ml.m5.large")
    # Instances of the endpoint at least.
    minimum_instances = optional(number, 1)
    # Instances of the endpoint at most; as many as the minimum lets it never grow.
    maximum_instances = optional(number, 4)
    # Calls a minute above which another instance is started. The function sends a batch a call.
    invocations_per_instance = optional(number, 600)

    # ----- storage
    # Days that a prediction is kept; 0 keeps it for ever.
    ttl_days = optional(number, 0)
    # Days back to which the table of predictions can be restored, to the second.
    recovery_days = optional(number, 35)
    # Whether DynamoDB refuses to delete the table of predictions.
    deletion_protection = optional(bool, true)
    # Whether old versions of models and replayed failures are deleted as they age.
    age_objects = optional(bool, true)
    # Days after which a replaced or deleted version of a model is gone for good.
    noncurrent_version_days = optional(number, 30)
    # Days that a failure is kept after it was replayed.
    replayed_days = optional(number, 30)
    # Whether destroying the stack also deletes the objects in its buckets. Leave false where they matter.
    force_destroy = optional(bool, false)
    # Days in which the deletion of a KMS key can still be cancelled.
    key_deletion_window_days = optional(number, 30)

    # ----- watching
    # Age of a record that is read, in seconds, above which the iterator age alarms fire.
    iterator_age_alarm_seconds = optional(number, 60)
    # Average time that the model takes for a call, in ms, above which the latency alarm fires.
    latency_alarm_milliseconds = optional(number, 1000)
    # Records parked in five minutes above which the alarm fires.
    parked_alarm_records = optional(number, 0)
    # E-mail addresses that are told of alarms once they have confirmed.
    alarm_emails = optional(set(string), [])
    # Days that logs are kept.
    log_retention_days = optional(number, 365)
  })

  validation {
    condition     = contains(["text/csv", "application/json"], var.settings.content_type)
    error_message = "content_type must be text/csv or application/json."
  }

  validation {
    condition     = var.settings.max_rows_per_call >= 1 && floor(var.settings.max_rows_per_call) == var.settings.max_rows_per_call
    error_message = "max_rows_per_call must be a whole number, at least 1."
  }

  validation {
    condition     = var.settings.score_threshold == "" || can(tonumber(var.settings.score_threshold))
    error_message = "score_threshold must be a number, or empty."
  }

  validation {
    condition     = !var.settings.endpoint_enabled || var.settings.model_image != ""
    error_message = "model_image must name an image when endpoint_enabled is true."
  }

  validation {
    condition     = !var.settings.endpoint_enabled || startswith(var.settings.model_data_url, "s3://${var.stack_name}-models-")
    error_message = "model_data_url must lie in the stack's model bucket when endpoint_enabled is true: the endpoint's role can decrypt nothing else."
  }

  validation {
    condition     = var.settings.model_score_range == "" || can(regex("^(-?[0-9]+([.][0-9]+)?)?[.][.](-?[0-9]+([.][0-9]+)?)?$", var.settings.model_score_range))
    error_message = "model_score_range must be <low>..<high>, such as 0..1, 0.. or ..100, or empty."
  }

  validation {
    condition     = var.settings.ttl_days >= 0 && floor(var.settings.ttl_days) == var.settings.ttl_days
    error_message = "ttl_days must be a whole number of days, or 0."
  }

  validation {
    condition     = var.settings.noncurrent_version_days >= 1
    error_message = "noncurrent_version_days must be at least 1."
  }

  validation {
    condition     = var.settings.replayed_days >= 1
    error_message = "replayed_days must be at least 1."
  }

  validation {
    condition     = var.settings.parked_alarm_records >= 0
    error_message = "parked_alarm_records must be at least 0."
  }

  validation {
    condition     = var.settings.stream_encrypted || !var.settings.stream_customer_key
    error_message = "stream_customer_key must be false when stream_encrypted is false: there is nothing to use the key for."
  }
}
