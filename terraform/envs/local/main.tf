# The local stage: everything small and quick, nothing worth keeping.

locals {
  region = "ap-northeast-1"

  # The account of the local stage. With no AWS_ENDPOINT_URL, or a wrong one, nothing must happen to a real account.
  allowed_account_ids   = ["000000000000"]
  forbidden_account_ids = null
  s3_use_path_style     = true

  # Pipelines that are on for good, and those that are off whoever asks for them; `make apply WITH=votes` switches another on.
  always = ["telemetry"]
  never  = []

  # What is different from the pipelines' defaults.
  settings = {
    telemetry = {
      # The local stage encrypts nothing, and Terraform's provider would wait ten seconds for it.
      stream_encrypted    = false
      stream_customer_key = false

      # Terraform's provider waits a minute for each bucket's lifecycle rules, and the local stage does not age objects.
      age_objects = false

      buffering_megabytes      = 1
      buffering_seconds        = 5
      force_destroy            = true
      key_deletion_window_days = 7
      log_retention_days       = 7
    }

    # Of the stage's own inference pipeline, and of every stack that is deployed to the stage.
    inference = {
      # For the reasons given above.
      stream_encrypted    = false
      stream_customer_key = false
      age_objects         = false

      deletion_protection      = false
      force_destroy            = true
      key_deletion_window_days = 7
      log_retention_days       = 7
    }

    votes = {
      # For the reasons given above.
      stream_encrypted    = false
      stream_customer_key = false

      age_objects = false

      # Terraform's provider waits half a minute before it looks whether CloudFront has a change everywhere.
      wait_for_site = false

      buffering_megabytes      = 1
      buffering_seconds        = 5
      deletion_protection      = false
      force_destroy            = true
      key_deletion_window_days = 7
      log_retention_days       = 7
    }

    taxi = {
      # For the reasons given above.
      stream_encrypted    = false
      stream_customer_key = false
      age_objects         = false

      buffering_megabytes = 1
      buffering_seconds   = 5
      deletion_protection = false

      # Nobody's laptop is to train by itself.
      training_schedule_enabled = false

      # A canary of seconds, on one process.
      endpoint_instances   = 1
      baking_seconds       = 20
      settling_seconds     = 5
      canary_alarm_seconds = 10

      force_destroy            = true
      key_deletion_window_days = 7
      log_retention_days       = 7
    }
  }
}
