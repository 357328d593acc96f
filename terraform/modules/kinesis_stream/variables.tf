variable "name" {
  description = "Name of the stream."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_.-]{1,128}$", var.name))
    error_message = "name must be 1 to 128 letters, digits, underscores, dots or dashes."
  }
}

variable "mode" {
  description = "PROVISIONED (a fixed number of shards, cheaper at a steady rate) or ON_DEMAND (grows by itself, billed by the GB)."
  type        = string
  nullable    = false
  default     = "PROVISIONED"

  validation {
    condition     = contains(["PROVISIONED", "ON_DEMAND"], var.mode)
    error_message = "mode must be PROVISIONED or ON_DEMAND."
  }
}

variable "shard_count" {
  description = "Number of shards in mode PROVISIONED; each takes 1 MB/s and 1,000 records/s. Ignored in mode ON_DEMAND."
  type        = number
  nullable    = false
  default     = 1

  validation {
    condition     = var.shard_count >= 1 && floor(var.shard_count) == var.shard_count
    error_message = "shard_count must be a whole number, at least 1."
  }
}

variable "retention_hours" {
  description = "Hours that a record stays readable: how long consumers may be down without a loss."
  type        = number
  nullable    = false
  default     = 24

  validation {
    condition     = var.retention_hours >= 24 && var.retention_hours <= 8760
    error_message = "retention_hours must be from 24 to 8760 (365 days)."
  }
}

variable "encrypted" {
  description = "Whether records are encrypted at rest."
  type        = bool
  nullable    = false
  default     = true
}

variable "kms_key_id" {
  description = "Key that records are encrypted with at rest: a customer key's ARN, or alias/aws/kinesis for the key that AWS manages."
  type        = string
  nullable    = false
  default     = "alias/aws/kinesis"

  validation {
    condition     = var.kms_key_id == "alias/aws/kinesis" || can(regex("^arn:[a-z-]+:kms:", var.kms_key_id))
    error_message = "kms_key_id must be the ARN of a KMS key, or alias/aws/kinesis."
  }
}

variable "shard_level_metrics" {
  description = "Metrics to collect for each shard, beyond those of the stream. Each shard's metrics are billed as custom metrics."
  type        = set(string)
  nullable    = false
  default     = []

  validation {
    condition = alltrue([
      for metric in var.shard_level_metrics : contains([
        "IncomingBytes",
        "IncomingRecords",
        "IteratorAgeMilliseconds",
        "OutgoingBytes",
        "OutgoingRecords",
        "ReadProvisionedThroughputExceeded",
        "WriteProvisionedThroughputExceeded",
      ], metric)
    ])
    error_message = "shard_level_metrics must be names of Kinesis shard-level metrics, such as IncomingBytes."
  }
}

variable "force_destroy" {
  description = "Whether the stream may be destroyed while enhanced fan-out consumers are registered."
  type        = bool
  nullable    = false
  default     = false
}

variable "iterator_age_alarm_seconds" {
  description = "Age of the oldest unread record, in seconds, above which the iterator age alarm fires."
  type        = number
  nullable    = false
  default     = 900

  validation {
    condition     = var.iterator_age_alarm_seconds > 0
    error_message = "iterator_age_alarm_seconds must be more than 0."
  }
}

variable "alarm_topic_arns" {
  description = "SNS topics that are told when an alarm fires and when it is over."
  type        = list(string)
  nullable    = false
  default     = []
}
