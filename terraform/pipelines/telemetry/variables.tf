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
  description = "Hours that a record stays readable in the stream: how long delivery may be down without a loss."
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

variable "shard_level_metrics" {
  description = "Kinesis metrics to collect for each shard."
  type        = set(string)
  nullable    = false
  default     = []
}

variable "iterator_age_alarm_seconds" {
  description = "Age of the oldest unread record, in seconds, above which an alarm fires."
  type        = number
  nullable    = false
  default     = 900
}

# ----- delivery

variable "buffering_megabytes" {
  description = "Megabytes (uncompressed) after which Firehose writes an object."
  type        = number
  nullable    = false
  default     = 64
}

variable "buffering_seconds" {
  description = "Seconds after which Firehose writes an object, however small."
  type        = number
  nullable    = false
  default     = 300
}

variable "freshness_alarm_seconds" {
  description = "Age of the oldest undelivered record, in seconds, above which an alarm fires."
  type        = number
  nullable    = false
  default     = 1800
}

# ----- storage

variable "age_objects" {
  description = "Whether lifecycle rules move and expire objects."
  type        = bool
  nullable    = false
  default     = true
}

variable "raw_infrequent_access_days" {
  description = "Days after which raw objects move to STANDARD_IA."
  type        = number
  nullable    = false
  default     = 30
}

variable "raw_glacier_days" {
  description = "Days after which raw objects move to GLACIER_IR (Glacier, instant retrieval)."
  type        = number
  nullable    = false
  default     = 120

  validation {
    condition     = var.raw_glacier_days >= var.raw_infrequent_access_days + 30
    error_message = "raw_glacier_days must be at least 30 more than raw_infrequent_access_days: STANDARD_IA bills each object for 30 days."
  }
}

variable "noncurrent_version_days" {
  description = "Days that an overwritten or deleted object can still be brought back."
  type        = number
  nullable    = false
  default     = 30

  validation {
    condition     = var.noncurrent_version_days >= 1
    error_message = "noncurrent_version_days must be at least 1."
  }
}

variable "query_result_days" {
  description = "Days that query results are kept."
  type        = number
  nullable    = false
  default     = 30

  validation {
    condition     = var.query_result_days >= 1
    error_message = "query_result_days must be at least 1."
  }
}

variable "force_destroy" {
  description = "Whether destroying the pipeline also deletes its data. Leave false where data matters."
  type        = bool
  nullable    = false
  default     = false
}

variable "key_deletion_window_days" {
  description = "Days in which the deletion of the KMS key can still be cancelled."
  type        = number
  nullable    = false
  default     = 30
}

# ----- job, crawler and queries

variable "glue_version" {
  description = "Glue version of the job."
  type        = string
  nullable    = false
  default     = "5.1"
}

variable "job_worker_type" {
  description = "Size of a worker of the job."
  type        = string
  nullable    = false
  default     = "G.1X"
}

variable "job_workers" {
  description = "Number of workers of the job, the driver included."
  type        = number
  nullable    = false
  default     = 2
}

variable "job_timeout_minutes" {
  description = "Minutes after which a run of the job is stopped."
  type        = number
  nullable    = false
  default     = 60
}

variable "job_schedule" {
  description = "When the job starts."
  type        = string
  nullable    = false
  default     = "rate(15 minutes)"
}

variable "job_schedule_enabled" {
  description = "Whether the schedule starts the job."
  type        = bool
  nullable    = false
  default     = true
}

variable "crawler_schedule" {
  description = "When the crawler starts, in UTC."
  type        = string
  nullable    = false
  default     = "cron(0 * * * ? *)"
}

variable "athena_scan_limit_bytes" {
  description = "Bytes that one query may read."
  type        = number
  nullable    = false
  default     = 10737418240 # 10 GiB
}

# ----- watching

variable "alarm_emails" {
  description = "E-mail addresses that are told of alarms."
  type        = set(string)
  nullable    = false
  default     = []
}

variable "quarantine_alarm_percent" {
  description = "Percentage of lines quarantined in an hour above which an alarm fires."
  type        = number
  nullable    = false
  default     = 5

  validation {
    condition     = var.quarantine_alarm_percent > 0 && var.quarantine_alarm_percent < 100
    error_message = "quarantine_alarm_percent must be between 0 and 100."
  }
}

variable "job_stalled_hours" {
  description = "Hours without a finished run of a scheduled job after which an alarm fires."
  type        = number
  nullable    = false
  default     = 2

  validation {
    condition     = var.job_stalled_hours >= 1 && var.job_stalled_hours <= 24 && floor(var.job_stalled_hours) == var.job_stalled_hours
    error_message = "job_stalled_hours must be a whole number from 1 to 24."
  }
}

variable "log_retention_days" {
  description = "Days that logs are kept."
  type        = number
  nullable    = false
  default     = 365
}
