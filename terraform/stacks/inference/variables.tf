variable "stack_name" {
  description = "Name of the stack, which every resource's name starts with."
  type        = string
  nullable    = false
}

variable "stage" {
  description = "Stage that the stack is deployed to, as its tag says: prod, staging, local, or none."
  type        = string
  nullable    = false
  default     = "none"

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,11}$", var.stage))
    error_message = "stage must be 2 to 12 lowercase letters or digits, starting with a letter."
  }

  validation {
    condition     = var.stage != "prod" || length(try(var.settings.alarm_emails, [])) > 0
    error_message = "A stack on stage prod needs an address for alarms: --set 'alarm_emails=[\"<address>\"]'."
  }
}

variable "region" {
  description = "AWS region of the stack."
  type        = string
  nullable    = false
  default     = "ap-northeast-1"

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be an AWS region, such as ap-northeast-1."
  }
}

variable "s3_path_style" {
  description = "Whether S3 is addressed as endpoint/bucket and not as bucket.endpoint, for an endpoint without names for its buckets."
  type        = bool
  nullable    = false
  default     = false
}

variable "packages" {
  description = "Folder that `make package` builds into: zips, and packages.json, which names them."
  type        = string
  nullable    = false
  default     = "../../../.local/build"
}

variable "settings" {
  description = "Settings of the pipeline; terraform/pipelines/inference/variables.tf says what each means and its default."
  type        = any
  nullable    = false
  default     = {}
}
