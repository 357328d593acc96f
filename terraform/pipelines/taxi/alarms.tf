# Alarms that belong to the pipeline as a whole: they watch what the job itself counts. A month that could not be made fails
# the run, which the job's own alarm sees.

resource "aws_cloudwatch_metric_alarm" "quarantine_rate" {
  alarm_name          = "${local.name}-quarantine-rate"
  alarm_description   = "More than ${var.settings.quarantine_alarm_percent} % of the rows that ${module.job.name} read in a day were quarantined; the saved query quarantine_by_reason says why."
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.settings.quarantine_alarm_percent
  evaluation_periods  = 1
  datapoints_to_alarm = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_topic_arns
  ok_actions          = local.alarm_topic_arns

  metric_query {
    id          = "rate"
    expression  = "IF(read > 0, 100 * quarantined / read, 0)"
    label       = "Quarantined rows, percent"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = { read = "RowsRead", quarantined = "RowsQuarantined" }

    content {
      id = metric_query.key

      metric {
        namespace   = local.metric_namespace
        metric_name = metric_query.value
        dimensions  = { Stage = var.stage }
        stat        = "Sum"
        period      = 86400
      }
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "stray_objects" {
  alarm_name          = "${local.name}-stray-objects"
  alarm_description   = "Objects in the raw bucket lie in no month's folder, so ${module.job.name} does not read them; its log and datastreamer taxi audit name them."
  namespace           = local.metric_namespace
  metric_name         = "StrayObjects"
  dimensions          = { Stage = var.stage }
  statistic           = "Maximum"
  period              = 86400
  evaluation_periods  = 1
  datapoints_to_alarm = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_topic_arns
  ok_actions          = local.alarm_topic_arns
}

resource "aws_cloudwatch_metric_alarm" "job_stalled" {
  count = var.settings.job_schedule_enabled ? 1 : 0

  alarm_name          = "${local.name}-job-stalled"
  alarm_description   = "No run of ${module.job.name} has finished for ${var.settings.job_stalled_days} days, though one starts on ${var.settings.job_schedule}."
  namespace           = local.metric_namespace
  metric_name         = "RowsRead"
  dimensions          = { Stage = var.stage }
  statistic           = "SampleCount"
  period              = 86400
  evaluation_periods  = var.settings.job_stalled_days
  datapoints_to_alarm = var.settings.job_stalled_days
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  treat_missing_data  = "breaching"
  alarm_actions       = local.alarm_topic_arns
  ok_actions          = local.alarm_topic_arns
}
