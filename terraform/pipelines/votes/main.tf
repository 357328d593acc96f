# The votes pipeline: browser -> REST API -> function -> Kinesis -> function -> DynamoDB -> WebSocket -> every browser. The raw
# votes land in S3 as well.

data "aws_caller_identity" "current" {}

data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  region     = data.aws_region.current.name

  # Every name is datastreamer-<stage>-votes-<role>.
  name = "datastreamer-${var.stage}-votes"

  metric_namespace = "Datastreamer/Votes"
  alarm_topic_arns = [module.alarm_topic.arn]
}

module "key" {
  source = "../../modules/kms_key"

  name                 = local.name
  description          = "Site, votes, logs and notifications of the votes pipeline, stage ${var.stage}."
  deletion_window_days = var.settings.key_deletion_window_days
  publishing_services  = ["cloudfront.amazonaws.com", "cloudwatch.amazonaws.com"]
}

module "alarm_topic" {
  source = "../../modules/alarm_topic"

  name        = "${local.name}-alarms"
  kms_key_arn = module.key.arn
  emails      = var.settings.alarm_emails
}

module "stream" {
  source = "../../modules/kinesis_stream"

  name                       = "${local.name}-stream"
  mode                       = var.settings.stream_mode
  shard_count                = var.settings.shard_count
  retention_hours            = var.settings.stream_retention_hours
  kms_key_id                 = var.settings.stream_customer_key ? module.key.arn : null
  encrypted                  = var.settings.stream_encrypted
  force_destroy              = var.settings.force_destroy
  iterator_age_alarm_seconds = var.settings.iterator_age_alarm_seconds
  alarm_topic_arns           = local.alarm_topic_arns
}

module "orders_table" {
  source = "../../modules/dynamodb_table"

  name                = "${local.name}-orders"
  kms_key_arn         = module.key.arn
  recovery_days       = var.settings.recovery_days
  ttl_attribute       = "expires_at"
  deletion_protection = var.settings.deletion_protection
}

module "aggregation_table" {
  source = "../../modules/dynamodb_table"

  name                = "${local.name}-aggregation"
  kms_key_arn         = module.key.arn
  recovery_days       = var.settings.recovery_days
  ttl_attribute       = "expires_at"
  deletion_protection = var.settings.deletion_protection
}

module "connections_table" {
  source = "../../modules/dynamodb_table"

  name                = "${local.name}-connections"
  hash_key            = "connection_id"
  range_key           = ""
  kms_key_arn         = module.key.arn
  recovery_days       = 1
  ttl_attribute       = "expires_at"
  deletion_protection = false
}
