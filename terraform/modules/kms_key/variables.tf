variable "name" {
  description = "Alias of the key, without the alias/ prefix."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9/_-]{1,250}$", var.name)) && !startswith(var.name, "aws/")
    error_message = "name must be 1 to 250 letters, digits, slashes, dashes or underscores, and must not start with aws/."
  }
}

variable "description" {
  description = "What the key encrypts, in one sentence."
  type        = string
  nullable    = false
}

variable "deletion_window_days" {
  description = "Days between asking for the key's deletion and the deletion, in which it can still be cancelled."
  type        = number
  nullable    = false
  default     = 30

  validation {
    condition     = var.deletion_window_days >= 7 && var.deletion_window_days <= 30
    error_message = "deletion_window_days must be from 7 to 30 (KMS allows no other)."
  }
}

variable "publishing_services" {
  description = "AWS services that use the key by themselves: that publish to an SNS topic, such as cloudwatch.amazonaws.com, read objects, as cloudfront.amazonaws.com, or write them, as delivery.logs.amazonaws.com."
  type        = list(string)
  nullable    = false
  default     = []

  validation {
    condition     = alltrue([for service in var.publishing_services : endswith(service, ".amazonaws.com")])
    error_message = "publishing_services must be service principals, such as cloudwatch.amazonaws.com."
  }
}
