locals {
  alarms = merge(
    {
      cpu = {
        description = "The Neptune cluster ${var.name} is busy: its processors are used by more than ${var.cpu_alarm_percent} %."
        metric      = "CPUUtilization"
        statistic   = "Average"
        comparison  = "GreaterThanThreshold"
        threshold   = var.cpu_alarm_percent
      }
      memory = {
        description = "An instance of the Neptune cluster ${var.name} has less than ${var.memory_alarm_megabytes} MB of memory free: take a larger one."
        metric      = "FreeableMemory"
        statistic   = "Minimum"
        comparison  = "LessThanThreshold"
        threshold   = var.memory_alarm_megabytes * 1024 * 1024
      }
      queue = {
        description = "Queries wait for the Neptune cluster ${var.name}: more than ${var.pending_alarm_requests} are queued."
        metric      = "MainRequestQueuePendingRequests"
        statistic   = "Maximum"
        comparison  = "GreaterThanThreshold"
        threshold   = var.pending_alarm_requests
      }
    },
    {
      for name in local.serverless ? ["capacity"] : [] : name => {
        description = "The Neptune cluster ${var.name} has grown to nearly all of its capacity: raise the maximum."
        metric      = "NCUUtilization"
        statistic   = "Average"
        comparison  = "GreaterThanThreshold"
        threshold   = 90
      }
    },
  )
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-neptune-${each.key}"
  alarm_description   = each.value.description
  namespace           = "AWS/Neptune"
  metric_name         = each.value.metric
  dimensions          = { DBClusterIdentifier = aws_neptune_cluster.this.cluster_identifier }
  statistic           = each.value.statistic
  period              = 300
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  comparison_operator = each.value.comparison
  threshold           = each.value.threshold
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topic_arns
  ok_actions          = var.alarm_topic_arns
}
