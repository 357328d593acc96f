variable "name" {
  description = "Name of the bucket, unique in all of AWS."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 63 lowercase letters, digits or dashes, and must start and end with a letter or digit."
  }
}

variable "kms_key_arn" {
  description = "ARN of the KMS key that new objects are encrypted with."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key."
  }
}

variable "force_destroy" {
  description = "Whether destroying the bucket also deletes the objects in it. Leave false where data matters."
  type        = bool
  nullable    = false
  default     = false
}

variable "reading_distributions" {
  description = "ARNs of the CloudFront distributions that serve the bucket's objects, at most one."
  type        = list(string)
  nullable    = false
  default     = []

  validation {
    condition     = length(var.reading_distributions) <= 1
    error_message = "reading_distributions must name at most one distribution."
  }
}

variable "log_delivery" {
  description = "Whether AWS's log delivery writes logs of this account, such as VPC flow logs, below AWSLogs/."
  type        = bool
  nullable    = false
  default     = false
}

variable "lifecycle_rules" {
  description = <<-EOT
    What happens to objects as they age. Each rule also aborts multipart uploads that were left unfinished.
    `transitions` moves objects below `prefix` to a storage class after so many days; `expire_days` deletes current
    objects and `expire_noncurrent_days` old versions. An empty list keeps everything as it is.
  EOT
  type = list(object({
    id     = string
    prefix = optional(string, "")
    transitions = optional(list(object({
      days          = number
      storage_class = string
    })), [])
    expire_days            = optional(number)
    expire_noncurrent_days = optional(number)
    abort_multipart_days   = optional(number, 7)
  }))
  nullable = false
  default  = []

  validation {
    condition     = length(distinct(var.lifecycle_rules[*].id)) == length(var.lifecycle_rules)
    error_message = "lifecycle_rules must have distinct ids."
  }

  validation {
    condition = alltrue([
      for transition in flatten(var.lifecycle_rules[*].transitions) :
      contains(["STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"], transition.storage_class)
    ])
    error_message = "A transition's storage_class must be STANDARD_IA, ONEZONE_IA, INTELLIGENT_TIERING, GLACIER_IR, GLACIER or DEEP_ARCHIVE."
  }

  validation {
    condition = alltrue([
      for transition in flatten(var.lifecycle_rules[*].transitions) :
      transition.days >= 30 if contains(["STANDARD_IA", "ONEZONE_IA"], transition.storage_class)
    ])
    error_message = "S3 moves objects to STANDARD_IA or ONEZONE_IA after 30 days at the earliest."
  }

  validation {
    condition     = alltrue([for rule in var.lifecycle_rules : rule.abort_multipart_days >= 1])
    error_message = "abort_multipart_days must be at least 1."
  }
}
