# The alarms that AWS recommends (OpenSearch Service Developer Guide, "Recommended CloudWatch alarms"), as far as they ask for
# somebody to act.

locals {
  alarms = {
    red = {
      description = "The OpenSearch domain ${var.name} has lost a primary shard: documents are missing from answers, and its snapshots stop."
      metric      = "ClusterStatus.red"
      statistic   = "Maximum"
      comparison  = "GreaterThanOrEqualToThreshold"
      threshold   = 1
      minutes     = 1
      periods     = 1
    }
    yellow = {
      description = "The OpenSearch domain ${var.name} has had no place for a replica for five minutes: one node more, or fewer replicas."
      metric      = "ClusterStatus.yellow"
      statistic   = "Maximum"
      comparison  = "GreaterThanOrEqualToThreshold"
      threshold   = 1
      minutes     = 1
      periods     = 5
    }
    storage = {
      description = "A node of the OpenSearch domain ${var.name} has less than a quarter of its storage free: shorten the retention, or give it more."
      metric      = "FreeStorageSpace"
      statistic   = "Minimum"
      comparison  = "LessThanOrEqualToThreshold"
      # CloudWatch has it in megabytes.
      threshold = var.gigabytes_per_node * 1024 / 4
      minutes   = 1
      periods   = 1
    }
    memory = {
      description = "The heap of the OpenSearch domain ${var.name} is full to 95 %: larger nodes, or fewer shards."
      metric      = "JVMMemoryPressure"
      statistic   = "Maximum"
      comparison  = "GreaterThanOrEqualToThreshold"
      threshold   = 95
      minutes     = 1
      periods     = 3
    }
    cpu = {
      description = "The OpenSearch domain ${var.name} has used 80 % of its processors for 45 minutes."
      metric      = "CPUUtilization"
      statistic   = "Maximum"
      comparison  = "GreaterThanOrEqualToThreshold"
      threshold   = 80
      minutes     = 15
      periods     = 3
    }
    writes-blocked = {
      description = "The OpenSearch domain ${var.name} refuses writes, for want of storage or of memory."
      metric      = "ClusterIndexWritesBlocked"
      statistic   = "Maximum"
      comparison  = "GreaterThanOrEqualToThreshold"
      threshold   = 1
      minutes     = 5
      periods     = 1
    }
    key = {
      description = "The OpenSearch domain ${var.name} cannot use its KMS key: without it the domain stops, and 7 days later its data is gone."
      metric      = "KMSKeyInaccessible"
      statistic   = "Maximum"
      comparison  = "GreaterThanOrEqualToThreshold"
      threshold   = 1
      minutes     = 1
      periods     = 1
    }
    snapshot = {
      description = "The automated snapshot of the OpenSearch domain ${var.name} failed, mostly because the cluster is red."
      metric      = "AutomatedSnapshotFailure"
      statistic   = "Maximum"
      comparison  = "GreaterThanOrEqualToThreshold"
      threshold   = 1
      minutes     = 1
      periods     = 1
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-opensearch-${each.key}"
  alarm_description   = each.value.description
  namespace           = "AWS/ES"
  metric_name         = each.value.metric
  dimensions          = { DomainName = aws_opensearch_domain.this.domain_name, ClientId = local.account_id }
  statistic           = each.value.statistic
  period              = 60 * each.value.minutes
  evaluation_periods  = each.value.periods
  datapoints_to_alarm = each.value.periods
  comparison_operator = each.value.comparison
  threshold           = each.value.threshold
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topic_arns
  ok_actions          = var.alarm_topic_arns
}
