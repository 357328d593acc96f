variable "name" {
  description = "Name of the VPC, which the names of all that is in it start with."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9-]{1,48}$", var.name)) && !startswith(var.name, "sg-")
    error_message = "name must be 1 to 48 letters, digits or dashes, and must not start with sg-: names of security groups and roles hold it."
  }
}

variable "cidr_block" {
  description = "Addresses of the VPC; each subnet gets a sixteenth of them."
  type        = string
  nullable    = false
  default     = "10.64.0.0/16"

  validation {
    condition     = can(cidrnetmask(var.cidr_block)) && can(regex("/(1[6-9]|2[0-4])$", var.cidr_block))
    error_message = "cidr_block must be a range of IPv4 addresses from /16 to /24: AWS allows subnets from /16 to /28."
  }
}

variable "availability_zones" {
  description = "Zones that each tier has a subnet in, in this order. Add new ones at the end: the order gives the addresses."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.availability_zones) >= 2 && length(var.availability_zones) <= 4 && length(distinct(var.availability_zones)) == length(var.availability_zones)
    error_message = "availability_zones must name two to four zones, each once."
  }

  validation {
    condition     = alltrue([for zone in var.availability_zones : can(regex("^[a-z]{2}(-[a-z]+)+-[0-9][a-z]$", zone))])
    error_message = "availability_zones must be names of zones, such as ap-northeast-1a."
  }
}

variable "egress" {
  description = "How the private tier reaches AWS: nat (anything, through NAT gateways), endpoints (the services of interface_endpoints alone) or none (gateway endpoints alone)."
  type        = string
  nullable    = false
  default     = "nat"

  validation {
    condition     = contains(["nat", "endpoints", "none"], var.egress)
    error_message = "egress must be nat, endpoints or none."
  }
}

variable "single_nat_gateway" {
  description = "Whether one NAT gateway serves all zones: cheaper, and the private tier loses its way out with that zone. Ignored without NAT gateways."
  type        = bool
  nullable    = false
  default     = false
}

variable "interface_endpoints" {
  description = <<-EOT
    Services with an interface endpoint when egress is endpoints, as their names end: secretsmanager for
    com.amazonaws.<region>.secretsmanager. Timestream for LiveAnalytics has one for each API of the cell that the account
    is in: timestream.ingest-cell1 and timestream.query-cell1; DescribeEndpoints names the cell. Ignored otherwise.
  EOT
  type        = set(string)
  nullable    = false
  default     = []

  validation {
    condition     = var.egress != "endpoints" || length(var.interface_endpoints) > 0
    error_message = "With egress = \"endpoints\" interface_endpoints must name a service; without any, say egress = \"none\"."
  }

  validation {
    condition     = alltrue([for name in var.interface_endpoints : can(regex("^[a-z][a-z0-9]*([.-][a-z0-9]+)*$", name)) && !startswith(name, "com.")])
    error_message = "interface_endpoints must be names of services without com.amazonaws.<region>, such as secretsmanager."
  }

  validation {
    condition     = alltrue([for name in var.interface_endpoints : can(regex("^timestream[.](ingest|query)-cell[0-9]+$", name)) if name == "timestream" || startswith(name, "timestream.")])
    error_message = "Timestream's endpoints are those of a cell: timestream.ingest-cell1, timestream.query-cell1."
  }
}

variable "gateway_endpoints" {
  description = "Services that the private tier reaches through a gateway endpoint, which costs nothing: s3, dynamodb."
  type        = set(string)
  nullable    = false
  default     = ["s3"]

  validation {
    condition     = length(setsubtract(var.gateway_endpoints, ["s3", "dynamodb"])) == 0
    error_message = "gateway_endpoints must be s3 or dynamodb: AWS has no other."
  }
}

variable "flow_logs" {
  description = "Where flow logs go: s3 (Parquet in flow_log_bucket_arn) or cloudwatch (a log group)."
  type        = string
  nullable    = false
  default     = "s3"

  validation {
    condition     = contains(["s3", "cloudwatch"], var.flow_logs)
    error_message = "flow_logs must be s3 or cloudwatch."
  }
}

variable "flow_log_bucket_arn" {
  description = "ARN of the bucket that flow logs go to, perhaps with a prefix; the bucket lets AWS's log delivery write. Ignored when they go to CloudWatch."
  type        = string
  nullable    = false
  default     = ""

  validation {
    condition     = var.flow_logs != "s3" || can(regex("^arn:[a-z-]+:s3:::", var.flow_log_bucket_arn))
    error_message = "With flow_logs = \"s3\" flow_log_bucket_arn must be the ARN of a bucket."
  }
}

variable "kms_key_arn" {
  description = "ARN of the KMS key that the log group of flow logs is encrypted with; the bucket has its own."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key."
  }
}

variable "log_retention_days" {
  description = "Days that a log group keeps flow logs. Those in a bucket live by the bucket's rules."
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
