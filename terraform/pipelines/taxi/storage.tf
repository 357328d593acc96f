# The buckets: TLC's files as published; tables, the job's code and the results of queries; models.

locals {
  expire_noncurrent = {
    id                     = "expire-old-versions"
    expire_noncurrent_days = var.settings.noncurrent_version_days
  }

  lifecycle_rules = {
    # Bronze is what everything else can be made of again: files never age, and are small beside a stream's.
    raw = [local.expire_noncurrent]
    processed = [
      local.expire_noncurrent,
      {
        # Each run deletes what it staged once it is in the tables: another copy of all data, which nobody brings back.
        id                     = "expire-staged-files"
        prefix                 = "${local.state_prefix}staged/"
        expire_noncurrent_days = 1
      },
      {
        id                     = "expire-results"
        prefix                 = local.results_prefix
        expire_days            = var.settings.query_result_days
        expire_noncurrent_days = 1
      },
    ]
    models = [local.expire_noncurrent]
  }
}

module "raw_bucket" {
  source = "../../modules/s3_bucket"

  name            = "${local.name}-raw-${local.account_id}"
  kms_key_arn     = module.key.arn
  force_destroy   = var.settings.force_destroy
  lifecycle_rules = [for rule in local.lifecycle_rules.raw : rule if var.settings.age_objects]
}

module "processed_bucket" {
  source = "../../modules/s3_bucket"

  name            = "${local.name}-processed-${local.account_id}"
  kms_key_arn     = module.key.arn
  force_destroy   = var.settings.force_destroy
  lifecycle_rules = [for rule in local.lifecycle_rules.processed : rule if var.settings.age_objects]
}

module "models_bucket" {
  source = "../../modules/s3_bucket"

  name            = "${local.name}-models-${local.account_id}"
  kms_key_arn     = module.key.arn
  force_destroy   = var.settings.force_destroy
  lifecycle_rules = [for rule in local.lifecycle_rules.models : rule if var.settings.age_objects]
}
