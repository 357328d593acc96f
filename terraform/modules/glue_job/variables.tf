variable "name" {
  description = "Name of the job; its role and schedule have names made from it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_-]{1,55}$", var.name))
    error_message = "name must be 1 to 55 letters, digits, underscores or dashes."
  }
}

variable "description" {
  description = "What the job does, in one sentence."
  type        = string
  nullable    = false
}

variable "script_path" {
  description = "Path of the job's script on the machine that applies."
  type        = string
  nullable    = false

  validation {
    condition     = fileexists(var.script_path)
    error_message = "script_path must name a file that exists."
  }
}

variable "package_path" {
  description = "Path of the zip with the Python packages that the script imports; `make package` builds it."
  type        = string
  nullable    = false

  validation {
    condition     = endswith(var.package_path, ".zip") && fileexists(var.package_path)
    error_message = "There is no zip ${var.package_path}: build it with `make package`."
  }
}

variable "artifacts_bucket" {
  description = "Bucket that the script and the package are uploaded to."
  type        = string
  nullable    = false
}

variable "artifacts_prefix" {
  description = "Prefix below which the script and the package are uploaded."
  type        = string
  nullable    = false
  default     = "glue/"

  validation {
    condition     = endswith(var.artifacts_prefix, "/") && !startswith(var.artifacts_prefix, "/")
    error_message = "artifacts_prefix must end with a slash and must not start with one."
  }
}

variable "glue_version" {
  description = "Glue version: 5.1 runs Spark 3.5.6, Python 3.11 and Java 17."
  type        = string
  nullable    = false
  default     = "5.1"

  validation {
    condition     = can(regex("^[5-9][.][0-9]+$", var.glue_version))
    error_message = "glue_version must be 5.0 or later: the log groups of this module need --custom-logGroup-prefix."
  }
}

variable "worker_type" {
  description = "Size of a worker: G.1X has 4 vCPU and 16 GB, each size doubles it."
  type        = string
  nullable    = false
  default     = "G.1X"

  validation {
    condition     = contains(["G.1X", "G.2X", "G.4X", "G.8X"], var.worker_type)
    error_message = "worker_type must be G.1X, G.2X, G.4X or G.8X."
  }
}

variable "number_of_workers" {
  description = "Number of workers; one of them is the driver."
  type        = number
  nullable    = false
  default     = 2

  validation {
    condition     = var.number_of_workers >= 2 && var.number_of_workers <= 299
    error_message = "number_of_workers must be from 2 (a driver and an executor) to 299."
  }
}

variable "timeout_minutes" {
  description = "Minutes after which a run is stopped."
  type        = number
  nullable    = false
  default     = 60

  validation {
    condition     = var.timeout_minutes >= 1 && var.timeout_minutes <= 10080
    error_message = "timeout_minutes must be from 1 to 10080 (7 days)."
  }
}

variable "max_concurrent_runs" {
  description = "Number of runs that may go on at once."
  type        = number
  nullable    = false
  default     = 1

  validation {
    condition     = var.max_concurrent_runs >= 1
    error_message = "max_concurrent_runs must be at least 1."
  }
}

variable "max_retries" {
  description = "Number of times that Glue starts a failed run again."
  type        = number
  nullable    = false
  default     = 0

  validation {
    condition     = var.max_retries >= 0 && var.max_retries <= 10
    error_message = "max_retries must be from 0 to 10."
  }
}

variable "arguments" {
  description = "Default arguments of the job, by name with the leading dashes; they win over the module's own."
  type        = map(string)
  nullable    = false
  default     = {}

  validation {
    condition     = alltrue([for name in keys(var.arguments) : startswith(name, "--")])
    error_message = "The names of arguments must start with two dashes."
  }
}

variable "read_paths" {
  description = "Where the job may read, as bucket/prefix/."
  type        = list(string)
  nullable    = false
  default     = []

  validation {
    condition     = alltrue([for path in var.read_paths : can(regex("^[a-z0-9.-]+/.*/$", path))])
    error_message = "read_paths must have the form bucket/prefix/."
  }
}

variable "write_paths" {
  description = "Where the job may read, write and delete, as bucket/prefix/."
  type        = list(string)
  nullable    = false
  default     = []

  validation {
    condition     = alltrue([for path in var.write_paths : can(regex("^[a-z0-9.-]+/.*/$", path))])
    error_message = "write_paths must have the form bucket/prefix/."
  }
}

variable "metric_namespaces" {
  description = "CloudWatch namespaces, besides Glue, that the job may put metrics into."
  type        = list(string)
  nullable    = false
  default     = []
}

variable "kms_key_arn" {
  description = "ARN of the KMS key of the job's buckets and log groups."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key."
  }
}

variable "schedule_expression" {
  description = "When the job starts, as EventBridge Scheduler writes it: rate(15 minutes), cron(0 * * * ? *)."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^(rate|cron|at)[(].+[)]$", var.schedule_expression))
    error_message = "schedule_expression must be rate(…), cron(…) or at(…)."
  }
}

variable "schedule_enabled" {
  description = "Whether the schedule starts the job; without it the job runs when someone starts it."
  type        = bool
  nullable    = false
  default     = true
}

variable "log_retention_days" {
  description = "Days that the job's output stays in CloudWatch Logs."
  type        = number
  nullable    = false
  default     = 365

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be a retention that CloudWatch Logs offers, such as 7, 30, 90 or 365."
  }
}

variable "alarm_topic_arns" {
  description = "SNS topics that are told of a run that failed or ran out of time."
  type        = list(string)
  nullable    = false
  default     = []
}
