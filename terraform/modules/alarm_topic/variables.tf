variable "name" {
  description = "Name of the topic."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_-]{1,256}$", var.name))
    error_message = "name must be 1 to 256 letters, digits, underscores or dashes."
  }
}

variable "kms_key_arn" {
  description = "ARN of the KMS key of the topic; its policy must let cloudwatch.amazonaws.com and events.amazonaws.com use it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key: CloudWatch cannot publish through the key that AWS manages for SNS."
  }
}

variable "emails" {
  description = "E-mail addresses that get every message once they have confirmed."
  type        = set(string)
  nullable    = false
  default     = []

  validation {
    condition     = alltrue([for email in var.emails : can(regex("^[^@ ]+@[^@ ]+[.][^@ ]+$", email))])
    error_message = "emails must be e-mail addresses."
  }
}
