# The function that scores, and what feeds it.

module "processor" {
  source = "../../modules/lambda_function"

  name                 = local.function_name
  description          = "Scores records of ${local.stream_name} with ${local.endpoint_name} and writes predictions to ${local.table_name}."
  package_path         = var.function_package
  architecture         = var.settings.architecture
  memory_megabytes     = var.settings.memory_megabytes
  timeout_seconds      = var.settings.timeout_seconds
  reserved_concurrency = var.settings.reserved_concurrency
  tracing              = var.settings.tracing
  kms_key_arn          = module.key.arn
  log_retention_days   = var.settings.log_retention_days
  alarm_topic_arns     = local.alarm_topic_arns

  environment = merge(
    {
      ENDPOINT_NAME                = local.endpoint_name
      TABLE_NAME                   = module.table.name
      DLQ_BUCKET                   = module.dlq_bucket.name
      CONTENT_TYPE                 = var.settings.content_type
      MAX_ROWS_PER_CALL            = tostring(var.settings.max_rows_per_call)
      POWERTOOLS_SERVICE_NAME      = local.function_name
      POWERTOOLS_METRICS_NAMESPACE = local.metric_namespace
    },
    var.settings.score_threshold == "" ? {} : { SCORE_THRESHOLD = var.settings.score_threshold },
    var.settings.ttl_days == 0 ? {} : { TTL_DAYS = tostring(var.settings.ttl_days) },
  )

  permissions = [
    {
      sid       = "Score"
      actions   = ["sagemaker:InvokeEndpoint"]
      resources = [local.endpoint_arn]
    },
    {
      # A prediction names its model, and is held against the range that the model declares. Which configuration and
      # model that is, is known only once somebody promotes them; nothing of them can be changed or called by this.
      sid     = "NameTheModel"
      actions = ["sagemaker:DescribeEndpoint", "sagemaker:DescribeEndpointConfig", "sagemaker:DescribeModel"]
      resources = [
        local.endpoint_arn,
        "arn:${local.partition}:sagemaker:${local.region}:${local.account_id}:endpoint-config/*",
        "arn:${local.partition}:sagemaker:${local.region}:${local.account_id}:model/*",
      ]
    },
    {
      sid       = "WritePredictions"
      actions   = ["dynamodb:BatchWriteItem", "dynamodb:PutItem"]
      resources = [module.table.arn]
    },
    {
      sid       = "ParkRecords"
      actions   = ["s3:PutObject"]
      resources = ["${module.dlq_bucket.arn}/${local.parked_prefix}*"]
    },
    {
      # DynamoDB and S3 use the key on the function's behalf; the function itself cannot.
      sid       = "EncryptPredictions"
      actions   = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"]
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

module "event_source" {
  source = "../../modules/event_source_mapping"

  name                       = local.function_name
  function_name              = module.processor.name
  function_role_name         = module.processor.role_name
  stream_arn                 = module.stream.arn
  stream_kms_key_arns        = module.stream_key[*].arn
  failure_bucket_arn         = module.dlq_bucket.arn
  failure_kms_key_arn        = module.key.arn
  enhanced_fan_out           = var.settings.enhanced_fan_out
  enabled                    = var.settings.processing_enabled
  starting_position          = var.settings.starting_position
  starting_timestamp         = var.settings.starting_timestamp
  batch_size                 = var.settings.batch_size
  batching_window_seconds    = var.settings.batching_window_seconds
  parallelization_factor     = var.settings.parallelization_factor
  bisect_on_error            = var.settings.bisect_on_error
  maximum_retries            = var.settings.maximum_retries
  maximum_record_age_seconds = var.settings.maximum_record_age_seconds
  iterator_age_alarm_seconds = var.settings.iterator_age_alarm_seconds
  alarm_topic_arns           = local.alarm_topic_arns
}

# What the function counts itself: no record of these is lost, but somebody should look at them.

# A model can fail every call and look well from outside: SageMaker counts an answer that is no score as a good one. A call
# that meets one bad row is cut until the row is alone, which makes about every second call of it fail, and no more.
resource "aws_cloudwatch_metric_alarm" "calls" {
  alarm_name          = "${local.function_name}-failed-calls"
  alarm_description   = "Most calls of ${local.endpoint_name} fail: it answers 4xx or 5xx, nothing, what is no score, or scores outside the model's declared range; EndpointCallsFailed says which, by Kind. To go back to the configuration before: datastreamer inference rollback ${local.endpoint_name}"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 80
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_topic_arns
  ok_actions          = local.alarm_topic_arns

  metric_query {
    id          = "share"
    label       = "failed calls in percent"
    expression  = "IF(calls > 0, 100 * failed / calls, 0)"
    return_data = true
  }

  metric_query {
    id = "calls"

    metric {
      namespace   = local.metric_namespace
      metric_name = "EndpointCalls"
      dimensions  = { service = local.function_name }
      stat        = "Sum"
      period      = 60
    }
  }

  metric_query {
    id = "failed"

    metric {
      namespace   = local.metric_namespace
      metric_name = "EndpointCallsFailed"
      dimensions  = { service = local.function_name }
      stat        = "Sum"
      period      = 60
    }
  }
}

# Such records come again, so the function has no error: an endpoint that is not there would show in nothing else for a while.
resource "aws_cloudwatch_metric_alarm" "failed" {
  alarm_name          = "${local.function_name}-failed-records"
  alarm_description   = "${local.function_name} could not score or store some records for now, and gets them again: is ${local.endpoint_name} in service, and ${local.table_name}?"
  namespace           = local.metric_namespace
  metric_name         = "RecordsFailed"
  dimensions          = { service = local.function_name }
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
  alarm_name          = "${local.function_name}-parked-records"
  alarm_description   = "${local.function_name} could not score some records; each lies with its reason in ${local.dlq_bucket}, below ${local.parked_prefix}."
  namespace           = local.metric_namespace
  metric_name         = "RecordsParked"
  dimensions          = { service = local.function_name }
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
