variable "name" {
  description = "Name of the pipeline; its roles are <name>-pipeline and <name>-jobs."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9](-?[a-zA-Z0-9]){0,54}$", var.name))
    error_message = "name must be 1 to 55 letters, digits or single dashes between them: the roles' names hold it, and have 64."
  }
}

variable "description" {
  description = "What the pipeline makes, in one sentence."
  type        = string
  nullable    = false
}

variable "parameters" {
  description = "Parameters of the pipeline's definition; JobRole, the role of its training jobs, is among them by itself."
  type        = any
  nullable    = false
  default     = []

  validation {
    condition     = alltrue([for parameter in var.parameters : can(parameter.Name) && can(parameter.Type) && can(parameter.DefaultValue)])
    error_message = "parameters must each have Name, Type and DefaultValue: a schedule starts the pipeline with defaults."
  }
}

variable "steps" {
  description = "Steps of the pipeline's definition, by the JSON schema of SageMaker's pipelines."
  type        = any
  nullable    = false

  validation {
    condition     = length(var.steps) > 0
    error_message = "steps must hold at least one step."
  }
}

variable "image" {
  description = "Image that the training jobs run in, of Amazon ECR."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{12}[.]dkr[.]ecr[.][a-z0-9-]+[.]amazonaws[.]com([.]cn)?/[^:@]+", var.image))
    error_message = "image must be the address of an image in Amazon ECR."
  }
}

variable "function_arns" {
  description = "Lambda functions that steps invoke."
  type        = list(string)
  nullable    = false
  default     = []
}

variable "read_paths" {
  description = "What training jobs read, as <bucket>/<prefix>."
  type        = list(string)
  nullable    = false
}

variable "write_paths" {
  description = "What training jobs write, as <bucket>/<prefix>."
  type        = list(string)
  nullable    = false
}

variable "kms_key_arn" {
  description = "ARN of the KMS key of the objects that jobs read and write, and of their log."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key."
  }
}

variable "schedule_expression" {
  description = "When the pipeline starts by itself, in UTC, such as cron(0 12 5 * ? *)."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^(cron|rate)[(].+[)]$", var.schedule_expression))
    error_message = "schedule_expression must be a cron(...) or rate(...) of EventBridge Scheduler."
  }
}

variable "schedule_enabled" {
  description = "Whether the schedule starts it."
  type        = bool
  nullable    = false
  default     = true
}

variable "alarm_topic_arns" {
  description = "SNS topics that hear of an execution that failed."
  type        = list(string)
  nullable    = false
  default     = []
}
