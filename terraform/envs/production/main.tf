# Production: data outlives everything, and somebody is told when a part of the pipeline fails.

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
      stream_mode            = "PROVISIONED"
      shard_count            = 2
      stream_retention_hours = 168
      buffering_megabytes    = 128
      buffering_seconds      = 300
      job_workers            = 2
      job_schedule           = "rate(15 minutes)"
    }
  }
}
