variable "name" {
  description = "Name of the database; the policies are <name>-timestream-writer and <name>-timestream-reader."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_.-]{3,100}$", var.name))
    error_message = "name must be 3 to 100 letters, digits, underscores, dots or dashes: the names of the policies hold it."
  }
}

variable "kms_key_arn" {
  description = "ARN of the KMS key that records and reports of rejected ones are encrypted with."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key."
  }
}

variable "tables" {
  description = <<-EOT
    The tables, by name. A record is in the memory store for `memory_hours` of its own time, and in the magnetic store for
    `magnetic_days`. With `late_records` older ones than the memory store takes are written to the magnetic store; what is
    refused there is reported to rejected_bucket some time later, and without it they are refused at once.
  EOT
  type = map(object({
    memory_hours  = optional(number, 24)
    magnetic_days = optional(number, 365)
    late_records  = optional(bool, false)
  }))
  nullable = false

  validation {
    condition     = length(var.tables) > 0 && alltrue([for name in keys(var.tables) : can(regex("^[a-zA-Z0-9_.-]{3,256}$", name))])
    error_message = "tables must have a table, and names of 3 to 256 letters, digits, underscores, dots or dashes."
  }

  validation {
    condition     = alltrue([for table in values(var.tables) : table.memory_hours >= 1 && table.memory_hours <= 8766 && floor(table.memory_hours) == table.memory_hours])
    error_message = "memory_hours must be a whole number from 1 to 8766 (a year)."
  }

  validation {
    condition     = alltrue([for table in values(var.tables) : table.magnetic_days >= 1 && table.magnetic_days <= 73000 && floor(table.magnetic_days) == table.magnetic_days])
    error_message = "magnetic_days must be a whole number from 1 to 73000 (200 years)."
  }
}

variable "rejected_bucket" {
  description = "Name of the bucket for reports of late records that were refused. Ignored when no table takes late records."
  type        = string
  nullable    = false
  default     = ""

  validation {
    condition     = !anytrue([for table in values(var.tables) : table.late_records]) || can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.rejected_bucket))
    error_message = "A table that takes late records needs a rejected_bucket: what is refused is reported nowhere else."
  }
}

variable "rejected_prefix" {
  description = "What the keys of reports start with, before the name of the table."
  type        = string
  nullable    = false
  default     = "rejected/"

  validation {
    condition     = can(regex("^([a-zA-Z0-9_.-]+/)+$", var.rejected_prefix))
    error_message = "rejected_prefix must be one folder or more, each ending with a slash."
  }
}

variable "latency_alarm_milliseconds" {
  description = "How long a write may take on average, in ms, before the latency alarm fires."
  type        = number
  nullable    = false
  default     = 1000

  validation {
    condition     = var.latency_alarm_milliseconds > 0
    error_message = "latency_alarm_milliseconds must be more than 0."
  }
}

variable "alarm_topic_arns" {
  description = "SNS topics that are told when an alarm fires and when it is over."
  type        = list(string)
  nullable    = false
  default     = []
}
