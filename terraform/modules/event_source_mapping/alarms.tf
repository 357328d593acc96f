locals {
  mapping  = { EventSourceMappingUUID = aws_lambda_event_source_mapping.this.uuid }
  function = { FunctionName = var.function_name }

  # arn:aws:kinesis:<region>:<account>:stream/<name>
  stream_name = reverse(split("/", var.stream_arn))[0]

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

# Every other alarm stands on what a working reader counts. One that stopped counts nothing, and they stay OK.
resource "aws_cloudwatch_metric_alarm" "not_reading" {
  alarm_name          = "${var.name}-not-reading"
  alarm_description   = "Records come into the stream of ${var.function_name}, and for 15 minutes Lambda has read none: the mapping is off or has a problem (aws lambda get-event-source-mapping says which), its role or key fails, or one batch is tried again and again. What is not read when the stream's retention ends is lost."
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  # The last period may lack numbers that CloudWatch has yet to get: FILL takes them for none.
  evaluation_periods  = 4
  datapoints_to_alarm = 3
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topic_arns
  ok_actions          = var.alarm_topic_arns

  metric_query {
    id          = "unread"
    label       = "records came in, and none was read"
    expression  = "IF(FILL(put, 0) > 0 AND FILL(taken, 0) == 0, 1, 0)"
    return_data = true
  }

  metric_query {
    id = "put"

    metric {
      namespace   = "AWS/Kinesis"
      metric_name = "IncomingRecords"
      dimensions  = { StreamName = local.stream_name }
      stat        = "Sum"
      period      = 300
    }
  }

  metric_query {
    id = "taken"

    metric {
      namespace   = "AWS/Lambda"
      metric_name = "PolledEventCount"
      dimensions  = local.mapping
      stat        = "Sum"
      period      = 300
    }
  }
}
