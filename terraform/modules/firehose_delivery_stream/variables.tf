variable "name" {
  description = "Name of the delivery stream; its role has the same name."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_.-]{1,64}$", var.name))
    error_message = "name must be 1 to 64 letters, digits, underscores, dots or dashes."
  }
}

variable "source_stream_arn" {
  description = "ARN of the Kinesis stream to read; empty with direct_put."
  type        = string
  nullable    = false
  default     = ""

  validation {
    condition     = var.direct_put ? var.source_stream_arn == "" : can(regex("^arn:[a-z-]+:kinesis:", var.source_stream_arn))
    error_message = "source_stream_arn must be the ARN of a Kinesis stream, or empty with direct_put."
  }
}

variable "direct_put" {
  description = "Whether records are put on the delivery stream, and not read from a Kinesis stream."
  type        = bool
  nullable    = false
  default     = false
}

variable "search" {
  description = "OpenSearch domain that gets each record, one JSON object on one line, as a document: its ARN, the beginning of the index's name, how often another index begins (UTC, by arrival), and how long a document that the domain does not take for now is tried. None writes to S3 alone."
  type = list(object({
    domain_arn    = string
    index_name    = string
    rotation      = optional(string, "OneDay")
    retry_seconds = optional(number, 300)
  }))
  nullable = false
  default  = []

  validation {
    condition     = length(var.search) <= 1
    error_message = "search must be one domain, or none."
  }

  validation {
    condition     = alltrue([for each in var.search : can(regex("^arn:[a-z-]+:es:[^:]+:[0-9]{12}:domain/", each.domain_arn)) && can(regex("^[a-z0-9][a-z0-9_-]{0,79}$", each.index_name))])
    error_message = "search must have the ARN of an OpenSearch domain, and an index of 1 to 80 lowercase letters, digits, underscores or dashes."
  }

  validation {
    condition     = alltrue([for each in var.search : contains(["NoRotation", "OneHour", "OneDay", "OneWeek", "OneMonth"], each.rotation) && each.retry_seconds >= 0 && each.retry_seconds <= 7200])
    error_message = "search must rotate by NoRotation, OneHour, OneDay, OneWeek or OneMonth, and retry for 0 to 7200 seconds (Firehose allows no other)."
  }

  validation {
    condition     = length(var.search) == 0 || !var.append_newline
    error_message = "append_newline must be false with a search domain, where Firehose does not do it: records must bring the newline that parts them in S3."
  }
}

variable "encrypted" {
  description = "Whether what is put is encrypted with the KMS key until it is delivered."
  type        = bool
  nullable    = false
  default     = true
}

variable "bucket_arn" {
  description = "ARN of the bucket to write to."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:s3:::", var.bucket_arn))
    error_message = "bucket_arn must be the ARN of a bucket."
  }
}

variable "source_kms_key_arns" {
  description = "ARN of the customer key that the stream is encrypted with; none when AWS manages the key."
  type        = list(string)
  nullable    = false
  default     = []

  validation {
    condition     = length(var.source_kms_key_arns) <= 1 && alltrue([for arn in var.source_kms_key_arns : can(regex("^arn:[a-z-]+:kms:", arn))])
    error_message = "source_kms_key_arns must hold the ARN of a KMS key, or nothing."
  }
}

variable "kms_key_arn" {
  description = "ARN of the KMS key of the bucket and of the log group."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key."
  }
}

variable "prefix" {
  description = "Prefix of the objects; the arrival time in UTC follows, as yyyy/MM/dd/HH/."
  type        = string
  nullable    = false

  validation {
    condition     = endswith(var.prefix, "/") && !startswith(var.prefix, "/") && !strcontains(var.prefix, "!{")
    error_message = "prefix must end with a slash, must not start with one, and must hold no expression: the module adds the time."
  }
}

variable "error_prefix" {
  description = "Prefix of what could not be delivered; the kind of error and the arrival time follow."
  type        = string
  nullable    = false

  validation {
    condition     = endswith(var.error_prefix, "/") && !startswith(var.error_prefix, "/") && !strcontains(var.error_prefix, "!{")
    error_message = "error_prefix must end with a slash, must not start with one, and must hold no expression."
  }

  validation {
    condition     = !startswith(var.error_prefix, var.prefix)
    error_message = "error_prefix must not lie below prefix, or readers of the data would read the errors too."
  }
}

variable "append_newline" {
  description = "Whether a newline is added to every record, so that one without it does not share a line with the next; readers must then pass over empty lines."
  type        = bool
  nullable    = false
  default     = false
}

variable "buffering_megabytes" {
  description = "Megabytes (uncompressed) after which an object is written, if buffering_seconds has not passed before."
  type        = number
  nullable    = false
  default     = 64

  validation {
    condition     = var.buffering_megabytes >= 1 && var.buffering_megabytes <= 128
    error_message = "buffering_megabytes must be from 1 to 128 (Firehose allows no other)."
  }

  validation {
    condition     = length(var.search) == 0 || var.buffering_megabytes <= 100
    error_message = "buffering_megabytes must be at most 100 with a search domain (Firehose allows no other)."
  }
}

variable "buffering_seconds" {
  description = "Seconds after which an object is written, however small."
  type        = number
  nullable    = false
  default     = 300

  validation {
    condition     = var.buffering_seconds >= 0 && var.buffering_seconds <= 900
    error_message = "buffering_seconds must be from 0 to 900 (Firehose allows no other)."
  }
}

variable "freshness_alarm_seconds" {
  description = "Age of the oldest undelivered record, in seconds, above which the freshness alarm fires."
  type        = number
  nullable    = false
  default     = 1800

  validation {
    condition     = var.freshness_alarm_seconds > var.buffering_seconds
    error_message = "freshness_alarm_seconds must be more than buffering_seconds, or the alarm fires while all is well."
  }
}

variable "log_retention_days" {
  description = "Days that delivery errors stay in CloudWatch Logs."
  type        = number
  nullable    = false
  default     = 365

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be a retention that CloudWatch Logs offers, such as 7, 30, 90 or 365."
  }
}

variable "alarm_topic_arns" {
  description = "SNS topics that are told when an alarm fires and when it is over."
  type        = list(string)
  nullable    = false
  default     = []
}
