# Production: data outlives everything, and somebody is told when a part of the pipeline fails.
stage = "prod"

telemetry = {
  stream_mode            = "PROVISIONED"
  shard_count            = 2
  stream_retention_hours = 168
  buffering_megabytes    = 128
  buffering_seconds      = 300
  job_workers            = 2
  job_schedule           = "rate(15 minutes)"
}
