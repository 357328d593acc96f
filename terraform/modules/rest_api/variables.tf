variable "name" {
  description = "Name of the API."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_-]{1,50}$", var.name))
    error_message = "name must be 1 to 50 letters, digits, underscores or dashes: the name of a role holds it."
  }
}

variable "description" {
  description = "What the API is for, in one sentence."
  type        = string
  nullable    = false
}

variable "stage_name" {
  description = "Stage of the API, the first part of every path."
  type        = string
  nullable    = false
  default     = "live"

  validation {
    condition     = can(regex("^[a-zA-Z0-9_]{1,128}$", var.stage_name))
    error_message = "stage_name must be 1 to 128 letters, digits or underscores."
  }
}

variable "routes" {
  description = "Requests that are answered, such as \"POST /votes\"; OPTIONS is answered on each path as well."
  type        = set(string)
  nullable    = false

  validation {
    condition     = length(var.routes) > 0 && alltrue([for route in var.routes : can(regex("^(GET|POST|PUT|PATCH|DELETE) /[a-z0-9_-]+$", route))])
    error_message = "routes must be a method and a path of one part, such as \"POST /votes\"."
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

variable "allowed_origin" {
  description = "Origin whose pages may read the errors of API Gateway itself, such as https://vote.example.com."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^https?://[a-z0-9.-]+(:[0-9]+)?$", var.allowed_origin))
    error_message = "allowed_origin must be a scheme and a host, without a path."
  }
}

variable "timeout_milliseconds" {
  description = "Milliseconds after which a request that the function has not answered fails."
  type        = number
  nullable    = false
  default     = 10000

  validation {
    condition     = var.timeout_milliseconds >= 50 && var.timeout_milliseconds <= 29000
    error_message = "timeout_milliseconds must be from 50 to 29000 (API Gateway waits no longer)."
  }
}

variable "requests_per_second" {
  description = "Requests a second that the stage answers at a steady rate; more get 429."
  type        = number
  nullable    = false
  default     = 1000

  validation {
    condition     = var.requests_per_second >= 1
    error_message = "requests_per_second must be at least 1."
  }
}

variable "burst_requests" {
  description = "Requests that may come at one moment."
  type        = number
  nullable    = false
  default     = 2000

  validation {
    condition     = var.burst_requests >= 1 && floor(var.burst_requests) == var.burst_requests
    error_message = "burst_requests must be a whole number, at least 1."
  }
}

variable "web_acl_arn" {
  description = "ARN of a WAF web ACL to put before the stage; empty for none."
  type        = string
  nullable    = false
  default     = ""

  validation {
    condition     = var.web_acl_arn == "" || can(regex("^arn:[a-z-]+:wafv2:", var.web_acl_arn))
    error_message = "web_acl_arn must be empty or the ARN of a WAFv2 web ACL."
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

variable "latency_alarm_milliseconds" {
  description = "99th percentile of the latency, in milliseconds, above which an alarm fires."
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
