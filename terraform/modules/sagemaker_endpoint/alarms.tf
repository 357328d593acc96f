locals {
  alarms = {
    server-errors = {
      description = "${local.endpoint_name} answers with errors of its own; its log group ${aws_cloudwatch_log_group.this.name} says why."
      metric      = "Invocation5XXErrors"
      statistic   = "Sum"
      threshold   = 0
    }
    latency = {
      description = "The model of ${local.endpoint_name} takes more than ${var.latency_alarm_milliseconds} ms a call on average."
      metric      = "ModelLatency"
      statistic   = "Average"
      # The metric counts microseconds.
      threshold = var.latency_alarm_milliseconds * 1000
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name        = "${local.endpoint_name}-${each.key}"
  alarm_description = each.value.description
  namespace         = "AWS/SageMaker"
  metric_name       = each.value.metric
  dimensions = {
    EndpointName = aws_sagemaker_endpoint.this.name
    VariantName  = local.variant_name
  }
  statistic           = each.value.statistic
  period              = 60
  evaluation_periods  = 5
  datapoints_to_alarm = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.threshold
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topic_arns
  ok_actions          = var.alarm_topic_arns
}
