# The namespace is that of AmazonTimestreamInfluxDBServiceRolePolicy, by which the service puts its metrics.

locals {
  alarms = {
    cpu = {
      description = "The InfluxDB ${var.name} is busy: its processors are used by more than ${var.cpu_alarm_percent} %."
      metric      = "CPUUtilization"
      threshold   = var.cpu_alarm_percent
    }
    memory = {
      description = "The InfluxDB ${var.name} uses more than ${var.memory_alarm_percent} % of its memory: take a larger instance."
      metric      = "MemoryUtilization"
      threshold   = var.memory_alarm_percent
    }
    disk = {
      description = "The disk of the InfluxDB ${var.name} is more than ${var.disk_alarm_percent} % full."
      metric      = "DiskUtilization"
      threshold   = var.disk_alarm_percent
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-influxdb-${each.key}"
  alarm_description   = each.value.description
  namespace           = "AWS/Timestream/InfluxDB"
  metric_name         = each.value.metric
  dimensions          = { DbInstanceName = aws_timestreaminfluxdb_db_instance.this.name }
  statistic           = "Average"
  period              = 300
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.threshold
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topic_arns
  ok_actions          = var.alarm_topic_arns
}
