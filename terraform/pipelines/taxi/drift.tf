# Once a day, how far live trips are from those that each version was trained on; and a training when they are too far.

module "drift_function" {
  source = "../../modules/lambda_function"

  name               = "${local.name}-drift"
  description        = "Compares yesterday's trips with the baselines of each version that scored them."
  package_path       = var.function_packages["taxi_drift"]
  timeout_seconds    = 900
  kms_key_arn        = module.key.arn
  log_retention_days = var.settings.log_retention_days
  alarm_topic_arns   = local.alarm_topic_arns

  environment = merge(local.place, {
    # Without a name of its service: its metrics have the dimensions that alarms name, and no other.
    MINIMUM_TRIPS                = tostring(var.settings.drift_minimum_trips)
    POWERTOOLS_METRICS_NAMESPACE = local.metric_namespace
  })

  permissions = [
    {
      sid       = "KnowVersions"
      actions   = ["sagemaker:DescribeModelPackage", "sagemaker:ListModelPackages"]
      resources = [local.group_arn, local.versions_arn]
    },
    {
      sid       = "ReadBaselines"
      actions   = ["s3:GetObject"]
      resources = ["${module.models_bucket.arn}/${local.evaluations_prefix}*"]
    },
  ]
}

# The workgroup's tables, its results, and the key.
resource "aws_iam_role_policy_attachment" "drift_query" {
  role       = module.drift_function.role_name
  policy_arn = module.workgroup.analyst_policy_arn
}

resource "aws_cloudwatch_event_rule" "drift" {
  name                = "${local.name}-drift"
  description         = "Starts ${module.drift_function.name} once a day."
  schedule_expression = var.settings.drift_schedule
  state               = var.settings.drift_schedule_enabled ? "ENABLED" : "DISABLED"
}

resource "aws_cloudwatch_event_target" "drift" {
  rule      = aws_cloudwatch_event_rule.drift.name
  target_id = "drift"
  arn       = module.drift_function.arn
  # Without it the function gets the event of the rule, which names no day either.
  input = jsonencode({})
}

resource "aws_lambda_permission" "drift" {
  statement_id  = "events"
  action        = "lambda:InvokeFunction"
  function_name = module.drift_function.name
  principal     = "events.amazonaws.com"
  source_arn    = "arn:${local.partition}:events:${local.arn_prefix}:rule/${aws_cloudwatch_event_rule.drift.name}"
}

resource "aws_cloudwatch_metric_alarm" "drift" {
  alarm_name          = "${local.name}-drift"
  alarm_description   = "On two of the last three days a feature or the residual was far from what it was in training (PSI above ${var.settings.drift_alarm_index}); the log of ${module.drift_function.name} says which. ${module.retrain_function.name} starts a training."
  namespace           = local.metric_namespace
  metric_name         = "LargestDrift"
  dimensions          = { Stage = var.stage }
  statistic           = "Maximum"
  period              = 86400
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.settings.drift_alarm_index
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_topic_arns
  ok_actions          = local.alarm_topic_arns
}

module "retrain_function" {
  source = "../../modules/lambda_function"

  name               = "${local.name}-retrain"
  description        = "Starts a training when trips have drifted, unless there was one lately."
  package_path       = var.function_packages["taxi_retrain"]
  timeout_seconds    = 60
  kms_key_arn        = module.key.arn
  log_retention_days = var.settings.log_retention_days
  alarm_topic_arns   = local.alarm_topic_arns

  environment = merge(local.place, {
    COOLDOWN_HOURS          = tostring(var.settings.retraining_cooldown_hours)
    POWERTOOLS_SERVICE_NAME = "${local.name}-retrain"
  })

  permissions = [
    {
      sid       = "Train"
      actions   = ["sagemaker:ListPipelineExecutions", "sagemaker:StartPipelineExecution"]
      resources = [local.training_arn]
    },
  ]
}

# An alarm that stays in ALARM sends no second event: a drift that a training does not end is for people to look at.
resource "aws_cloudwatch_event_rule" "retrain" {
  name        = "${local.name}-retrain"
  description = "The alarm ${local.name}-drift fires."

  event_pattern = jsonencode({
    source      = ["aws.cloudwatch"]
    detail-type = ["CloudWatch Alarm State Change"]
    detail      = { alarmName = ["${local.name}-drift"], state = { value = ["ALARM"] } }
  })
}

resource "aws_cloudwatch_event_target" "retrain" {
  rule      = aws_cloudwatch_event_rule.retrain.name
  target_id = "retrain"
  arn       = module.retrain_function.arn
}

resource "aws_lambda_permission" "retrain" {
  statement_id  = "events"
  action        = "lambda:InvokeFunction"
  function_name = module.retrain_function.name
  principal     = "events.amazonaws.com"
  source_arn    = "arn:${local.partition}:events:${local.arn_prefix}:rule/${aws_cloudwatch_event_rule.retrain.name}"
}
