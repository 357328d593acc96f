# How an approved version comes into service: registry and endpoint say by events that something changed, a function looks
# at both and does the next thing. The endpoint is not Terraform's: there is no model when the pipeline is made.

locals {
  # What turns a new version back while it gets its first traffic; the deploy function names them to the endpoint.
  canary_alarms = {
    errors = {
      description = "The endpoint answers calls with errors of its model."
      metric      = { namespace = "AWS/SageMaker", name = "Invocation5XXErrors", dimensions = local.variant }
      statistic   = "Sum"
      percentile  = null
      threshold   = var.settings.endpoint_errors_alarm
    }
    # A model of other columns than it is asked with refuses each call with a 4xx.
    refusals = {
      description = "The endpoint refuses what it is asked."
      metric      = { namespace = "AWS/SageMaker", name = "Invocation4XXErrors", dimensions = local.variant }
      statistic   = "Sum"
      percentile  = null
      threshold   = var.settings.endpoint_errors_alarm
    }
    latency = {
      description = "The model takes too long, in microseconds."
      metric      = { namespace = "AWS/SageMaker", name = "ModelLatency", dimensions = local.variant }
      statistic   = null
      percentile  = "p90"
      threshold   = var.settings.latency_alarm_milliseconds * 1000
    }
    outliers = {
      description = "More trips are outliers than ever are: a model or its rule is wrong, or fares are."
      metric      = { namespace = local.metric_namespace, name = "OutlierRate", dimensions = { Stage = var.stage } }
      statistic   = "Average"
      percentile  = null
      threshold   = var.settings.outlier_rate_alarm
    }
    residual = {
      # A canary's batches are few: an average of medians would drown in those of the model that serves the rest.
      description = "Fares are far from the predicted ones in some batches, in dollars: a model is wrong."
      metric      = { namespace = local.metric_namespace, name = "MedianResidual", dimensions = { Stage = var.stage } }
      statistic   = null
      percentile  = "p95"
      threshold   = var.settings.residual_alarm_dollars
    }
  }

  variant = { EndpointName = local.model_name, VariantName = "AllTraffic" }

  model_arn  = "arn:${local.partition}:sagemaker:${local.arn_prefix}:model/${local.model_name}-v*"
  config_arn = "arn:${local.partition}:sagemaker:${local.arn_prefix}:endpoint-config/${local.model_name}-v*"
}

resource "aws_cloudwatch_metric_alarm" "canary" {
  for_each = local.canary_alarms

  alarm_name          = "${local.model_name}-${each.key}"
  alarm_description   = "${each.value.description} While a new version gets its first traffic, the endpoint goes back to the old one."
  namespace           = each.value.metric.namespace
  metric_name         = each.value.metric.name
  dimensions          = each.value.metric.dimensions
  statistic           = each.value.statistic
  extended_statistic  = each.value.percentile
  period              = var.settings.canary_alarm_seconds
  evaluation_periods  = 1
  datapoints_to_alarm = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.threshold
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_topic_arns
  ok_actions          = local.alarm_topic_arns
}

module "deploy_function" {
  source = "../../modules/lambda_function"

  name               = "${local.name}-deploy"
  description        = "Puts the newest approved version of the fare model into service, and rejects one that was turned back."
  package_path       = var.function_packages["taxi_deploy"]
  timeout_seconds    = 60
  kms_key_arn        = module.key.arn
  log_retention_days = var.settings.log_retention_days
  alarm_topic_arns   = local.alarm_topic_arns

  environment = merge(local.place, {
    MODEL_ROLE_ARN          = aws_iam_role.model.arn
    INSTANCE_TYPE           = var.settings.endpoint_instance_type
    INSTANCES               = tostring(var.settings.endpoint_instances)
    KMS_KEY_ARN             = module.key.arn
    CANARY_PERCENT          = tostring(var.settings.canary_percent)
    BAKING_SECONDS          = tostring(var.settings.baking_seconds)
    SETTLING_SECONDS        = tostring(var.settings.settling_seconds)
    ALARMS                  = join(",", [for alarm in aws_cloudwatch_metric_alarm.canary : alarm.alarm_name])
    POWERTOOLS_SERVICE_NAME = "${local.name}-deploy"
  })

  permissions = [
    {
      sid       = "KnowVersions"
      actions   = ["sagemaker:DescribeModelPackage", "sagemaker:ListModelPackages", "sagemaker:UpdateModelPackage"]
      resources = [local.group_arn, local.versions_arn]
    },
    {
      sid       = "MakeModels"
      actions   = ["sagemaker:CreateEndpointConfig", "sagemaker:CreateModel", "sagemaker:DescribeEndpointConfig", "sagemaker:DescribeModel"]
      resources = [local.model_arn, local.config_arn, local.versions_arn]
    },
    {
      sid       = "MoveTheEndpoint"
      actions   = ["sagemaker:CreateEndpoint", "sagemaker:DeleteEndpoint", "sagemaker:DescribeEndpoint", "sagemaker:UpdateEndpoint"]
      resources = [local.endpoint_arn, local.config_arn]
    },
    {
      sid           = "PassTheModelsRole"
      actions       = ["iam:PassRole"]
      resources     = [aws_iam_role.model.arn]
      string_equals = { "iam:PassedToService" = "sagemaker.amazonaws.com" }
    },
    {
      sid       = "SeeAlarms"
      actions   = ["cloudwatch:DescribeAlarms"]
      resources = ["arn:${local.partition}:cloudwatch:${local.arn_prefix}:alarm:${local.model_name}-*"]
    },
    {
      sid       = "GiveRules"
      actions   = ["dynamodb:GetItem", "dynamodb:PutItem"]
      resources = [module.thresholds.arn]
    },
    {
      sid           = "EncryptRules"
      actions       = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"]
      resources     = [module.key.arn]
      string_equals = { "kms:ViaService" = "dynamodb.${local.region}.amazonaws.com" }
    },
    {
      # Instances encrypt their volumes with the key; SageMaker is granted its use when the configuration is made.
      sid       = "EncryptVolumes"
      actions   = ["kms:CreateGrant", "kms:DescribeKey"]
      resources = [module.key.arn]
    },
  ]
}

# Events say when to look, and nothing else: one that is lost or comes twice does no harm. The last of them looks now and then.
locals {
  look_when = {
    version  = { source = ["aws.sagemaker"], detail-type = ["SageMaker Model Package State Change"], detail = { ModelPackageGroupName = [local.model_name], ModelApprovalStatus = ["Approved", "Rejected"] } }
    endpoint = { source = ["aws.sagemaker"], detail-type = ["SageMaker Endpoint State Change"], detail = { EndpointName = [local.model_name], EndpointStatus = ["IN_SERVICE", "FAILED"] } }
    calm     = { source = ["aws.cloudwatch"], detail-type = ["CloudWatch Alarm State Change"], detail = { alarmName = [for alarm in keys(local.canary_alarms) : "${local.model_name}-${alarm}"], state = { value = ["OK"] } } }
    clock    = null
  }
}

resource "aws_cloudwatch_event_rule" "deploy" {
  for_each = local.look_when

  name                = "${local.name}-deploy-${each.key}"
  description         = "When ${module.deploy_function.name} looks at registry and endpoint: ${each.key}."
  event_pattern       = each.value == null ? null : jsonencode(each.value)
  schedule_expression = each.value == null ? "rate(15 minutes)" : null
}

resource "aws_cloudwatch_event_target" "deploy" {
  for_each = local.look_when

  rule      = aws_cloudwatch_event_rule.deploy[each.key].name
  target_id = "deploy"
  arn       = module.deploy_function.arn
}

resource "aws_lambda_permission" "deploy" {
  for_each = local.look_when

  statement_id  = "events-${each.key}"
  action        = "lambda:InvokeFunction"
  function_name = module.deploy_function.name
  principal     = "events.amazonaws.com"
  source_arn    = "arn:${local.partition}:events:${local.arn_prefix}:rule/${aws_cloudwatch_event_rule.deploy[each.key].name}"
}

# What the containers that serve may do: read their image and archive, log, count.
resource "aws_iam_role" "model" {
  name        = "${local.model_name}-model"
  description = "What the containers of the endpoint ${local.model_name} may do: read their image and archive, log, count."

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "sagemaker.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

locals {
  registry = regex("^(?P<account>[0-9]{12})[.]dkr[.]ecr[.](?P<region>[a-z0-9-]+)[.]amazonaws[.]com(?:[.]cn)?/(?P<repository>[^:@]+)", var.settings.model_image)
}

resource "aws_iam_role_policy" "model" {
  name = "serve"
  role = aws_iam_role.model.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "ReadArchives"
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = "${module.models_bucket.arn}/${local.artifacts_prefix}*"
      },
      {
        Sid      = "FindArchives"
        Effect   = "Allow"
        Action   = ["s3:GetBucketLocation", "s3:ListBucket"]
        Resource = module.models_bucket.arn
      },
      {
        Sid       = "DecryptArchives"
        Effect    = "Allow"
        Action    = "kms:Decrypt"
        Resource  = module.key.arn
        Condition = { StringEquals = { "kms:ViaService" = "s3.${local.region}.amazonaws.com" } }
      },
      {
        Sid      = "ReadImage"
        Effect   = "Allow"
        Action   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        Resource = "arn:${local.partition}:ecr:${local.registry.region}:${local.registry.account}:repository/${local.registry.repository}"
      },
      {
        # The token is the account's, not a repository's.
        Sid      = "SignInToRegistry"
        Effect   = "Allow"
        Action   = "ecr:GetAuthorizationToken"
        Resource = "*"
      },
      {
        Sid      = "Log"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
        Resource = [aws_cloudwatch_log_group.endpoint.arn, "${aws_cloudwatch_log_group.endpoint.arn}:*"]
      },
      {
        Sid       = "Count"
        Effect    = "Allow"
        Action    = "cloudwatch:PutMetricData"
        Resource  = "*"
        Condition = { StringEquals = { "cloudwatch:namespace" = ["/aws/sagemaker/Endpoints", "AWS/SageMaker"] } }
      },
    ]
  })
}

# The containers' logs must find their group, or SageMaker makes one that is kept for ever.
resource "aws_cloudwatch_log_group" "endpoint" {
  #checkov:skip=CKV_AWS_338:Logs are kept for a year unless a root says otherwise, as the local stage does.
  name              = "/aws/sagemaker/Endpoints/${local.model_name}"
  retention_in_days = var.settings.log_retention_days
  kms_key_id        = module.key.arn
}
