variable "name" {
  description = "Name of the instance, which the names of all that belongs to it start with."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z][a-zA-Z0-9]*(-[a-zA-Z0-9]+)*$", var.name)) && length(var.name) >= 3 && length(var.name) <= 40
    error_message = "name must be 3 to 40 letters, digits or single dashes, must start with a letter and not end with a dash."
  }
}

variable "instance_type" {
  description = "Type of the instance: db.influx.medium (1 processor, 8 GiB) and up."
  type        = string
  nullable    = false
  default     = "db.influx.medium"

  validation {
    condition     = can(regex("^db[.]influx[.](medium|large|xlarge|(2|4|8|12|16)xlarge)$", var.instance_type))
    error_message = "instance_type must be db.influx.medium, large, xlarge, or a multiple of it up to 16xlarge."
  }
}

variable "storage_type" {
  description = "Speed of the disk: InfluxIOIncludedT1 (3,000 operations/s), T2 (12,000) or T3 (16,000)."
  type        = string
  nullable    = false
  default     = "InfluxIOIncludedT1"

  validation {
    condition     = can(regex("^InfluxIOIncludedT[1-3]$", var.storage_type))
    error_message = "storage_type must be InfluxIOIncludedT1, InfluxIOIncludedT2 or InfluxIOIncludedT3."
  }
}

variable "storage_gigabytes" {
  description = "Size of the disk in GiB."
  type        = number
  nullable    = false
  default     = 20

  validation {
    condition     = var.storage_gigabytes >= 20 && var.storage_gigabytes <= 15360 && floor(var.storage_gigabytes) == var.storage_gigabytes
    error_message = "storage_gigabytes must be a whole number from 20 to 15360."
  }
}

variable "multi_az" {
  description = "Whether a standby in another zone takes over when the instance fails; it costs as much again."
  type        = bool
  nullable    = false
  default     = true
}

variable "organization" {
  description = "Organization of InfluxDB, made with the instance."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9][a-zA-Z0-9-]{0,63}$", var.organization))
    error_message = "organization must be 1 to 64 letters, digits or dashes, and must not start with a dash."
  }
}

variable "bucket" {
  description = "Bucket of InfluxDB for the points, made with the instance; to its version 1 API it is a database."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9][a-zA-Z0-9_-]{1,63}$", var.bucket))
    error_message = "bucket must be 2 to 64 letters, digits, underscores or dashes, and must not start with either of these."
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
  description = "Ids of the subnets; a standby needs two in different zones."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.subnet_ids) >= (var.multi_az ? 2 : 1)
    error_message = "subnet_ids must name a subnet, and with multi_az two in different zones."
  }
}

variable "client_security_group_ids" {
  description = "Ids of the security groups whose members may write points and query."
  type        = list(string)
  nullable    = false

  validation {
    condition     = alltrue([for id in var.client_security_group_ids : startswith(id, "sg-")])
    error_message = "client_security_group_ids must be ids of security groups."
  }
}

variable "port" {
  description = "Port that the instance answers on."
  type        = number
  nullable    = false
  default     = 8086

  validation {
    condition     = var.port >= 1024 && var.port <= 65535 && floor(var.port) == var.port
    error_message = "port must be a whole number from 1024 to 65535."
  }
}

variable "kms_key_arn" {
  description = "ARN of the KMS key that the token is encrypted with."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key."
  }
}

variable "secret_recovery_days" {
  description = "Days in which the deleted secret of the token can still be brought back; 0 deletes at once, which frees its name."
  type        = number
  nullable    = false
  default     = 30

  validation {
    condition     = var.secret_recovery_days == 0 || (var.secret_recovery_days >= 7 && var.secret_recovery_days <= 30)
    error_message = "secret_recovery_days must be 0, or from 7 to 30 (Secrets Manager allows no other)."
  }
}

variable "log_bucket" {
  description = "Name of the bucket that InfluxDB's own logs go to; empty for none."
  type        = string
  nullable    = false
  default     = ""

  validation {
    condition     = var.log_bucket == "" || can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.log_bucket))
    error_message = "log_bucket must be the name of a bucket."
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

variable "memory_alarm_percent" {
  description = "Use of the memory, in percent, above which the memory alarm fires."
  type        = number
  nullable    = false
  default     = 80

  validation {
    condition     = var.memory_alarm_percent > 0 && var.memory_alarm_percent <= 100
    error_message = "memory_alarm_percent must be more than 0 and at most 100."
  }
}

variable "disk_alarm_percent" {
  description = "Share of the disk that is full, in percent, above which the disk alarm fires."
  type        = number
  nullable    = false
  default     = 80

  validation {
    condition     = var.disk_alarm_percent > 0 && var.disk_alarm_percent <= 100
    error_message = "disk_alarm_percent must be more than 0 and at most 100."
  }
}

variable "alarm_topic_arns" {
  description = "SNS topics that are told when an alarm fires and when it is over."
  type        = list(string)
  nullable    = false
  default     = []
}
