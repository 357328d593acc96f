variable "name" {
  description = "Name of the crawler; its role has the same name."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_-]{1,57}$", var.name))
    error_message = "name must be 1 to 57 letters, digits, underscores or dashes."
  }
}

variable "description" {
  description = "What the crawler keeps up to date, in one sentence."
  type        = string
  nullable    = false
}

variable "database_name" {
  description = "Glue database of the tables."
  type        = string
  nullable    = false
}

variable "tables" {
  description = "Existing tables that the crawler keeps up to date."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.tables) > 0
    error_message = "tables must name at least one table."
  }
}

variable "read_paths" {
  description = "Where the tables' files lie, as bucket/prefix/."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.read_paths) > 0 && alltrue([for path in var.read_paths : can(regex("^[a-z0-9.-]+/.*/$", path))])
    error_message = "read_paths must have at least one path of the form bucket/prefix/."
  }
}

variable "schedule" {
  description = "When the crawler starts, as Glue writes it, in UTC: cron(0 * * * ? *)."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^cron[(].+[)]$", var.schedule))
    error_message = "schedule must be cron(…): Glue knows no rate(…)."
  }
}

variable "kms_key_arn" {
  description = "ARN of the KMS key that the tables' files are encrypted with."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key."
  }
}

variable "alarm_topic_arns" {
  description = "SNS topics that are told of a crawl that failed."
  type        = list(string)
  nullable    = false
  default     = []
}
