variable "name" {
  description = "Identifier of the cluster, which the names of all that belongs to it start with."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z](-?[a-z0-9]){0,47}$", var.name))
    error_message = "name must be 1 to 48 lowercase letters, digits or single dashes, must start with a letter and not end with a dash."
  }
}

variable "engine_version" {
  description = "Version that the cluster starts with. AWS installs later minor versions by itself; a change here alone moves no cluster that exists."
  type        = string
  nullable    = false
  default     = "1.4.5.1"

  validation {
    condition     = can(regex("^1[.](2[.][1-9]|[3-9][.][0-9]+)[.][0-9]+$", var.engine_version))
    error_message = "engine_version must be of Neptune 1.2.1.0 or later, such as 1.4.5.1: earlier ones log no slow queries."
  }
}

variable "instances" {
  description = "Number of instances, which are spread over the zones: one writes, the others read and take over when it fails. With one there is nothing to take over."
  type        = number
  nullable    = false
  default     = 2

  validation {
    condition     = var.instances >= 1 && var.instances <= 16 && floor(var.instances) == var.instances
    error_message = "instances must be a whole number from 1 to 16: a cluster has one that writes and 15 that read."
  }
}

variable "instance_class" {
  description = "Class of each instance, such as db.r6g.large, or db.t4g.medium for trials. Ignored when the cluster is serverless."
  type        = string
  nullable    = false
  default     = "db.r6g.large"

  validation {
    condition     = can(regex("^db[.][a-z][0-9][a-z]*[.](medium|[0-9]*x?large)$", var.instance_class))
    error_message = "instance_class must be a class of instances, such as db.r6g.large; serverless_capacity makes a cluster serverless."
  }
}

# Null is a value here: a cluster of instances.
variable "serverless_capacity" {
  description = "Neptune capacity units (2 GiB of memory each) between which every instance grows and shrinks; null for instances of a fixed class."
  type = object({
    minimum = number
    maximum = number
  })
  nullable = true
  default  = null

  validation {
    condition     = var.serverless_capacity == null ? true : var.serverless_capacity.minimum >= 1 && var.serverless_capacity.maximum >= 2.5 && var.serverless_capacity.maximum <= 128 && var.serverless_capacity.minimum <= var.serverless_capacity.maximum
    error_message = "serverless_capacity must have a minimum of 1 at least, and a maximum from 2.5 to 128 that is not less."
  }

  validation {
    condition     = var.serverless_capacity == null ? true : alltrue([for units in values(var.serverless_capacity) : floor(units * 2) == units * 2])
    error_message = "serverless_capacity counts in half units."
  }
}

variable "storage_type" {
  description = "standard (I/O is billed by the request) or iopt1 (instances and storage cost more, and I/O nothing)."
  type        = string
  nullable    = false
  default     = "standard"

  validation {
    condition     = contains(["standard", "iopt1"], var.storage_type)
    error_message = "storage_type must be standard or iopt1."
  }
}

variable "vpc_id" {
  description = "Id of the VPC."
  type        = string
  nullable    = false

  validation {
    condition     = startswith(var.vpc_id, "vpc-")
    error_message = "vpc_id must be the id of a VPC."
  }
}

variable "subnet_ids" {
  description = "Ids of the subnets, in two zones at least."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "subnet_ids must name two subnets at least, in different zones: Neptune takes no fewer."
  }
}

variable "availability_zones" {
  description = "Zones of the subnets, in which instances are placed in turn."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.availability_zones) >= 2 && length(distinct(var.availability_zones)) == length(var.availability_zones)
    error_message = "availability_zones must name two zones at least, each once."
  }
}

variable "client_security_group_ids" {
  description = "Ids of the security groups whose members may query the cluster."
  type        = list(string)
  nullable    = false

  validation {
    condition     = alltrue([for id in var.client_security_group_ids : startswith(id, "sg-")])
    error_message = "client_security_group_ids must be ids of security groups."
  }
}

variable "port" {
  description = "Port that the cluster answers on."
  type        = number
  nullable    = false
  default     = 8182

  validation {
    condition     = var.port >= 1150 && var.port <= 65535 && floor(var.port) == var.port
    error_message = "port must be a whole number from 1150 to 65535."
  }
}

variable "kms_key_arn" {
  description = "ARN of the KMS key that the graph, its backups and its logs are encrypted with."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key."
  }
}

variable "backup_days" {
  description = "Days back to which the cluster can be restored, to the second."
  type        = number
  nullable    = false
  default     = 7

  validation {
    condition     = var.backup_days >= 1 && var.backup_days <= 35
    error_message = "backup_days must be from 1 to 35 (Neptune allows no other)."
  }
}

variable "backup_window" {
  description = "When the daily backup is taken, in UTC."
  type        = string
  nullable    = false
  default     = "17:00-17:30"

  validation {
    condition     = can(regex("^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]$", var.backup_window))
    error_message = "backup_window must be a span of half an hour or more in UTC, such as 17:00-17:30."
  }
}

variable "maintenance_window" {
  description = "When AWS installs minor versions and applies changes, in UTC; apart from the backup window."
  type        = string
  nullable    = false
  default     = "sun:18:00-sun:18:30"

  validation {
    condition     = can(regex("^(mon|tue|wed|thu|fri|sat|sun):([01][0-9]|2[0-3]):[0-5][0-9]-(mon|tue|wed|thu|fri|sat|sun):([01][0-9]|2[0-3]):[0-5][0-9]$", var.maintenance_window))
    error_message = "maintenance_window must be a span of half an hour or more in UTC, such as sun:18:00-sun:18:30."
  }
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the cluster, and a last snapshot is taken when it goes. Leave true where data matters."
  type        = bool
  nullable    = false
  default     = true
}

variable "query_timeout_milliseconds" {
  description = "How long a query may take, in ms, before Neptune ends it."
  type        = number
  nullable    = false
  default     = 20000

  validation {
    condition     = var.query_timeout_milliseconds >= 10 && var.query_timeout_milliseconds <= 2147483647 && floor(var.query_timeout_milliseconds) == var.query_timeout_milliseconds
    error_message = "query_timeout_milliseconds must be a whole number from 10 to 2147483647."
  }
}

variable "slow_query_milliseconds" {
  description = "How long a query may take, in ms, before it is in the log of slow queries."
  type        = number
  nullable    = false
  default     = 1000

  validation {
    condition     = var.slow_query_milliseconds > 0 && floor(var.slow_query_milliseconds) == var.slow_query_milliseconds
    error_message = "slow_query_milliseconds must be a whole number above 0."
  }
}

variable "log_retention_days" {
  description = "Days that audit and slow-query logs are kept."
  type        = number
  nullable    = false
  default     = 365

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be a number of days that CloudWatch Logs offers, such as 7, 30 or 365."
  }
}

variable "cpu_alarm_percent" {
  description = "Use of the processors, in percent, above which the CPU alarm fires."
  type        = number
  nullable    = false
  default     = 80

  validation {
    condition     = var.cpu_alarm_percent > 0 && var.cpu_alarm_percent <= 100
    error_message = "cpu_alarm_percent must be more than 0 and at most 100."
  }
}

variable "memory_alarm_megabytes" {
  description = "Free memory of an instance, in MB, below which the memory alarm fires."
  type        = number
  nullable    = false
  default     = 512

  validation {
    condition     = var.memory_alarm_megabytes > 0
    error_message = "memory_alarm_megabytes must be more than 0."
  }
}

variable "pending_alarm_requests" {
  description = "Waiting queries above which the queue alarm fires."
  type        = number
  nullable    = false
  default     = 50

  validation {
    condition     = var.pending_alarm_requests >= 0
    error_message = "pending_alarm_requests must not be negative."
  }
}

variable "alarm_topic_arns" {
  description = "SNS topics that are told when an alarm fires and when it is over."
  type        = list(string)
  nullable    = false
  default     = []
}
