# Staging: production's shape at the least cost; its data may be thrown away.

locals {
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

  inference = {}
  votes     = {}
}

module "stage" {
  source = "../../stage"

  providers = {
    aws.telemetry = aws.telemetry
    aws.inference = aws.inference
    aws.votes     = aws.votes
  }

  stage    = var.stage
  packages = var.packages

  # A pipeline is on when it is given settings. `make apply WITH=votes` names it in extra_pipelines; to have it on for good, give
  # it its settings here, as telemetry has them.
  telemetry = local.telemetry
  inference = contains(var.extra_pipelines, "inference") ? local.inference : null
  votes     = contains(var.extra_pipelines, "votes") ? local.votes : null
}

output "telemetry" {
  description = "Names and addresses of the telemetry pipeline's resources; null when the pipeline is off."
  value       = module.stage.telemetry
}

output "inference" {
  description = "Names and addresses of the inference pipeline's resources; null when the pipeline is off."
  value       = module.stage.inference
}

output "votes" {
  description = "Names and addresses of the votes pipeline's resources; null when the pipeline is off."
  value       = module.stage.votes
}
