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
    votes_publish   = string
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
    # Votes that are counted in one transaction at most. With 32 bytes and a name for each vote, such an item takes some 200 of the
    # 1,000 write units that DynamoDB gives one partition (here, a minute of casting) in a second; a transaction takes two units for
    # each KB. Shards that catch up together, or one that is quick, are throttled then, and try again.
    batch_size = optional(number, 2000)
    # Whether Kinesis pushes votes to the function that counts (about 70 ms), and Lambda does not ask each shard about once a second. Billed
    # by shard and hour and by GB. A change reads what the stream holds once more, and counts nothing of it twice.
    enhanced_fan_out = optional(bool, false)
    # Age of the last vote of a batch, in seconds, above which an alarm fires.
    iterator_age_alarm_seconds = optional(number, 60)

    # ----- functions and APIs
    # Processor of the functions: arm64 or x86_64.
    architecture = optional(string, "arm64")
    # Memory of each function in MB, but for the one that tells the browsers.
    memory_megabytes = optional(number, 512)
    # Memory of the function that tells the browsers, in MB: posting takes the processor, and 1,769 MB have one whole.
    publish_memory_megabytes = optional(number, 1769)
    # Requests that are answered at once at most, reserved for them and kept from everybody else: without a limit, a stream that is
    # slow lets anybody's requests use up the account's concurrency, and counting stops. Lambda leaves 100 of the account's unreserved,
    # so an account that has less than 400 needs less here and in socket_concurrency, or -1, which sets no limit.
    cast_concurrency = optional(number, 200)
    # The same for the connections of browsers and their messages.
    socket_concurrency = optional(number, 100)
    # WebSockets that one address may have open; more are refused, and their pages ask for the totals every few seconds instead. 0 sets no
    # limit. A hall of people has one address.
    sockets_per_address = optional(number, 2000)
    # Requests a second that the API answers at a steady rate; more get 429, and their browsers come again.
    requests_per_second = optional(number, 1000)
    # Requests that may come to the API at one moment.
    burst_requests = optional(number, 2000)
    # Requests that one address may send to the API in five minutes; more get 429. 0 sets no limit, and makes no web ACL. A hall of
    # people has one address: give it room for each of them.
    requests_per_address = optional(number, 0)
    # ARN of a WAF web ACL of your own to put before the API, in place of requests_per_address; empty for none.
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
    # Whether lifecycle rules expire objects.
    age_objects = optional(bool, true)
    # Days that an overwritten or deleted object can still be brought back.
    noncurrent_version_days = optional(number, 30)
    # Days that query results are kept.
    query_result_days = optional(number, 30)
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
    condition     = var.settings.requests_per_address == 0 || (var.settings.requests_per_address >= 10 && var.settings.requests_per_address <= 2000000000 && floor(var.settings.requests_per_address) == var.settings.requests_per_address)
    error_message = "requests_per_address must be 0, or a whole number from 10 to 2,000,000,000: those that AWS WAF takes."
  }

  validation {
    condition     = var.settings.sockets_per_address >= 0 && floor(var.settings.sockets_per_address) == var.settings.sockets_per_address
    error_message = "sockets_per_address must be 0, or a whole number of WebSockets."
  }

  validation {
    condition     = var.settings.requests_per_address == 0 || var.settings.api_web_acl_arn == ""
    error_message = "requests_per_address must be 0 with an api_web_acl_arn: an API has one web ACL."
  }

  # Buttons, bars and lines lie on the page's card, #fdf7e8 in light and #231a13 in dark, whose relative luminances these are.
  # What people must tell apart needs 3 to 1 (WCAG 2.2, criterion 1.4.11; the formulas are those of its glossary).
  validation {
    condition = alltrue(flatten([
      for candidate in var.settings.candidates : [
        for mode, card in { light = 0.93230, dark = 0.01143 } : [
          for luminance in [
            sum([
              for part, weight in { 1 = 0.2126, 3 = 0.7152, 5 = 0.0722 } : weight * [
                for value in [try(parseint(substr(candidate.color[mode], part, 2), 16), 0) / 255] :
                value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
              ][0]
            ])
          ] : (max(luminance, card) + 0.05) / (min(luminance, card) + 0.05) >= 3
        ]
      ]
    ]))
    error_message = "A colour must stand out from the page by 3 to 1: light from #fdf7e8, dark from #231a13."
  }

  validation {
    condition     = var.settings.noncurrent_version_days >= 1 && var.settings.query_result_days >= 1
    error_message = "noncurrent_version_days and query_result_days must be at least 1."
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
