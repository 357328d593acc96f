# Production: data outlives everything, and somebody is told when a part of the pipeline fails.

locals {
  telemetry = {
    stream_mode            = "PROVISIONED"
    shard_count            = 2
    stream_retention_hours = 168
    buffering_megabytes    = 128
    buffering_seconds      = 300
    job_workers            = 2
    job_schedule           = "rate(15 minutes)"
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
