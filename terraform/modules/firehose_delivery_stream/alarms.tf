locals {
  reads = !var.direct_put

  # arn:aws:kinesis:<region>:<account>:stream/<name>
  stream_name = reverse(split("/", var.source_stream_arn))[0]

  alarms = merge(
    local.alarms_of_all,
    local.reads ? local.alarms_of_readers : local.alarms_of_puts,
    length(var.search) == 0 ? {} : local.alarms_of_search,
  )

  alarms_of_all = {
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
  }

  alarms_of_readers = {
    source-throttled = {
      description        = "${var.name} is throttled when it reads its stream."
      metric             = "ThrottledGetRecords"
      statistic          = "Sum"
      comparison         = "GreaterThanThreshold"
      threshold          = 0
      evaluation_periods = 5
    }
  }

  alarms_of_puts = {
    put-throttled = {
      description        = "Records are refused that are put on ${var.name}: more than its quota of requests, records or bytes a second."
      metric             = "ThrottledRecords"
      statistic          = "Sum"
      comparison         = "GreaterThanThreshold"
      threshold          = 0
      evaluation_periods = 5
    }
  }

  alarms_of_search = {
    search-failed = {
      description        = "${var.name} fails to index documents; its log group ${aws_cloudwatch_log_group.this.name} says why. Those that the domain never takes lie in S3, below ${var.prefix}AmazonOpenSearchService-failed/; S3 has all documents in any case."
      metric             = "DeliveryToAmazonOpenSearchService.Success"
      statistic          = "Average"
      comparison         = "LessThanThreshold"
      threshold          = 1
      evaluation_periods = 3
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

# Every other alarm stands on what a working reader counts. One that stopped counts nothing, and they stay OK. A delivery that
# fails is counted, as DeliveryToS3.Success.
resource "aws_cloudwatch_metric_alarm" "not_reading" {
  count = local.reads ? 1 : 0

  alarm_name          = "${var.name}-not-reading"
  alarm_description   = "Records come into the stream of ${var.name}, and for 15 minutes Firehose has read none: its role or the stream's key fails. What is not read when the stream's retention ends is lost."
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
      namespace   = "AWS/Firehose"
      metric_name = "DataReadFromKinesisStream.Records"
      dimensions  = { DeliveryStreamName = aws_kinesis_firehose_delivery_stream.this.name }
      stat        = "Sum"
      period      = 300
    }
  }
}
