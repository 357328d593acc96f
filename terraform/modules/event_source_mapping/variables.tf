variable "name" {
  description = "Name that the alarms of the mapping carry; a mapping itself has none."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_-]{1,128}$", var.name))
    error_message = "name must be 1 to 128 letters, digits, underscores or dashes."
  }
}

variable "function_name" {
  description = "Function that gets the batches."
  type        = string
  nullable    = false
}

variable "function_role_name" {
  description = "Role of the function, which is granted the stream and the failure bucket."
  type        = string
  nullable    = false
}


variable "stream_arn" {
  description = "ARN of the Kinesis stream that is read."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kinesis:[^:]+:[0-9]{12}:stream/", var.stream_arn))
    error_message = "stream_arn must be the ARN of a Kinesis data stream."
  }
}

variable "stream_kms_key_arns" {
  description = "ARNs of the customer keys that the stream is encrypted with; none for the key that AWS manages."
  type        = list(string)
  nullable    = false
  default     = []

  validation {
    condition     = alltrue([for arn in var.stream_kms_key_arns : can(regex("^arn:[a-z-]+:kms:", arn))])
    error_message = "stream_kms_key_arns must be ARNs of KMS keys."
  }
}

variable "enhanced_fan_out" {
  description = "Whether Kinesis pushes records to the function as they come, and Lambda does not ask each shard for them about once a second. Billed by shard and hour and by GB. A change makes another mapping, which begins at starting_position."
  type        = bool
  nullable    = false
  default     = false
}

variable "enabled" {
  description = "Whether records are read. A mapping that is off keeps its place in the stream."
  type        = bool
  nullable    = false
  default     = true
}

variable "starting_position" {
  description = "Where reading begins: TRIM_HORIZON (the oldest record), LATEST (what comes from now on) or AT_TIMESTAMP."
  type        = string
  nullable    = false
  default     = "TRIM_HORIZON"

  validation {
    condition     = contains(["TRIM_HORIZON", "LATEST", "AT_TIMESTAMP"], var.starting_position)
    error_message = "starting_position must be TRIM_HORIZON, LATEST or AT_TIMESTAMP."
  }
}

variable "starting_timestamp" {
  description = "Arrival time (RFC 3339, such as 2026-01-31T12:00:00Z) at which reading begins with AT_TIMESTAMP; empty otherwise."
  type        = string
  nullable    = false
  default     = ""

  validation {
    condition     = var.starting_position == "AT_TIMESTAMP" ? can(timeadd(var.starting_timestamp, "0s")) : var.starting_timestamp == ""
    error_message = "starting_timestamp must be a time such as 2026-01-31T12:00:00Z with AT_TIMESTAMP, and empty without."
  }
}

variable "batch_size" {
  description = "Records that an invocation gets at most; 6 MB of them end a batch as well."
  type        = number
  nullable    = false
  default     = 500

  validation {
    condition     = var.batch_size >= 1 && var.batch_size <= 10000 && floor(var.batch_size) == var.batch_size
    error_message = "batch_size must be a whole number from 1 to 10000."
  }
}

variable "batching_window_seconds" {
  description = "Seconds to wait for a batch to fill; 0 sends what there is."
  type        = number
  nullable    = false
  default     = 0

  validation {
    condition     = var.batching_window_seconds >= 0 && var.batching_window_seconds <= 300 && floor(var.batching_window_seconds) == var.batching_window_seconds
    error_message = "batching_window_seconds must be a whole number from 0 to 300."
  }
}

variable "parallelization_factor" {
  description = "Batches of one shard that run at once; records of one partition key stay in order."
  type        = number
  nullable    = false
  default     = 1

  validation {
    condition     = contains(range(1, 11), var.parallelization_factor)
    error_message = "parallelization_factor must be a whole number from 1 to 10."
  }

  validation {
    condition     = var.parallelization_factor == 1 || var.tumbling_window_seconds == 0
    error_message = "parallelization_factor must be 1 with tumbling windows: Lambda takes no other."
  }
}

variable "bisect_on_error" {
  description = "Whether a batch that failed is tried again as two halves, so that one bad record does not hold up all."
  type        = bool
  nullable    = false
  default     = true
}

variable "maximum_retries" {
  description = "Times that a failed batch is tried again before it goes to the failure bucket; -1 tries until its records expire."
  type        = number
  nullable    = false
  default     = 5

  validation {
    condition     = var.maximum_retries >= -1 && var.maximum_retries <= 10000 && floor(var.maximum_retries) == var.maximum_retries
    error_message = "maximum_retries must be a whole number from -1 to 10000."
  }
}

variable "maximum_record_age_seconds" {
  description = "Age in seconds above which a record that failed goes to the failure bucket; -1 tries until it expires."
  type        = number
  nullable    = false
  default     = 86400

  validation {
    condition     = var.maximum_record_age_seconds == -1 || (var.maximum_record_age_seconds >= 60 && var.maximum_record_age_seconds <= 604800)
    error_message = "maximum_record_age_seconds must be -1, or from 60 to 604800 (7 days)."
  }
}

variable "tumbling_window_seconds" {
  description = "Length of the windows over which the function keeps a state; 0 keeps none."
  type        = number
  nullable    = false
  default     = 0

  validation {
    condition     = var.tumbling_window_seconds >= 0 && var.tumbling_window_seconds <= 900 && floor(var.tumbling_window_seconds) == var.tumbling_window_seconds
    error_message = "tumbling_window_seconds must be a whole number from 0 to 900."
  }
}

variable "filter_patterns" {
  description = "Event patterns (JSON), of which a record must match one; none lets every record pass. What matches none is dropped for good."
  type        = list(string)
  nullable    = false
  default     = []

  validation {
    condition     = length(var.filter_patterns) <= 5 && alltrue([for pattern in var.filter_patterns : can(jsondecode(pattern))])
    error_message = "filter_patterns must be at most 5 JSON documents."
  }
}

variable "failure_bucket_arn" {
  description = "ARN of the bucket that keeps whole batches that the function never took, with their records."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:s3:::", var.failure_bucket_arn))
    error_message = "failure_bucket_arn must be the ARN of a bucket: a queue or a topic would get the batch's address only."
  }
}

variable "failure_kms_key_arn" {
  description = "ARN of the KMS key of the failure bucket."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:", var.failure_kms_key_arn))
    error_message = "failure_kms_key_arn must be the ARN of a KMS key."
  }
}

variable "iterator_age_alarm_seconds" {
  description = "Age of the last record of a batch, in seconds, above which the iterator age alarm fires."
  type        = number
  nullable    = false
  default     = 60

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
