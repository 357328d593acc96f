# Errors of Timestream and of its callers are counted for the account and operation, not for a database (Timestream Developer
# Guide, "Timestream for LiveAnalytics metrics and dimensions"): the functions that call it count their own.

locals {
  alarms = merge(
    {
      for table in keys(var.tables) : "${table}-write-latency" => {
        description = "Writes to ${var.name}.${table} are slow: they take longer than ${var.latency_alarm_milliseconds} ms on average."
        metric      = "SuccessfulRequestLatency"
        dimensions  = { Operation = "WriteRecords", DatabaseName = var.name, TableName = table }
        statistic   = "Average"
        threshold   = var.latency_alarm_milliseconds
      }
    },
    {
      for name, table in var.tables : "${name}-rejected" => {
        description = "Late records of ${var.name}.${name} are refused: s3://${var.rejected_bucket}/${var.rejected_prefix}${name} says why."
        metric      = "MagneticStoreRejectedRecordCount"
        dimensions  = { DatabaseName = var.name, TableName = name }
        statistic   = "Sum"
        threshold   = 0
      } if table.late_records
    },
    {
      for name, table in var.tables : "${name}-unreported" => {
        description = "Late records of ${var.name}.${name} are refused and the bucket does not take the reports: see its policy and key."
        metric      = "MagneticStoreRejectedUploadUserFailures"
        dimensions  = { DatabaseName = var.name, TableName = name }
        statistic   = "Sum"
        threshold   = 0
      } if table.late_records
    },
  )
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = "AWS/Timestream"
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
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
