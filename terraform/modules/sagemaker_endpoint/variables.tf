variable "name" {
  description = "What all names start with: the endpoint is <name>-endpoint."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,46}$", var.name))
    error_message = "name must be 1 to 47 letters, digits or single dashes, and must start and end with a letter or digit: SageMaker's names have 63."
  }
}

variable "image" {
  description = "Image that serves the model, in ECR: <account>.dkr.ecr.<region>.amazonaws.com/<repository>:<tag>."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{12}[.]dkr[.]ecr[.][a-z0-9-]+[.]amazonaws[.]com([.]cn)?/[^:@]+[:@].+$", var.image))
    error_message = "image must name an image in ECR and its tag: <account>.dkr.ecr.<region>.amazonaws.com/<repository>:<tag>."
  }
}

variable "model_data_url" {
  description = "Archive of the model: s3://<bucket>/<key>.tar.gz."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^s3://[a-z0-9.-]{3,63}/.+[.]tar[.]gz$", var.model_data_url))
    error_message = "model_data_url must be the address of an archive: s3://<bucket>/<key>.tar.gz."
  }
}

variable "environment" {
  description = "Environment of the containers."
  type        = map(string)
  nullable    = false
  default     = {}
}

variable "kms_key_arn" {
  description = "ARN of the KMS key of the archive, the instances' volumes and the logs."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key."
  }
}

variable "serverless" {
  description = "Whether the endpoint runs, and is billed, while it is called only; otherwise it has instances of its own."
  type        = bool
  nullable    = false
  default     = false
}

variable "serverless_memory_megabytes" {
  description = "Memory of a serverless endpoint in MB; its share of a processor grows with it."
  type        = number
  nullable    = false
  default     = 2048

  validation {
    condition     = contains([1024, 2048, 3072, 4096, 5120, 6144], var.serverless_memory_megabytes)
    error_message = "serverless_memory_megabytes must be a multiple of 1024 up to 6144."
  }
}

variable "serverless_concurrency" {
  description = "Calls that a serverless endpoint serves at once; more are throttled."
  type        = number
  nullable    = false
  default     = 20

  validation {
    condition     = contains(range(1, 201), var.serverless_concurrency)
    error_message = "serverless_concurrency must be a whole number from 1 to 200."
  }
}

variable "instance_type" {
  description = "Type of the instances."
  type        = string
  nullable    = false
  default     = "ml.m5.large"

  validation {
    condition     = can(regex("^ml[.][a-z0-9-]+[.][a-z0-9]+$", var.instance_type))
    error_message = "instance_type must be a type of SageMaker's, such as ml.m5.large."
  }
}

variable "minimum_instances" {
  description = "Instances at the start, and at least."
  type        = number
  nullable    = false
  default     = 1

  validation {
    condition     = var.minimum_instances >= 1 && floor(var.minimum_instances) == var.minimum_instances
    error_message = "minimum_instances must be a whole number, at least 1."
  }
}

variable "maximum_instances" {
  description = "Instances at most; as many as the minimum lets the endpoint never grow."
  type        = number
  nullable    = false
  default     = 4

  validation {
    condition     = var.maximum_instances >= var.minimum_instances && floor(var.maximum_instances) == var.maximum_instances
    error_message = "maximum_instances must be a whole number, at least minimum_instances."
  }
}

variable "invocations_per_instance" {
  description = "Calls a minute that one instance should serve; above it another is started."
  type        = number
  nullable    = false
  default     = 600

  validation {
    condition     = var.invocations_per_instance > 0
    error_message = "invocations_per_instance must be more than 0."
  }
}

variable "latency_alarm_milliseconds" {
  description = "Average time that the model takes for a call, in ms, above which the alarm fires."
  type        = number
  nullable    = false
  default     = 1000

  validation {
    condition     = var.latency_alarm_milliseconds > 0
    error_message = "latency_alarm_milliseconds must be more than 0."
  }
}

variable "log_retention_days" {
  description = "Days that the containers' logs are kept."
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
