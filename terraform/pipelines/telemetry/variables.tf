variable "stage" {
  description = "Stage that every name carries: prod, staging, local, or one of your own."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,11}$", var.stage))
    error_message = "stage must be 2 to 12 lowercase letters or digits, starting with a letter: bucket names hold it."
  }
}

variable "job_script" {
  description = "Path of the Glue job's script."
  type        = string
  nullable    = false
}

variable "job_package" {
  description = "Path of the zip with the Python packages that the script imports; `make package` builds it."
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
    # Hours that a record stays readable in the stream: how long delivery may be down without a loss.
    stream_retention_hours = optional(number, 24)
    # Whether records are encrypted at rest.
    stream_encrypted = optional(bool, true)
    # Whether that is done with a KMS key of its own, and not with the key that AWS manages for Kinesis.
    stream_customer_key = optional(bool, true)
    # Kinesis metrics to collect for each shard.
    shard_level_metrics = optional(set(string), [])
    # Age of the oldest unread record, in seconds, above which an alarm fires.
    iterator_age_alarm_seconds = optional(number, 900)

    # ----- delivery
    # Megabytes (uncompressed) after which Firehose writes an object.
    buffering_megabytes = optional(number, 64)
    # Seconds after which Firehose writes an object, however small.
    buffering_seconds = optional(number, 300)
    # Age of the oldest undelivered record, in seconds, above which an alarm fires.
    freshness_alarm_seconds = optional(number, 1800)

    # ----- storage
    # Whether lifecycle rules move and expire objects.
    age_objects = optional(bool, true)
    # Days after which raw objects move to STANDARD_IA.
    raw_infrequent_access_days = optional(number, 30)
    # Days after which raw objects move to GLACIER_IR (Glacier, instant retrieval).
    raw_glacier_days = optional(number, 120)
    # Days that an overwritten or deleted object can still be brought back.
    noncurrent_version_days = optional(number, 30)
    # Days that query results are kept.
    query_result_days = optional(number, 30)
    # Whether destroying the pipeline also deletes its data. Leave false where data matters.
    force_destroy = optional(bool, false)
    # Days in which the deletion of the KMS key can still be cancelled.
    key_deletion_window_days = optional(number, 30)

    # ----- job, crawler and queries
    # Glue version of the job.
    glue_version = optional(string, "5.1")
    # Size of a worker of the job.
    job_worker_type = optional(string, "G.1X")
    # Number of workers of the job, the driver included.
    job_workers = optional(number, 2)
    # Minutes after which a run of the job is stopped.
    job_timeout_minutes = optional(number, 60)
    # When the job starts.
    job_schedule = optional(string, "rate(15 minutes)")
    # Whether the schedule starts the job.
    job_schedule_enabled = optional(bool, true)
    # When the crawler starts, in UTC. Glue bills each crawl for ten minutes of 2 DPU; hourly is cron(0 * * * ? *).
    crawler_schedule = optional(string, "cron(0 18 * * ? *)") # 3 at night in Tokyo
    # Bytes that one query may read.
    athena_scan_limit_bytes = optional(number, 10737418240) # 10 GiB

    # ----- watching
    # E-mail addresses that are told of alarms.
    alarm_emails = optional(set(string), [])
    # Percentage of lines quarantined in an hour above which an alarm fires.
    quarantine_alarm_percent = optional(number, 5)
    # Hours without a finished run of a scheduled job after which an alarm fires.
    job_stalled_hours = optional(number, 2)
    # Days that logs are kept.
    log_retention_days = optional(number, 365)
  })

  validation {
    condition     = var.settings.raw_glacier_days >= var.settings.raw_infrequent_access_days + 30
    error_message = "raw_glacier_days must be at least 30 more than raw_infrequent_access_days: STANDARD_IA bills each object for 30 days."
  }

  validation {
    condition     = var.settings.noncurrent_version_days >= 1
    error_message = "noncurrent_version_days must be at least 1."
  }

  validation {
    condition     = var.settings.query_result_days >= 1
    error_message = "query_result_days must be at least 1."
  }

  validation {
    condition     = var.settings.quarantine_alarm_percent > 0 && var.settings.quarantine_alarm_percent < 100
    error_message = "quarantine_alarm_percent must be between 0 and 100."
  }

  validation {
    condition     = var.settings.job_stalled_hours >= 1 && var.settings.job_stalled_hours <= 24 && floor(var.settings.job_stalled_hours) == var.settings.job_stalled_hours
    error_message = "job_stalled_hours must be a whole number from 1 to 24."
  }

  validation {
    condition     = var.settings.stream_encrypted || !var.settings.stream_customer_key
    error_message = "stream_customer_key must be false when stream_encrypted is false: there is nothing to use the key for."
  }
}
