# The buckets: raw objects, the lake's tables, the job's code, and the results of queries.

locals {
  expire_noncurrent = {
    id                     = "expire-old-versions"
    expire_noncurrent_days = var.settings.noncurrent_version_days
  }

  lifecycle_rules = {
    raw = [
      {
        id                     = "age-raw-objects"
        expire_noncurrent_days = var.settings.noncurrent_version_days
        transitions = [
          { days = var.settings.raw_infrequent_access_days, storage_class = "STANDARD_IA" },
          # Instant retrieval: the audit may have to count any raw object anew, whatever its age.
          { days = var.settings.raw_glacier_days, storage_class = "GLACIER_IR" },
        ]
      },
    ]
    analytics = [
      local.expire_noncurrent,
      {
        # Each turn deletes what it staged once it is in the tables: another copy of all data, which nobody brings back.
        id                     = "expire-staged-files"
        prefix                 = "${local.state_prefix}staged/"
        expire_noncurrent_days = 1
      },
    ]
    artifacts = [local.expire_noncurrent]
    results = [
      {
        id                     = "expire-results"
        expire_days            = var.settings.query_result_days
        expire_noncurrent_days = 1
      },
    ]
  }
}

module "data_bucket" {
  source = "../../modules/s3_bucket"

  name            = "${local.name}-data-bucket-${local.account_id}"
  kms_key_arn     = module.key.arn
  force_destroy   = var.settings.force_destroy
  lifecycle_rules = var.settings.age_objects ? local.lifecycle_rules.raw : []
}

module "analytics_bucket" {
  source = "../../modules/s3_bucket"

  name            = "${local.name}-analytics-bucket-${local.account_id}"
  kms_key_arn     = module.key.arn
  force_destroy   = var.settings.force_destroy
  lifecycle_rules = var.settings.age_objects ? local.lifecycle_rules.analytics : []
}

module "artifacts_bucket" {
  source = "../../modules/s3_bucket"

  name        = "${local.name}-artifacts-${local.account_id}"
  kms_key_arn = module.key.arn
  # Holds nothing but what Terraform uploads, all versions of it.
  force_destroy   = true
  lifecycle_rules = var.settings.age_objects ? local.lifecycle_rules.artifacts : []
}

module "results_bucket" {
  source = "../../modules/s3_bucket"

  name        = "${local.name}-athena-results-${local.account_id}"
  kms_key_arn = module.key.arn
  # Every result can be had again by running its query.
  force_destroy   = true
  lifecycle_rules = var.settings.age_objects ? local.lifecycle_rules.results : []
}
