# The local stage: everything small and quick, nothing worth keeping.

locals {
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

    buffering_megabytes      = 1
    buffering_seconds        = 5
    deletion_protection      = false
    force_destroy            = true
    key_deletion_window_days = 7
    log_retention_days       = 7
  }
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
  edge_url = var.edge_url

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
