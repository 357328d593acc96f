locals {
  alarms = {
    errors = {
      description = "${var.name} answers with errors of its own: the function's log and ${aws_cloudwatch_log_group.access.name} say why."
      metric      = "5XXError"
      statistic   = "Sum"
      threshold   = 0
    }
    latency = {
      description = "${var.name} answers slowly: one request in a hundred takes longer than ${var.latency_alarm_milliseconds} ms."
      metric      = "Latency"
      statistic   = "p99"
      threshold   = var.latency_alarm_milliseconds
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = "AWS/ApiGateway"
  metric_name         = each.value.metric
  dimensions          = { ApiName = aws_api_gateway_rest_api.this.name, Stage = aws_api_gateway_stage.this.stage_name }
  statistic           = startswith(each.value.statistic, "p") ? null : each.value.statistic
  extended_statistic  = startswith(each.value.statistic, "p") ? each.value.statistic : null
  period              = 60
  evaluation_periods  = 5
  datapoints_to_alarm = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.threshold
  treat_missing_data  = "notBreaching"
  # With a few requests a minute the slowest of a hundred is the slowest of all: one cold start is no alarm.
  evaluate_low_sample_count_percentiles = startswith(each.value.statistic, "p") ? "ignore" : null
  alarm_actions                         = var.alarm_topic_arns
  ok_actions                            = var.alarm_topic_arns
}
