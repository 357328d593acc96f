# The same file for every stage: the others link to it. It calls the pipelines with the values of the stage's main.tf.

locals {
  pipelines = ["telemetry", "inference", "votes", "taxi"]

  tags = { PROJECT = "datastreamer", STAGE = var.stage }
  on   = setsubtract(setunion(local.always, var.extra_pipelines), local.never)

  # A pipeline that should tell others names them in its own settings.
  watching = { alarm_emails = var.alarm_emails }
}

# One provider for each pipeline, so that each resource carries the pipeline that it belongs to.

provider "aws" {
  alias                 = "telemetry"
  region                = local.region
  allowed_account_ids   = local.allowed_account_ids
  forbidden_account_ids = local.forbidden_account_ids
  s3_use_path_style     = local.s3_use_path_style

  default_tags {
    tags = merge(local.tags, { PIPELINE = "telemetry" })
  }
}

provider "aws" {
  alias                 = "inference"
  region                = local.region
  allowed_account_ids   = local.allowed_account_ids
  forbidden_account_ids = local.forbidden_account_ids
  s3_use_path_style     = local.s3_use_path_style

  default_tags {
    tags = merge(local.tags, { PIPELINE = "inference", STACK = "datastreamer-${var.stage}-inference" })
  }
}

provider "aws" {
  alias                 = "votes"
  region                = local.region
  allowed_account_ids   = local.allowed_account_ids
  forbidden_account_ids = local.forbidden_account_ids
  s3_use_path_style     = local.s3_use_path_style

  default_tags {
    tags = merge(local.tags, { PIPELINE = "votes" })
  }
}

provider "aws" {
  alias                 = "taxi"
  region                = local.region
  allowed_account_ids   = local.allowed_account_ids
  forbidden_account_ids = local.forbidden_account_ids
  s3_use_path_style     = local.s3_use_path_style

  default_tags {
    tags = merge(local.tags, { PIPELINE = "taxi" })
  }
}

module "stage" {
  source = "../../stage"

  providers = {
    aws.telemetry = aws.telemetry
    aws.inference = aws.inference
    aws.votes     = aws.votes
    aws.taxi      = aws.taxi
  }

  stage    = var.stage
  packages = var.packages

  # A pipeline is on when it is given settings.
  telemetry = contains(local.on, "telemetry") ? merge(local.watching, try(local.settings.telemetry, {})) : null
  inference = contains(local.on, "inference") ? merge(local.watching, try(local.settings.inference, {})) : null
  votes     = contains(local.on, "votes") ? merge(local.watching, try(local.settings.votes, {})) : null
  taxi      = contains(local.on, "taxi") ? merge(local.watching, try(local.settings.taxi, {})) : null
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

output "taxi" {
  description = "Names and addresses of the taxi pipeline's resources; null when the pipeline is off."
  value       = module.stage.taxi
}
