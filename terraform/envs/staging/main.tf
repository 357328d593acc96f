# Staging: production's shape at the least cost; its data may be thrown away.

locals {
  region = "ap-northeast-1"

  # The account of the local stage. An AWS_ENDPOINT_URL that leads there must not pass for AWS.
  forbidden_account_ids = ["000000000000"]
  allowed_account_ids   = null
  s3_use_path_style     = false

  # Pipelines that are on for good, and those that are off whoever asks for them; `make apply WITH=votes` switches another on.
  always = ["telemetry"]
  never  = []

  # What is different from the pipelines' defaults.
  settings = {
    telemetry = {
      buffering_megabytes = 64
      buffering_seconds   = 300
      job_schedule        = "rate(1 hour)"
      job_stalled_hours   = 3

      force_destroy            = true
      key_deletion_window_days = 7
      log_retention_days       = 30
    }

    # Of the stage's own inference pipeline, and of every stack that is deployed to the stage.
    inference = {
      deletion_protection      = false
      force_destroy            = true
      key_deletion_window_days = 7
      log_retention_days       = 30
    }

    votes = {
      deletion_protection      = false
      force_destroy            = true
      key_deletion_window_days = 7
      log_retention_days       = 30
    }

    taxi = {
      deletion_protection      = false
      force_destroy            = true
      key_deletion_window_days = 7
      log_retention_days       = 30
    }
  }
}
