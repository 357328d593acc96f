locals {
  mapping  = { EventSourceMappingUUID = aws_lambda_event_source_mapping.this.uuid }
  function = { FunctionName = var.function_name }

  alarms = {
    iterator-age = {
      description = "${var.function_name} has fallen behind its stream: it gets records that are older than ${var.iterator_age_alarm_seconds} s."
      metric      = "IteratorAge"
      dimensions  = local.function
      statistic   = "Maximum"
      threshold   = var.iterator_age_alarm_seconds * 1000
      datapoints  = 3
    }
    failed-batches = {
      description = "${var.function_name} never took some batches; they lie in the failure bucket, below aws/lambda/."
      metric      = "OnFailureDestinationDeliveredEventCount"
      dimensions  = local.mapping
      statistic   = "Sum"
      threshold   = 0
      datapoints  = 1
    }
    dropped-records = {
      description = "Records for ${var.function_name} are lost: it never took them, and they could not be put in the failure bucket."
      metric      = "DroppedEventCount"
      dimensions  = local.mapping
      statistic   = "Sum"
      threshold   = 0
      datapoints  = 1
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = "AWS/Lambda"
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  period              = 60
  evaluation_periods  = 5
  datapoints_to_alarm = each.value.datapoints
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.threshold
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topic_arns
  ok_actions          = var.alarm_topic_arns
}
