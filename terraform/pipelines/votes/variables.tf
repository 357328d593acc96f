variable "stage" {
  description = "Stage that every name carries: prod, staging, local, or one of your own."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,11}$", var.stage))
    error_message = "stage must be 2 to 12 lowercase letters or digits, starting with a letter: bucket names hold it."
  }
}

variable "function_packages" {
  description = "Paths of the functions' zips; `make package` builds them."
  type = object({
    votes_aggregate = string
    votes_cast      = string
    votes_socket    = string
  })
  nullable = false
}

variable "site_folder" {
  description = "Folder of the site's files, as they were built."
  type        = string
  nullable    = false
}

variable "edge_url" {
  description = "One address (http://localhost:4566) at which APIs, WebSockets and the site are all served, where there is no CloudFront; empty on AWS."
  type        = string
  nullable    = false
  default     = ""

  validation {
    condition     = var.edge_url == "" || can(regex("^https?://[a-z0-9.-]+(:[0-9]+)?$", var.edge_url))
    error_message = "edge_url must be empty or an address without a path, such as http://localhost:4566."
  }
}

# ----- what is voted on

variable "candidates" {
  description = "What can be voted for: an id, a label in each language, a colour for light and for dark, and a picture of the site."
  type        = list(object({ id = string, labels = object({ ja = string, en = string }), color = object({ light = string, dark = string }), picture = string }))
  nullable    = false
  default = [
    {
      id      = "kinoko"
      labels  = { ja = "きのこの山", en = "Mushroom Mountain" }
      color   = { light = "#a8431f", dark = "#f08a5d" }
      picture = "kinoko.svg"
    },
    {
      id      = "takenoko"
      labels  = { ja = "たけのこの里", en = "Bamboo Village" }
      color   = { light = "#3f6b1f", dark = "#9ccc65" }
      picture = "takenoko.svg"
    },
  ]

  validation {
    condition     = length(var.candidates) == 2 && length(distinct(var.candidates[*].id)) == 2
    error_message = "candidates must be two, with distinct ids."
  }

  validation {
    condition     = alltrue([for candidate in var.candidates : can(regex("^[a-z][a-z0-9_-]{0,31}$", candidate.id))])
    error_message = "A candidate's id must be 1 to 32 lowercase letters, digits, underscores or dashes, from a letter on."
  }

  validation {
    condition     = alltrue([for color in flatten([for candidate in var.candidates : values(candidate.color)]) : can(regex("^#[0-9a-f]{6}$", color))])
    error_message = "A colour must be six lowercase hexadecimal digits after a #."
  }
}

# ----- stream

variable "stream_mode" {
  description = "PROVISIONED or ON_DEMAND."
  type        = string
  nullable    = false
  default     = "PROVISIONED"
}

variable "shard_count" {
  description = "Number of shards in mode PROVISIONED; each takes 1,000 votes a second."
  type        = number
  nullable    = false
  default     = 1
}

variable "stream_retention_hours" {
  description = "Hours that a vote stays readable in the stream: how long counting may be down without a loss."
  type        = number
  nullable    = false
  default     = 24
}

variable "stream_customer_key" {
  description = "Whether the stream is encrypted with the pipeline's KMS key; otherwise with the key that AWS manages for Kinesis."
  type        = bool
  nullable    = false
  default     = true
}

variable "batch_size" {
  description = "Votes that are counted in one transaction at most. Two batches of a shard are as far apart as two updates to the browsers, 0.25 s, so four times this is what a shard catches up with in a second."
  type        = number
  nullable    = false

  # With 32 bytes and a name for each vote, four such items a second stay below the 1,000 write units that DynamoDB gives one
  # partition (here, a minute of casting) in a second; a transaction takes two units for each KB.
  default = 2000
}

variable "iterator_age_alarm_seconds" {
  description = "Age of the last vote of a batch, in seconds, above which an alarm fires."
  type        = number
  nullable    = false
  default     = 60
}

# ----- functions and APIs

variable "architecture" {
  description = "Processor of the functions: arm64 or x86_64."
  type        = string
  nullable    = false
  default     = "arm64"
}

variable "memory_megabytes" {
  description = "Memory of each function in MB."
  type        = number
  nullable    = false
  default     = 512
}

variable "cast_concurrency" {
  description = "Requests that are answered at once at most; -1 sets no limit."
  type        = number
  nullable    = false
  default     = -1
}

variable "requests_per_second" {
  description = "Requests a second that the API answers at a steady rate; more get 429, and their browsers come again."
  type        = number
  nullable    = false
  default     = 1000
}

variable "burst_requests" {
  description = "Requests that may come to the API at one moment."
  type        = number
  nullable    = false
  default     = 2000
}

variable "api_account_logging" {
  description = "Whether this stage gives API Gateway the account's role for logs: one stage of an account and region must."
  type        = bool
  nullable    = false
  default     = true
}

variable "api_web_acl_arn" {
  description = "ARN of a WAF web ACL to put before the API; empty for none."
  type        = string
  nullable    = false
  default     = ""
}

# ----- site

variable "domain_names" {
  description = "Domain names of the site besides CloudFront's own; certificate_arn must cover them."
  type        = set(string)
  nullable    = false
  default     = []
}

variable "certificate_arn" {
  description = "ARN of the domain names' ACM certificate in us-east-1; empty without domain names."
  type        = string
  nullable    = false
  default     = ""
}

variable "site_web_acl_arn" {
  description = "ARN of a WAF web ACL (scope CLOUDFRONT) to put before the site; empty for none."
  type        = string
  nullable    = false
  default     = ""
}

# ----- lake

variable "first_hour" {
  description = "First hour that queries look for, as yyyy/MM/dd/HH."
  type        = string
  nullable    = false
  default     = "2026/01/01/00"

  validation {
    condition     = can(regex("^[0-9]{4}/[0-9]{2}/[0-9]{2}/[0-9]{2}$", var.first_hour))
    error_message = "first_hour must be like 2026/01/01/00."
  }
}

variable "buffering_megabytes" {
  description = "Megabytes (uncompressed) after which Firehose writes an object."
  type        = number
  nullable    = false
  default     = 64
}

variable "buffering_seconds" {
  description = "Seconds after which Firehose writes an object, however small."
  type        = number
  nullable    = false
  default     = 300
}

variable "athena_scan_limit_bytes" {
  description = "Bytes that one query may read."
  type        = number
  nullable    = false
  default     = 10737418240 # 10 GiB
}

# ----- keeping and watching

variable "recovery_days" {
  description = "Days back to which the tables can be restored, to the second."
  type        = number
  nullable    = false
  default     = 35
}

variable "deletion_protection" {
  description = "Whether DynamoDB refuses to delete the tables. Leave true where data matters."
  type        = bool
  nullable    = false
  default     = true
}

variable "force_destroy" {
  description = "Whether destroying the pipeline also deletes its data. Leave false where data matters."
  type        = bool
  nullable    = false
  default     = false
}

variable "key_deletion_window_days" {
  description = "Days in which the deletion of the KMS key can still be cancelled."
  type        = number
  nullable    = false
  default     = 30
}

variable "alarm_emails" {
  description = "E-mail addresses that are told of alarms."
  type        = set(string)
  nullable    = false
  default     = []
}

variable "log_retention_days" {
  description = "Days that logs are kept."
  type        = number
  nullable    = false
  default     = 365
}
