locals {
  alarms = {
    freshness = {
      description        = "The oldest record that ${var.name} has not delivered to S3 is older than ${var.freshness_alarm_seconds} s."
      metric             = "DeliveryToS3.DataFreshness"
      statistic          = "Maximum"
      comparison         = "GreaterThanThreshold"
      threshold          = var.freshness_alarm_seconds
      evaluation_periods = 3
    }
    delivery-failed = {
      description        = "${var.name} fails to write to S3; its log group ${aws_cloudwatch_log_group.this.name} says why."
      metric             = "DeliveryToS3.Success"
      statistic          = "Average"
      comparison         = "LessThanThreshold"
      threshold          = 1
      evaluation_periods = 3
    }
    source-throttled = {
      description        = "${var.name} is throttled when it reads its stream."
      metric             = "ThrottledGetRecords"
      statistic          = "Sum"
      comparison         = "GreaterThanThreshold"
      threshold          = 0
      evaluation_periods = 5
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = "AWS/Firehose"
  metric_name         = each.value.metric
  dimensions          = { DeliveryStreamName = aws_kinesis_firehose_delivery_stream.this.name }
  statistic           = each.value.statistic
  period              = 300
  evaluation_periods  = each.value.evaluation_periods
  datapoints_to_alarm = each.value.evaluation_periods
  comparison_operator = each.value.comparison
  threshold           = each.value.threshold
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topic_arns
  ok_actions          = var.alarm_topic_arns
}
