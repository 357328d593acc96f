# The telemetry pipeline: sensors -> Kinesis -> Firehose -> raw objects -> Glue job -> curated Parquet -> Athena.

data "aws_caller_identity" "current" {}

data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  region     = data.aws_region.current.name

  # Every name is datastreamer-<stage>-<resource>.
  name = "datastreamer-${var.stage}"

  raw_prefix        = "raw_data/device_sensor/"
  raw_error_prefix  = "raw_data_errors/device_sensor/"
  curated_prefix    = "device_telemetry/"
  quarantine_prefix = "device_telemetry_quarantine/"
  state_prefix      = "_state/temperature_etl/"

  # Where the job puts its own counts.
  metric_namespace = "Datastreamer/Telemetry"
}

module "key" {
  source = "../../modules/kms_key"

  name                 = "${local.name}-telemetry"
  description          = "Objects, logs and notifications of the telemetry pipeline, stage ${var.stage}."
  deletion_window_days = var.settings.key_deletion_window_days
  publishing_services  = ["cloudwatch.amazonaws.com", "events.amazonaws.com"]
}

# A key of its own: whoever may write readings may use this key and nothing of the lake. With the key that AWS manages for
# Kinesis there is none.
module "stream_key" {
  source = "../../modules/kms_key"
  count  = var.settings.stream_customer_key ? 1 : 0

  name                 = "${local.name}-stream"
  description          = "Records of the stream ${local.name}-stream."
  deletion_window_days = var.settings.key_deletion_window_days
}

module "alarm_topic" {
  source = "../../modules/alarm_topic"

  name        = "${local.name}-telemetry-alarms"
  kms_key_arn = module.key.arn
  emails      = var.settings.alarm_emails
}

module "stream" {
  source = "../../modules/kinesis_stream"

  name                       = "${local.name}-stream"
  mode                       = var.settings.stream_mode
  shard_count                = var.settings.shard_count
  retention_hours            = var.settings.stream_retention_hours
  kms_key_id                 = one(module.stream_key[*].arn)
  encrypted                  = var.settings.stream_encrypted
  shard_level_metrics        = var.settings.shard_level_metrics
  force_destroy              = var.settings.force_destroy
  iterator_age_alarm_seconds = var.settings.iterator_age_alarm_seconds
  alarm_topic_arns           = [module.alarm_topic.arn]
}

module "delivery_stream" {
  source = "../../modules/firehose_delivery_stream"

  name                    = "${local.name}-firehose"
  source_stream_arn       = module.stream.arn
  source_kms_key_arns     = module.stream_key[*].arn
  bucket_arn              = module.data_bucket.arn
  kms_key_arn             = module.key.arn
  prefix                  = local.raw_prefix
  error_prefix            = local.raw_error_prefix
  append_newline          = true
  buffering_megabytes     = var.settings.buffering_megabytes
  buffering_seconds       = var.settings.buffering_seconds
  freshness_alarm_seconds = var.settings.freshness_alarm_seconds
  log_retention_days      = var.settings.log_retention_days
  alarm_topic_arns        = [module.alarm_topic.arn]
}
