variable "name" {
  description = "Name of the function; its role is <name>-role and its log group /aws/lambda/<name>."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_-]{1,59}$", var.name))
    error_message = "name must be 1 to 59 letters, digits, underscores or dashes: the role's name holds it, and has 64."
  }
}

variable "description" {
  description = "What the function does, in one sentence."
  type        = string
  nullable    = false
}

variable "package_path" {
  description = "Path of the zip with handler.py and all that it imports."
  type        = string
  nullable    = false

  validation {
    condition     = endswith(var.package_path, ".zip") && fileexists(var.package_path)
    error_message = "There is no zip ${var.package_path}: build it with `make package`."
  }
}

variable "architecture" {
  description = "Processor: arm64 (a fifth cheaper) or x86_64."
  type        = string
  nullable    = false
  default     = "arm64"

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture must be arm64 or x86_64."
  }
}

variable "memory_megabytes" {
  description = "Memory in MB; the share of a processor grows with it, one whole at 1,769 MB."
  type        = number
  nullable    = false
  default     = 512

  validation {
    condition     = var.memory_megabytes >= 128 && var.memory_megabytes <= 10240 && floor(var.memory_megabytes) == var.memory_megabytes
    error_message = "memory_megabytes must be a whole number from 128 to 10240."
  }
}

variable "timeout_seconds" {
  description = "Seconds after which an invocation is ended."
  type        = number
  nullable    = false
  default     = 60

  validation {
    condition     = var.timeout_seconds >= 1 && var.timeout_seconds <= 900 && floor(var.timeout_seconds) == var.timeout_seconds
    error_message = "timeout_seconds must be a whole number from 1 to 900."
  }
}

variable "reserved_concurrency" {
  description = "Invocations that run at once at most, taken from the account's share; -1 reserves none and sets no limit."
  type        = number
  nullable    = false
  default     = -1

  validation {
    condition     = var.reserved_concurrency == -1 || var.reserved_concurrency >= 1
    error_message = "reserved_concurrency must be -1 or at least 1: with 0 the function would never run."
  }
}

variable "environment" {
  description = "Environment of the function."
  type        = map(string)
  nullable    = false
}

variable "kms_key_arn" {
  description = "ARN of the KMS key that the function's environment and logs are encrypted with."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key."
  }
}

variable "permissions" {
  description = "What the function may do beyond logging: actions on resources, where each `string_equals` key has its value."
  type = list(object({
    sid           = string
    actions       = list(string)
    resources     = list(string)
    string_equals = optional(map(string), {})
  }))
  nullable = false
  default  = []

  validation {
    condition     = alltrue([for action in flatten(var.permissions[*].actions) : !strcontains(action, "*")])
    error_message = "permissions must name each action, without a star."
  }

  validation {
    condition     = alltrue([for resource in flatten(var.permissions[*].resources) : startswith(resource, "arn:")])
    error_message = "permissions must name resources by ARN."
  }
}

variable "tracing" {
  description = "Whether X-Ray traces a sample of the invocations."
  type        = bool
  nullable    = false
  default     = false
}

variable "log_retention_days" {
  description = "Days that the function's log is kept."
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
