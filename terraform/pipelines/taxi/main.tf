# The taxi pipeline. History: TLC's files -> raw bucket -> Glue job -> trips and quarantine -> Athena. Live: trips -> Kinesis ->
# Lambda, which asks the fare model -> Firehose -> predictions in S3, and in OpenSearch where there is a domain.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  region     = data.aws_region.current.name

  # Every name is datastreamer-<stage>-taxi-<role>.
  name = "datastreamer-${var.stage}-taxi"

  bronze_prefix     = "yellow/"
  silver_prefix     = "taxi_trips/"
  quarantine_prefix = "taxi_trips_quarantine/"
  state_prefix      = "_state/taxi_silver/"
  code_prefix       = "glue/"
  results_prefix    = "results/"
  training_prefix   = "training/"
  gold_prefix       = "taxi_predictions/"
  gold_error_prefix = "taxi_predictions_errors/"

  # Where the function puts records that are no trips. What Lambda itself gives up lies below aws/lambda/.
  parked_prefix = "failures/"

  # Where the job and the function put their own counts.
  metric_namespace = "Datastreamer/Taxi"
  alarm_topic_arns = [module.alarm_topic.arn]
}

module "key" {
  source = "../../modules/kms_key"

  name                 = local.name
  description          = "Files, tables, models, trips, logs and notifications of the taxi pipeline, stage ${var.stage}."
  deletion_window_days = var.settings.key_deletion_window_days
  publishing_services  = ["cloudwatch.amazonaws.com", "events.amazonaws.com"]
}

module "alarm_topic" {
  source = "../../modules/alarm_topic"

  name        = "${local.name}-alarms"
  kms_key_arn = module.key.arn
  emails      = var.settings.alarm_emails
}

# Live trips, which scoring.tf reads.
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
