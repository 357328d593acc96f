variable "name" {
  description = "Name of the workgroup."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9._-]{1,119}$", var.name))
    error_message = "name must be 1 to 119 letters, digits, dots, underscores or dashes."
  }
}

variable "description" {
  description = "Whom the workgroup is for, in one sentence."
  type        = string
  nullable    = false
}

variable "results_bucket" {
  description = "Bucket of the query results."
  type        = string
  nullable    = false
}

variable "results_prefix" {
  description = "Prefix of the query results."
  type        = string
  nullable    = false
  default     = "results/"

  validation {
    condition     = endswith(var.results_prefix, "/") && !startswith(var.results_prefix, "/")
    error_message = "results_prefix must end with a slash and must not start with one."
  }
}

variable "kms_key_arn" {
  description = "ARN of the KMS key that results are encrypted with and the tables' files are decrypted with."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key."
  }
}

variable "scan_limit_bytes" {
  description = "Bytes that one query may read; a query that reads more is stopped. Athena bills by the bytes read."
  type        = number
  nullable    = false
  default     = 10737418240 # 10 GiB

  validation {
    condition     = var.scan_limit_bytes >= 10485760
    error_message = "scan_limit_bytes must be at least 10485760 (10 MiB, the least that Athena allows)."
  }
}

variable "database_name" {
  description = "Glue database that the saved queries run in."
  type        = string
  nullable    = false
}

variable "tables" {
  description = "Tables that an analyst may read."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.tables) > 0
    error_message = "tables must name at least one table."
  }
}

variable "read_paths" {
  description = "Where the tables' files lie, as bucket/prefix/."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.read_paths) > 0 && alltrue([for path in var.read_paths : can(regex("^[a-z0-9.-]+/.*/$", path))])
    error_message = "read_paths must have at least one path of the form bucket/prefix/."
  }
}

variable "queries" {
  description = "Saved queries by name, each with its SQL and a sentence of what it answers."
  type = map(object({
    description = string
    sql         = string
  }))
  nullable = false
  default  = {}

  validation {
    condition     = alltrue([for query in values(var.queries) : length(trimspace(query.sql)) > 0 && length(query.description) > 0])
    error_message = "Each of queries must have SQL and a description."
  }
}

variable "force_destroy" {
  description = "Whether the workgroup may be destroyed with its query history and saved queries."
  type        = bool
  nullable    = false
  default     = false
}
