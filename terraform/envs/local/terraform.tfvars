# The local stage: everything small and quick, nothing worth keeping.
stage         = "local"
s3_path_style = true

telemetry = {
  # The stream need not wait for a key of its own: the local stage encrypts nothing.
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
  stream_customer_key = false
  age_objects         = false

  deletion_protection      = false
  force_destroy            = true
  key_deletion_window_days = 7
  log_retention_days       = 7
}

votes = {
  # For the reasons given above.
  stream_customer_key = false

  buffering_megabytes      = 1
  buffering_seconds        = 5
  deletion_protection      = false
  force_destroy            = true
  key_deletion_window_days = 7
  log_retention_days       = 7
}
