# One provider for each pipeline, so that each resource carries the pipeline that it belongs to.

locals {
  region = "ap-northeast-1"
  tags   = { PROJECT = "datastreamer", STAGE = var.stage }

  # The account of the local stage. An AWS_ENDPOINT_URL that leads there must not pass for AWS.
  local_accounts = ["000000000000"]
}

provider "aws" {
  alias                 = "telemetry"
  region                = local.region
  forbidden_account_ids = local.local_accounts

  default_tags {
    tags = merge(local.tags, { PIPELINE = "telemetry" })
  }
}

provider "aws" {
  alias                 = "inference"
  region                = local.region
  forbidden_account_ids = local.local_accounts

  default_tags {
    tags = merge(local.tags, { PIPELINE = "inference", STACK = "datastreamer-${var.stage}-inference" })
  }
}

provider "aws" {
  alias                 = "votes"
  region                = local.region
  forbidden_account_ids = local.local_accounts

  default_tags {
    tags = merge(local.tags, { PIPELINE = "votes" })
  }
}
