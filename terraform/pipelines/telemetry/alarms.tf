# Alarms that belong to the pipeline as a whole: they watch what the job itself counts.

resource "aws_cloudwatch_metric_alarm" "quarantine_rate" {
  alarm_name          = "${local.name}-telemetry-quarantine-rate"
  alarm_description   = "More than ${var.settings.quarantine_alarm_percent} % of the lines read in an hour were quarantined; the saved query quarantine_by_reason says why."
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.settings.quarantine_alarm_percent
  evaluation_periods  = 1
  datapoints_to_alarm = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [module.alarm_topic.arn]
  ok_actions          = [module.alarm_topic.arn]

  metric_query {
    id          = "rate"
    expression  = "IF(read > 0, 100 * quarantined / read, 0)"
    label       = "Quarantined lines, percent"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = { read = "RecordsRead", quarantined = "RecordsQuarantined" }

    content {
      id = metric_query.key

      metric {
        namespace   = local.metric_namespace
        metric_name = metric_query.value
        dimensions  = { Stage = var.stage }
        stat        = "Sum"
        period      = 3600
      }
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "corrupt_objects" {
  alarm_name          = "${local.name}-telemetry-corrupt-objects"
  alarm_description   = "${module.job.name} could not read a raw object to its end, so lines may be lost; the audit names it, and is silent again after: datastreamer telemetry acknowledge."
  namespace           = local.metric_namespace
  metric_name         = "CorruptObjects"
  dimensions          = { Stage = var.stage }
  statistic           = "Sum"
  period              = 3600
  evaluation_periods  = 1
  datapoints_to_alarm = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [module.alarm_topic.arn]
  ok_actions          = [module.alarm_topic.arn]
}

resource "aws_cloudwatch_metric_alarm" "job_stalled" {
  count = var.settings.job_schedule_enabled ? 1 : 0

  alarm_name          = "${local.name}-telemetry-job-stalled"
  alarm_description   = "No run of ${module.job.name} has finished for ${var.settings.job_stalled_hours} h, though one starts on ${var.settings.job_schedule}."
  namespace           = local.metric_namespace
  metric_name         = "RecordsRead"
  dimensions          = { Stage = var.stage }
  statistic           = "SampleCount"
  period              = 3600
  evaluation_periods  = var.settings.job_stalled_hours
  datapoints_to_alarm = var.settings.job_stalled_hours
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  treat_missing_data  = "breaching"
  alarm_actions       = [module.alarm_topic.arn]
  ok_actions          = [module.alarm_topic.arn]
}

resource "aws_cloudwatch_metric_alarm" "crashed_objects" {
  alarm_name          = "${local.name}-telemetry-crashed-objects"
  alarm_description   = "A raw object killed the workers of ${module.job.name} that read it. Its lines are in quarantine as crashed_the_reader; docs/pipelines/telemetry.md says how they come back."
  namespace           = local.metric_namespace
  metric_name         = "CrashedObjects"
  dimensions          = { Stage = var.stage }
  statistic           = "Sum"
  period              = 3600
  evaluation_periods  = 1
  datapoints_to_alarm = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [module.alarm_topic.arn]
  ok_actions          = [module.alarm_topic.arn]
}
