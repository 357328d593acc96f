variable "name" {
  description = "Name of the table."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_.-]{3,255}$", var.name))
    error_message = "name must be 3 to 255 letters, digits, underscores, dots or dashes."
  }
}

variable "hash_key" {
  description = "Attribute (String) that items are found by."
  type        = string
  nullable    = false
  default     = "pk"
}

variable "range_key" {
  description = "Attribute (String) that tells items of one hash key apart and orders them; empty when there is one item for each."
  type        = string
  nullable    = false
  default     = "sk"

  validation {
    condition     = var.range_key != var.hash_key
    error_message = "range_key must be another attribute than hash_key."
  }
}

variable "kms_key_arn" {
  description = "ARN of the KMS key that the table is encrypted with."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key."
  }
}

variable "recovery_days" {
  description = "Days back to which the table can be restored, to the second."
  type        = number
  nullable    = false
  default     = 35

  validation {
    condition     = var.recovery_days >= 1 && var.recovery_days <= 35
    error_message = "recovery_days must be from 1 to 35 (DynamoDB allows no other)."
  }
}

variable "ttl_attribute" {
  description = "Attribute (Number, seconds since 1970) after whose time DynamoDB deletes an item; empty keeps every item."
  type        = string
  nullable    = false
  default     = ""

  validation {
    condition     = var.ttl_attribute == "" || !contains([var.hash_key, var.range_key], var.ttl_attribute)
    error_message = "ttl_attribute must not be a key of the table: it is a Number, and keys are Strings."
  }
}

variable "deletion_protection" {
  description = "Whether DynamoDB refuses to delete the table. Leave true where data matters."
  type        = bool
  nullable    = false
  default     = true
}
