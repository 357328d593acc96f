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

variable "settings" {
  description = "How the pipeline is to run; each line of the type says what it sets, and its default."
  nullable    = false
  default     = {}

  type = object({
    # ----- what is voted on
    # What can be voted for: an id, a label in each language, a colour for light and for dark, and a picture of the site.
    candidates = optional(list(object({ id = string, labels = object({ ja = string, en = string }), color = object({ light = string, dark = string }), picture = string })), [
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
    ])

    # ----- stream
    # PROVISIONED or ON_DEMAND.
    stream_mode = optional(string, "PROVISIONED")
    # Number of shards in mode PROVISIONED; each takes 1,000 votes a second.
    shard_count = optional(number, 1)
    # Hours that a vote stays readable in the stream: how long counting may be down without a loss.
    stream_retention_hours = optional(number, 24)
    # Whether records are encrypted at rest.
    stream_encrypted = optional(bool, true)
    # Whether that is done with the pipeline's KMS key, and not with the key that AWS manages for Kinesis.
    stream_customer_key = optional(bool, true)
    # Votes that are counted in one transaction at most. Two batches of a shard are as far apart as two updates to the browsers, 0.25 s, so four times this is what a shard catches up with in a second.
    # With 32 bytes and a name for each vote, four such items a second stay below the 1,000 write units that DynamoDB gives one
    # partition (here, a minute of casting) in a second; a transaction takes two units for each KB.
    batch_size = optional(number, 2000)
    # Age of the last vote of a batch, in seconds, above which an alarm fires.
    iterator_age_alarm_seconds = optional(number, 60)

    # ----- functions and APIs
    # Processor of the functions: arm64 or x86_64.
    architecture = optional(string, "arm64")
    # Memory of each function in MB.
    memory_megabytes = optional(number, 512)
    # Requests that are answered at once at most; -1 sets no limit.
    cast_concurrency = optional(number, -1)
    # Requests a second that the API answers at a steady rate; more get 429, and their browsers come again.
    requests_per_second = optional(number, 1000)
    # Requests that may come to the API at one moment.
    burst_requests = optional(number, 2000)
    # ARN of a WAF web ACL to put before the API; empty for none.
    api_web_acl_arn = optional(string, "")

    # ----- site
    # Domain names of the site besides CloudFront's own; certificate_arn must cover them.
    domain_names = optional(set(string), [])
    # ARN of the domain names' ACM certificate in us-east-1; empty without domain names.
    certificate_arn = optional(string, "")
    # ARN of a WAF web ACL (scope CLOUDFRONT) to put before the site; empty for none.
    site_web_acl_arn = optional(string, "")
    # Whether an apply waits until all of CloudFront has a change of the site.
    wait_for_site = optional(bool, true)

    # ----- lake
    # First hour that queries look for, as yyyy/MM/dd/HH.
    first_hour = optional(string, "2026/01/01/00")
    # Megabytes (uncompressed) after which Firehose writes an object.
    buffering_megabytes = optional(number, 64)
    # Seconds after which Firehose writes an object, however small.
    buffering_seconds = optional(number, 300)
    # Bytes that one query may read.
    athena_scan_limit_bytes = optional(number, 10737418240) # 10 GiB

    # ----- keeping and watching
    # Days back to which the tables can be restored, to the second.
    recovery_days = optional(number, 35)
    # Whether DynamoDB refuses to delete the tables. Leave true where data matters.
    deletion_protection = optional(bool, true)
    # Whether destroying the pipeline also deletes its data. Leave false where data matters.
    force_destroy = optional(bool, false)
    # Days in which the deletion of the KMS key can still be cancelled.
    key_deletion_window_days = optional(number, 30)
    # E-mail addresses that are told of alarms.
    alarm_emails = optional(set(string), [])
    # Days that logs are kept.
    log_retention_days = optional(number, 365)
  })

  validation {
    condition     = length(var.settings.candidates) == 2 && length(distinct(var.settings.candidates[*].id)) == 2
    error_message = "candidates must be two, with distinct ids."
  }

  validation {
    condition     = alltrue([for candidate in var.settings.candidates : can(regex("^[a-z][a-z0-9_-]{0,31}$", candidate.id))])
    error_message = "A candidate's id must be 1 to 32 lowercase letters, digits, underscores or dashes, from a letter on."
  }

  validation {
    condition     = alltrue([for color in flatten([for candidate in var.settings.candidates : values(candidate.color)]) : can(regex("^#[0-9a-f]{6}$", color))])
    error_message = "A colour must be six lowercase hexadecimal digits after a #."
  }

  validation {
    condition     = can(regex("^[0-9]{4}/[0-9]{2}/[0-9]{2}/[0-9]{2}$", var.settings.first_hour))
    error_message = "first_hour must be like 2026/01/01/00."
  }

  validation {
    condition     = var.settings.stream_encrypted || !var.settings.stream_customer_key
    error_message = "stream_customer_key must be false when stream_encrypted is false: there is nothing to use the key for."
  }
}
