locals {
  alarms = {
    iterator-age = {
      description = "A consumer of ${var.name} has fallen behind: its oldest unread record is older than ${var.iterator_age_alarm_seconds} s."
      metric      = "GetRecords.IteratorAgeMilliseconds"
      statistic   = "Maximum"
      threshold   = var.iterator_age_alarm_seconds * 1000
    }
    write-throttled = {
      description = "Producers of ${var.name} are throttled: add shards, or pack more readings into a record."
      metric      = "WriteProvisionedThroughputExceeded"
      statistic   = "Sum"
      threshold   = 0
    }
    read-throttled = {
      description = "Consumers of ${var.name} are throttled: more than five GetRecords calls or 2 MB per second on a shard."
      metric      = "ReadProvisionedThroughputExceeded"
      statistic   = "Sum"
      threshold   = 0
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = "AWS/Kinesis"
  metric_name         = each.value.metric
  dimensions          = { StreamName = aws_kinesis_stream.this.name }
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
