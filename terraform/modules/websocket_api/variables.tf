variable "name" {
  description = "Name of the API."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_-]{1,128}$", var.name))
    error_message = "name must be 1 to 128 letters, digits, underscores or dashes."
  }
}

variable "description" {
  description = "What the API is for, in one sentence."
  type        = string
  nullable    = false
}

variable "stage_name" {
  description = "Stage of the API, the path of its address."
  type        = string
  nullable    = false
  default     = "live"

  validation {
    condition     = can(regex("^[a-zA-Z0-9_]{1,128}$", var.stage_name))
    error_message = "stage_name must be 1 to 128 letters, digits or underscores."
  }
}

variable "function_name" {
  description = "Function that answers."
  type        = string
  nullable    = false
}

variable "function_invoke_arn" {
  description = "ARN by which API Gateway calls the function."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex(":apigateway:[^:]+:lambda:path/", var.function_invoke_arn))
    error_message = "function_invoke_arn must be the invoke_arn of a function, not its ARN."
  }
}

variable "events_per_second" {
  description = "Connections and messages of clients a second, at a steady rate; more are refused."
  type        = number
  nullable    = false
  default     = 500

  validation {
    condition     = var.events_per_second >= 1
    error_message = "events_per_second must be at least 1."
  }
}

variable "burst_events" {
  description = "Connections and messages that may come at one moment."
  type        = number
  nullable    = false
  default     = 1000

  validation {
    condition     = var.burst_events >= 1 && floor(var.burst_events) == var.burst_events
    error_message = "burst_events must be a whole number, at least 1."
  }
}

variable "kms_key_arn" {
  description = "ARN of the KMS key that access logs are encrypted with."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key."
  }
}

variable "log_retention_days" {
  description = "Days that access logs are kept."
  type        = number
  nullable    = false
  default     = 365

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be a number of days that CloudWatch Logs offers, such as 7, 30 or 365."
  }
}

variable "alarm_topic_arns" {
  description = "SNS topics that are told when an alarm fires and when it is over."
  type        = list(string)
  nullable    = false
  default     = []
}
