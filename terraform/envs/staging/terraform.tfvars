# Staging: production's shape at the least cost; its data may be thrown away.
stage = "staging"

telemetry = {
  buffering_megabytes = 64
  buffering_seconds   = 300
  job_schedule        = "rate(1 hour)"
  job_stalled_hours   = 3
  # Glue bills each crawl for ten minutes; nobody reads staging's partitions by the hour.
  crawler_schedule         = "cron(0 3 * * ? *)"
  force_destroy            = true
  key_deletion_window_days = 7
  log_retention_days       = 30
}
