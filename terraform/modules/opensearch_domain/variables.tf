variable "name" {
  description = "Name of the domain."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,27}$", var.name))
    error_message = "name must be 3 to 28 lowercase letters, digits or dashes, starting with a letter (OpenSearch Service allows no other)."
  }
}

variable "engine_version" {
  description = "Version of OpenSearch, such as OpenSearch_2.19. A higher one upgrades the domain in place."
  type        = string
  nullable    = false
  default     = "OpenSearch_2.19"

  validation {
    condition     = can(regex("^OpenSearch_[23]\\.[0-9]+$", var.engine_version))
    error_message = "engine_version must be a version of OpenSearch 2 or 3, such as OpenSearch_2.19."
  }
}

variable "master_user_arn" {
  description = "ARN of the IAM user or role that manages the domain's own roles, and that installs dashboards."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:iam::[0-9]{12}:(user|role)/", var.master_user_arn))
    error_message = "master_user_arn must be the ARN of an IAM user or role."
  }
}

variable "kms_key_arn" {
  description = "ARN of the KMS key of the data and of the log groups. It cannot be changed without a new domain."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key."
  }
}

variable "instance_type" {
  description = "Type of a data node. Types t2 have no fine-grained access control."
  type        = string
  nullable    = false
  default     = "m6g.large.search"

  validation {
    condition     = endswith(var.instance_type, ".search") && !startswith(var.instance_type, "t2.")
    error_message = "instance_type must be a type of OpenSearch Service that ends in .search, and none of t2."
  }
}

variable "zones" {
  description = "Availability zones that nodes and replicas are spread over: 1, 2 or 3."
  type        = number
  nullable    = false
  default     = 2

  validation {
    condition     = contains([1, 2, 3], var.zones)
    error_message = "zones must be 1, 2 or 3."
  }
}

variable "instance_count" {
  description = "Number of data nodes, the same in each zone."
  type        = number
  nullable    = false
  default     = 2

  validation {
    condition     = var.instance_count >= 1 && var.instance_count % var.zones == 0
    error_message = "instance_count must be at least 1 and a multiple of zones, so that each zone has as many nodes."
  }
}

variable "dedicated_masters" {
  description = "Type of three nodes that manage the cluster and hold no data; null for none."
  type        = string
  default     = null

  validation {
    condition     = var.dedicated_masters == null || try(endswith(var.dedicated_masters, ".search"), false)
    error_message = "dedicated_masters must be a type of OpenSearch Service that ends in .search, or null."
  }
}

variable "gigabytes_per_node" {
  description = "Storage of a data node (EBS gp3), in GiB."
  type        = number
  nullable    = false
  default     = 50

  validation {
    condition     = var.gigabytes_per_node >= 10 && floor(var.gigabytes_per_node) == var.gigabytes_per_node
    error_message = "gigabytes_per_node must be a whole number of at least 10."
  }
}

variable "vpc" {
  description = "VPC that the domain is in: a subnet for each zone, and the security groups of its clients. Null for a public endpoint, which lets in signed requests alone. A domain cannot move between the two."
  default     = null

  type = object({
    id                        = string
    subnet_ids                = list(string)
    client_security_group_ids = optional(list(string), [])
  })

  validation {
    condition     = var.vpc == null || try(length(var.vpc.subnet_ids) == var.zones, false)
    error_message = "vpc.subnet_ids must hold one subnet for each of the zones."
  }
}

variable "log_retention_days" {
  description = "Days that audit, slow and error logs stay in CloudWatch Logs."
  type        = number
  nullable    = false
  default     = 365

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be a retention that CloudWatch Logs offers, such as 7, 30, 90 or 365."
  }
}

variable "alarm_topic_arns" {
  description = "SNS topics that are told when an alarm fires and when it is over."
  type        = list(string)
  nullable    = false
  default     = []
}
