# The buckets: model archives, and records that could not be scored.

module "models_bucket" {
  source = "../../modules/s3_bucket"

  name          = local.models_bucket
  kms_key_arn   = module.key.arn
  force_destroy = var.settings.force_destroy

  lifecycle_rules = var.settings.age_objects ? [
    {
      id                     = "expire-old-versions"
      expire_noncurrent_days = var.settings.noncurrent_version_days
    },
  ] : []
}

module "dlq_bucket" {
  source = "../../modules/s3_bucket"

  name          = local.dlq_bucket
  kms_key_arn   = module.key.arn
  force_destroy = var.settings.force_destroy

  # What has not been replayed stays; only what has been replayed goes by itself.
  lifecycle_rules = var.settings.age_objects ? [
    {
      id                     = "expire-replayed"
      prefix                 = "replayed/"
      expire_days            = var.settings.replayed_days
      expire_noncurrent_days = 1
    },
  ] : []
}
