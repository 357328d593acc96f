# What asks the fare model about live trips, by which rule, and where trips are kept that it never scored.

# A rule for each version of the model; people may change one at any time.
module "thresholds" {
  source = "../../modules/dynamodb_table"

  name                = "${local.name}-thresholds"
  hash_key            = "model_version"
  range_key           = ""
  kms_key_arn         = module.key.arn
  recovery_days       = var.settings.recovery_days
  deletion_protection = var.settings.deletion_protection
}

module "score" {
  source = "../../modules/lambda_function"

  name                 = "${local.name}-score"
  description          = "Asks ${local.model_name} what live trips should have cost, and marks the outliers."
  package_path         = var.function_packages.taxi_score
  architecture         = var.settings.architecture
  memory_megabytes     = var.settings.memory_megabytes
  timeout_seconds      = var.settings.timeout_seconds
  reserved_concurrency = var.settings.reserved_concurrency
  kms_key_arn          = module.key.arn
  log_retention_days   = var.settings.log_retention_days
  alarm_topic_arns     = local.alarm_topic_arns

  environment = {
    STAGE                        = var.stage
    ENDPOINT_NAME                = local.model_name
    THRESHOLDS_TABLE             = module.thresholds.name
    DELIVERY_STREAM              = module.predictions.name
    PARKING_BUCKET               = module.raw_bucket.name
    MAX_ROWS_PER_CALL            = tostring(var.settings.max_rows_per_call)
    THRESHOLDS_SECONDS           = tostring(var.settings.thresholds_seconds)
    POWERTOOLS_METRICS_NAMESPACE = local.metric_namespace
  }

  permissions = [
    {
      sid       = "AskTheModel"
      actions   = ["sagemaker:InvokeEndpoint"]
      resources = [local.endpoint_arn]
    },
    {
      sid       = "ReadThresholds"
      actions   = ["dynamodb:Scan"]
      resources = [module.thresholds.arn]
    },
    {
      sid       = "DeliverPredictions"
      actions   = ["firehose:PutRecordBatch"]
      resources = [module.predictions.arn]
    },
    {
      sid       = "ParkRecords"
      actions   = ["s3:PutObject"]
      resources = ["${module.raw_bucket.arn}/${local.parked_prefix}*"]
    },
    {
      # DynamoDB and S3 use the key on the function's behalf; the function itself cannot.
      sid       = "DecryptThresholds"
      actions   = ["kms:Decrypt", "kms:DescribeKey"]
      resources = [module.key.arn]
      string_equals = {
        "kms:ViaService" = "dynamodb.${local.region}.amazonaws.com"
      }
    },
    {
      sid       = "EncryptParkedRecords"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [module.key.arn]
      string_equals = {
        "kms:ViaService" = "s3.${local.region}.amazonaws.com"
      }
    },
  ]
}

module "live_trips" {
  source = "../../modules/event_source_mapping"

  name                    = module.score.name
  function_name           = module.score.name
  function_role_name      = module.score.role_name
  stream_arn              = module.stream.arn
  stream_kms_key_arns     = var.settings.stream_customer_key ? [module.key.arn] : []
  failure_bucket_arn      = module.raw_bucket.arn
  failure_kms_key_arn     = module.key.arn
  enabled                 = var.settings.scoring_enabled
  starting_position       = "TRIM_HORIZON"
  batch_size              = var.settings.batch_size
  batching_window_seconds = var.settings.batching_window_seconds
  parallelization_factor  = var.settings.parallelization_factor
  # A batch that ends the function itself is cut until the record that does it is alone.
  bisect_on_error = true
  # Trips wait for a model as long as the stream keeps them. Lambda has nothing to set aside once they have expired, so it gives
  # them up an hour before, whole, into the bucket.
  maximum_retries            = -1
  maximum_record_age_seconds = min(604800, (var.settings.stream_retention_hours - 1) * 3600)
  iterator_age_alarm_seconds = var.settings.iterator_age_alarm_seconds
  alarm_topic_arns           = local.alarm_topic_arns
}

# What the function counts itself.

# Such trips come again, so the function has no error: a model that is not there, or answers no fares, shows in this.
resource "aws_cloudwatch_metric_alarm" "waiting" {
  alarm_name          = "${module.score.name}-waiting-trips"
  alarm_description   = "Trips wait in ${module.stream.name} and are not scored for now: is ${local.model_name} in service, does it answer a fare for each row, and does ${module.predictions.name} take predictions? The log of ${module.score.name} says which."
  namespace           = local.metric_namespace
  metric_name         = "Waiting"
  dimensions          = { Stage = var.stage }
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 5
  datapoints_to_alarm = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_topic_arns
  ok_actions          = local.alarm_topic_arns
}

resource "aws_cloudwatch_metric_alarm" "parked" {
  alarm_name          = "${module.score.name}-parked-records"
  alarm_description   = "${module.score.name} parked records that are no trips; each lies with its reason in ${module.raw_bucket.name}, below ${local.parked_prefix}."
  namespace           = local.metric_namespace
  metric_name         = "Parked"
  dimensions          = { Stage = var.stage }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  datapoints_to_alarm = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.settings.parked_alarm_records
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_topic_arns
  ok_actions          = local.alarm_topic_arns
}
