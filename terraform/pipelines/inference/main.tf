# The inference pipeline: records -> Kinesis -> Lambda -> SageMaker endpoint -> DynamoDB; what cannot be scored -> S3.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  region     = data.aws_region.current.name

  # Every name is <stack>-<part>; commands find the parts by these names.
  stream_name   = "${var.stack_name}-stream"
  table_name    = "${var.stack_name}-predictions"
  function_name = "${var.stack_name}-processor"
  models_bucket = "${var.stack_name}-models-${local.account_id}"
  dlq_bucket    = "${var.stack_name}-dlq-${local.account_id}"
  endpoint_name = "${var.stack_name}-endpoint"

  # Known before there is an endpoint: one may be made by hand later.
  endpoint_arn = "arn:${local.partition}:sagemaker:${local.region}:${local.account_id}:endpoint/${local.endpoint_name}"

  # Where the function puts records that can never be scored. What Lambda itself gives up lies below aws/lambda/.
  parked_prefix = "failures/"

  # Where the function puts its own counts.
  metric_namespace = "Datastreamer/Inference"

  alarm_topic_arns = [module.alarm_topic.arn]
}

module "key" {
  source = "../../modules/kms_key"

  name                 = var.stack_name
  description          = "Predictions, models, failures, logs and notifications of the inference stack ${var.stack_name}."
  deletion_window_days = var.settings.key_deletion_window_days
  publishing_services  = ["cloudwatch.amazonaws.com"]
}

# A key of its own: whoever may send records may use this key and nothing else of the stack. With the key that AWS manages
# for Kinesis there is none.
module "stream_key" {
  source = "../../modules/kms_key"
  count  = var.settings.stream_customer_key ? 1 : 0

  name                 = local.stream_name
  description          = "Records of the stream ${local.stream_name}."
  deletion_window_days = var.settings.key_deletion_window_days
}

module "alarm_topic" {
  source = "../../modules/alarm_topic"

  name        = "${var.stack_name}-alarms"
  kms_key_arn = module.key.arn
  emails      = var.settings.alarm_emails
}

module "stream" {
  source = "../../modules/kinesis_stream"

  name                       = local.stream_name
  mode                       = var.settings.stream_mode
  shard_count                = var.settings.shard_count
  retention_hours            = var.settings.stream_retention_hours
  kms_key_id                 = one(module.stream_key[*].arn)
  encrypted                  = var.settings.stream_encrypted
  force_destroy              = var.settings.force_destroy
  iterator_age_alarm_seconds = var.settings.iterator_age_alarm_seconds
  alarm_topic_arns           = local.alarm_topic_arns
}

module "table" {
  source = "../../modules/dynamodb_table"

  name                = local.table_name
  kms_key_arn         = module.key.arn
  recovery_days       = var.settings.recovery_days
  ttl_attribute       = var.settings.ttl_days == 0 ? "" : "expires_at"
  deletion_protection = var.settings.deletion_protection
}
