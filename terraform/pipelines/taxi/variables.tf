variable "stage" {
  description = "Stage that every name carries: prod, staging, local, or one of your own."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,11}$", var.stage))
    error_message = "stage must be 2 to 12 lowercase letters or digits, starting with a letter: bucket names hold it."
  }
}

variable "job_script" {
  description = "Path of the Glue job's script."
  type        = string
  nullable    = false
}

variable "job_package" {
  description = "Path of the zip with the Python packages that the script imports; `make package` builds it."
  type        = string
  nullable    = false
}

variable "function_packages" {
  description = "Paths of the zips of the Lambda functions, by name; `make package` builds them."
  type        = map(string)
  nullable    = false
}

variable "evaluation_archive" {
  description = "Path of the archive of the program that evaluates a model; `make package` builds it."
  type        = string
  nullable    = false
}

variable "settings" {
  description = "How the pipeline is to run; each line of the type says what it sets, and its default."
  nullable    = false
  default     = {}

  type = object({
    # ----- stream
    # PROVISIONED or ON_DEMAND.
    stream_mode = optional(string, "PROVISIONED")
    # Number of shards in mode PROVISIONED; each takes 1,000 trips a second.
    shard_count = optional(number, 1)
    # Hours that a trip stays readable in the stream: how long scoring may be down without a loss.
    stream_retention_hours = optional(number, 24)
    # Whether records are encrypted at rest.
    stream_encrypted = optional(bool, true)
    # Whether that is done with the pipeline's KMS key, and not with the key that AWS manages for Kinesis.
    stream_customer_key = optional(bool, true)
    # Age of the oldest unread record, in seconds, above which an alarm fires.
    iterator_age_alarm_seconds = optional(number, 900)

    # ----- scoring
    # Processor of the functions: arm64 (a fifth cheaper) or x86_64.
    architecture = optional(string, "arm64")
    # Memory of the scoring function in MB.
    memory_megabytes = optional(number, 512)
    # Seconds after which an invocation of it is ended.
    timeout_seconds = optional(number, 60)
    # Invocations of it that run at once at most, taken from the account's share; -1 reserves none.
    reserved_concurrency = optional(number, -1)
    # Whether live trips are read; switched off they wait in the stream.
    scoring_enabled = optional(bool, true)
    # Trips that an invocation gets at most.
    batch_size = optional(number, 500)
    # Seconds to wait for a batch to fill.
    batching_window_seconds = optional(number, 1)
    # Batches of one shard that run at once.
    parallelization_factor = optional(number, 1)
    # Trips of one call of the endpoint.
    max_rows_per_call = optional(number, 1000)
    # Seconds for which the rules of the versions are believed before they are read again.
    thresholds_seconds = optional(number, 60)
    # Days back to which the table of rules can be restored.
    recovery_days = optional(number, 35)
    # Whether the table of rules cannot be deleted.
    deletion_protection = optional(bool, true)

    # ----- predictions
    # First day that queries look for, as yyyy/MM/dd.
    first_day = optional(string, "2026/01/01")
    # Megabytes (uncompressed) after which predictions are delivered.
    buffering_megabytes = optional(number, 64)
    # Seconds after which they are delivered, however few.
    buffering_seconds = optional(number, 60)
    # OpenSearch domain that gets each prediction as a document; empty delivers to S3 alone.
    opensearch_domain_arn = optional(string, "")
    # How often another index begins there: NoRotation, OneHour, OneDay, OneWeek, OneMonth.
    opensearch_rotation = optional(string, "OneDay")
    # Seconds for which documents are tried that it does not take for now; S3 has them in any case.
    opensearch_retry_seconds = optional(number, 300)

    # ----- job and queries
    # Glue version of the job.
    glue_version = optional(string, "5.1")
    # Size of a worker of the job.
    job_worker_type = optional(string, "G.1X")
    # Number of workers of the job, the driver included.
    job_workers = optional(number, 2)
    # Minutes after which a run of the job is stopped. The first one makes every month that bronze has.
    job_timeout_minutes = optional(number, 240)
    # When the job starts, in UTC. TLC publishes once a month, and a run that finds nothing new costs Glue's least, a minute.
    job_schedule = optional(string, "cron(0 9 * * ? *)")
    # Whether the schedule starts the job.
    job_schedule_enabled = optional(bool, true)
    # Bytes that one query may read.
    athena_scan_limit_bytes = optional(number, 10737418240) # 10 GiB

    # ----- model
    # Image that trains and serves: SageMaker's XGBoost, of the region's own registry.
    model_image = optional(string, "354813040037.dkr.ecr.ap-northeast-1.amazonaws.com/sagemaker-xgboost:3.0-5")
    # Instance that trains and evaluates.
    training_instance_type = optional(string, "ml.m5.xlarge")
    # Minutes after which a training or an evaluation is stopped.
    training_timeout_minutes = optional(number, 120)
    # Months before the validation month to train on.
    training_months = optional(number, 3)
    # Trees of a model.
    training_rounds = optional(number, 200)
    # Other hyperparameters of the built-in XGBoost.
    hyperparameters = optional(map(string), { objective = "reg:squarederror", max_depth = "6", eta = "0.1", subsample = "0.8", min_child_weight = "5", seed = "1" })
    # When a model is trained by itself, in UTC: after the day on which the silver job finds TLC's new month.
    training_schedule = optional(string, "cron(0 12 5 * ? *)")
    # Whether the schedule starts a training.
    training_schedule_enabled = optional(bool, true)
    # Root mean squared error that the first model must stay below, US dollars; later ones, that of the model in service.
    first_model_rmse = optional(number, 2)
    # Share of injected anomalies that the first model must find; later ones, what the model in service finds.
    first_model_recall = optional(number, 0.6)
    # False alarms that a model's rule may give per 1,000 trips.
    false_alarms_per_thousand = optional(number, 2)

    # ----- endpoint
    # Instance that serves.
    endpoint_instance_type = optional(string, "ml.m5.large")
    # Number of instances of a new version's configuration. A canary is at most half of them.
    endpoint_instances = optional(number, 2)
    # Percentage of the calls that a new version gets first.
    canary_percent = optional(number, 10)
    # Seconds for which it gets no more, while the alarms are watched.
    baking_seconds = optional(number, 600)
    # Seconds for which the old version stays ready after the new one has all calls, while the alarms are watched.
    settling_seconds = optional(number, 300)
    # Seconds that the alarms count by.
    canary_alarm_seconds = optional(number, 60)
    # Calls in that time that the endpoint may refuse or fail before an alarm fires.
    endpoint_errors_alarm = optional(number, 2)
    # Milliseconds that nine calls of ten may take before an alarm fires.
    latency_alarm_milliseconds = optional(number, 1000)
    # Rate of outliers, 0 to 1, above which an alarm fires.
    outlier_rate_alarm = optional(number, 0.05)
    # Median distance of the fares of a batch from the predicted ones, in US dollars, above which an alarm fires when it is that of more than five batches of a hundred.
    residual_alarm_dollars = optional(number, 5)

    # ----- drift
    # When the trips of the day before are compared with those of training, in UTC.
    drift_schedule = optional(string, "cron(0 6 * * ? *)")
    # Whether they are.
    drift_schedule_enabled = optional(bool, true)
    # Trips that a version must have scored in a day to be judged.
    drift_minimum_trips = optional(number, 1000)
    # Population stability index above which an alarm fires, and a training starts.
    drift_alarm_index = optional(number, 0.2)
    # Hours after the start of a training in which drift starts no other.
    retraining_cooldown_hours = optional(number, 72)

    # ----- storage
    # Whether lifecycle rules expire objects.
    age_objects = optional(bool, true)
    # Days that an overwritten or deleted object can still be brought back.
    noncurrent_version_days = optional(number, 30)
    # Days that query results are kept.
    query_result_days = optional(number, 30)
    # Whether destroying the pipeline also deletes its data. Leave false where data matters.
    force_destroy = optional(bool, false)
    # Days in which the deletion of the KMS key can still be cancelled.
    key_deletion_window_days = optional(number, 30)

    # ----- OpenSearch
    # Domain to make for predictions; null makes none. The module opensearch_domain says what each line means.
    opensearch_domain = optional(object({
      master_user_arn    = string
      engine_version     = optional(string, "OpenSearch_2.19")
      instance_type      = optional(string, "m6g.large.search")
      instance_count     = optional(number, 2)
      zones              = optional(number, 2)
      dedicated_masters  = optional(string)
      gigabytes_per_node = optional(number, 50)
      vpc = optional(object({
        id                        = string
        subnet_ids                = list(string)
        client_security_group_ids = optional(list(string), [])
      }))
    }))

    # ----- watching
    # E-mail addresses that get the alarms.
    alarm_emails = optional(set(string), [])
    # Percentage of the rows read in a day that were quarantined, above which an alarm fires.
    quarantine_alarm_percent = optional(number, 1)
    # Records that are no trips in five minutes, above which an alarm fires.
    parked_alarm_records = optional(number, 0)
    # Days without a finished run of a scheduled job after which an alarm fires.
    job_stalled_days = optional(number, 2)
    # Days that logs are kept.
    log_retention_days = optional(number, 365)
  })

  validation {
    condition     = var.settings.opensearch_domain == null || var.settings.opensearch_domain_arn == ""
    error_message = "opensearch_domain makes a domain and opensearch_domain_arn names one: give one of them."
  }

  validation {
    condition     = var.settings.noncurrent_version_days >= 1 && var.settings.query_result_days >= 1
    error_message = "noncurrent_version_days and query_result_days must be at least 1."
  }

  validation {
    condition     = var.settings.quarantine_alarm_percent > 0 && var.settings.quarantine_alarm_percent < 100
    error_message = "quarantine_alarm_percent must be between 0 and 100."
  }

  validation {
    condition     = can(regex("^[0-9]{4}/[0-9]{2}/[0-9]{2}$", var.settings.first_day))
    error_message = "first_day must be like 2026/01/01."
  }

  # What waits for a model is set aside an hour before the stream forgets it.
  validation {
    condition     = var.settings.stream_retention_hours >= 2
    error_message = "stream_retention_hours must be at least 2."
  }

  validation {
    condition     = var.settings.stream_encrypted || !var.settings.stream_customer_key
    error_message = "stream_customer_key must be false when stream_encrypted is false: there is nothing to use the key for."
  }

  # CloudWatch evaluates periods of an hour or longer over seven days at most.
  validation {
    condition     = var.settings.job_stalled_days >= 1 && var.settings.job_stalled_days <= 7 && floor(var.settings.job_stalled_days) == var.settings.job_stalled_days
    error_message = "job_stalled_days must be a whole number from 1 to 7."
  }

  validation {
    condition     = var.settings.training_months >= 1 && var.settings.training_months <= 60 && floor(var.settings.training_months) == var.settings.training_months
    error_message = "training_months must be a whole number from 1 to 60."
  }

  validation {
    condition     = var.settings.first_model_rmse > 0 && var.settings.first_model_recall >= 0 && var.settings.first_model_recall <= 1 && var.settings.false_alarms_per_thousand > 0
    error_message = "first_model_rmse and false_alarms_per_thousand must be above 0, and first_model_recall from 0 to 1."
  }

  # SageMaker API reference, CapacitySize and TrafficRoutingConfig.
  validation {
    condition     = var.settings.canary_percent >= 1 && var.settings.canary_percent <= 50 && var.settings.baking_seconds >= 0 && var.settings.baking_seconds <= 3600 && var.settings.settling_seconds >= 0 && var.settings.settling_seconds <= 3600
    error_message = "canary_percent must be from 1 to 50, baking_seconds and settling_seconds from 0 to 3600."
  }

  validation {
    condition     = contains([10, 30], var.settings.canary_alarm_seconds) || (var.settings.canary_alarm_seconds >= 60 && var.settings.canary_alarm_seconds % 60 == 0)
    error_message = "canary_alarm_seconds must be 10, 30 or a multiple of 60."
  }

  validation {
    condition     = var.settings.drift_minimum_trips >= 100 && var.settings.drift_alarm_index > 0 && var.settings.retraining_cooldown_hours >= 1
    error_message = "drift_minimum_trips must be at least 100, drift_alarm_index above 0, and retraining_cooldown_hours at least 1."
  }
}
