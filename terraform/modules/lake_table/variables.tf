variable "name" {
  description = "Name of the table."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9_]{0,254}$", var.name))
    error_message = "name must be lowercase letters, digits and underscores, and must start with a letter."
  }
}

variable "database_name" {
  description = "Glue database of the table."
  type        = string
  nullable    = false
}

variable "description" {
  description = "What a row is, in one sentence."
  type        = string
  nullable    = false
}

variable "bucket" {
  description = "Bucket of the table's files."
  type        = string
  nullable    = false
}

variable "prefix" {
  description = "Prefix of the table's files, below which the folders of the years lie."
  type        = string
  nullable    = false

  validation {
    condition     = endswith(var.prefix, "/") && !startswith(var.prefix, "/")
    error_message = "prefix must end with a slash and must not start with one."
  }
}

variable "columns" {
  description = "Columns of the files, in their order, with types as Glue writes them."
  type = list(object({
    name    = string
    type    = string
    comment = string
  }))
  nullable = false

  validation {
    condition     = length(var.columns) > 0 && length(distinct(var.columns[*].name)) == length(var.columns)
    error_message = "columns must have at least one column, and no name twice."
  }

  validation {
    condition     = length(setintersection(var.columns[*].name, ["year", "month", "day"])) == 0
    error_message = "columns must not hold year, month or day: these are the partitions."
  }
}

variable "partition_comment" {
  description = "Which date the partitions are taken from."
  type        = string
  nullable    = false
}

variable "daily" {
  description = "Whether a month has a partition for each of its days, and is not one itself."
  type        = bool
  nullable    = false
  default     = true
}

variable "year_range" {
  description = "First and last year that queries look for."
  type        = list(number)
  nullable    = false
  default     = [2000, 2050]

  validation {
    condition     = length(var.year_range) == 2 && try(var.year_range[0] < var.year_range[1], false)
    error_message = "year_range must be the first and the last year, in this order."
  }
}
