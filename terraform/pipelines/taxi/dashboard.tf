# One page that shows the live trips, and follows TLC's files into the tables.

locals {
  alarm_arns = concat(
    module.stream.alarm_arns,
    module.score.alarm_arns,
    module.live_trips.alarm_arns,
    module.predictions.alarm_arns,
    module.job.alarm_arns,
    [aws_cloudwatch_metric_alarm.waiting.arn, aws_cloudwatch_metric_alarm.parked.arn],
    module.training.alarm_arns,
    module.training_sets_function.alarm_arns,
    module.register_function.alarm_arns,
    module.deploy_function.alarm_arns,
    module.drift_function.alarm_arns,
    module.retrain_function.alarm_arns,
    [aws_cloudwatch_metric_alarm.drift.arn],
    values(aws_cloudwatch_metric_alarm.canary)[*].arn,
    [aws_cloudwatch_metric_alarm.quarantine_rate.arn, aws_cloudwatch_metric_alarm.stray_objects.arn],
    aws_cloudwatch_metric_alarm.job_stalled[*].arn,
  )

  charts = [
    {
      title   = "Stream: trips in"
      stat    = "Sum"
      metrics = [["AWS/Kinesis", "IncomingRecords", "StreamName", module.stream.name], ["AWS/Kinesis", "IncomingBytes", "StreamName", module.stream.name, { yAxis = "right" }]]
    },
    {
      title   = "Stream: throttled"
      stat    = "Sum"
      metrics = [for metric in ["WriteProvisionedThroughputExceeded", "ReadProvisionedThroughputExceeded"] : ["AWS/Kinesis", metric, "StreamName", module.stream.name]]
    },
    {
      title   = "Live trips: what became of them"
      stat    = "Sum"
      metrics = [for metric in ["Scored", "Outliers", "Parked", "Waiting"] : [local.metric_namespace, metric, "Stage", var.stage]]
    },
    {
      title   = "Live trips: how long they waited"
      stat    = "Maximum"
      metrics = [["AWS/Lambda", "IteratorAge", "FunctionName", module.score.name]]
    },
    {
      title   = "Model: rate of outliers, median residual in dollars"
      stat    = "Average"
      metrics = [[local.metric_namespace, "OutlierRate", "Stage", var.stage], [local.metric_namespace, "MedianResidual", "Stage", var.stage, { yAxis = "right" }]]
    },
    {
      title   = "Model: calls, failed calls"
      stat    = "Sum"
      metrics = [for metric in ["EndpointCalls", "EndpointCallsFailed"] : [local.metric_namespace, metric, "Stage", var.stage]]
    },
    {
      title   = "Predictions: put, delivered"
      stat    = "Sum"
      metrics = [for metric in concat(["IncomingRecords", "DeliveryToS3.Records"], length(local.search_domain_arns) == 0 ? [] : ["DeliveryToAmazonOpenSearchService.Records"]) : ["AWS/Firehose", metric, "DeliveryStreamName", module.predictions.name]]
    },
    {
      title   = "Predictions: age of the oldest that is not delivered"
      stat    = "Maximum"
      metrics = [["AWS/Firehose", "DeliveryToS3.DataFreshness", "DeliveryStreamName", module.predictions.name]]
    },
    {
      title   = "Job: rows read, and what became of them"
      stat    = "Sum"
      metrics = [for metric in ["RowsRead", "RowsInSilver", "RowsQuarantined"] : [local.metric_namespace, metric, "Stage", var.stage]]
    },
    {
      title   = "Job: months made, failed; objects in no month"
      stat    = "Maximum"
      metrics = [for metric in ["MonthsMade", "MonthsFailed", "StrayObjects"] : [local.metric_namespace, metric, "Stage", var.stage]]
    },
    {
      title   = "Job: failed runs"
      stat    = "Sum"
      metrics = [["AWS/Events", "MatchedEvents", "RuleName", "${module.job.name}-failed"]]
    },
    {
      title   = "Model: drift and median residual of a day"
      stat    = "Maximum"
      metrics = [[local.metric_namespace, "LargestDrift", "Stage", var.stage], [local.metric_namespace, "DailyMedianResidual", "Stage", var.stage, { yAxis = "right" }]]
    },
    {
      title   = "Queries: bytes read"
      stat    = "Sum"
      metrics = [["AWS/Athena", "ProcessedBytes", "WorkGroup", module.workgroup.name]]
    },
  ]

  widgets = concat(
    [{ type = "alarm", x = 0, y = 0, width = 24, height = 3, properties = { title = "Alarms", alarms = local.alarm_arns } }],
    [
      for index, chart in local.charts : {
        type   = "metric"
        x      = index % 2 * 12
        y      = 3 + floor(index / 2) * 6
        width  = 12
        height = 6
        properties = {
          title   = chart.title
          region  = local.region
          stat    = chart.stat
          period  = 3600
          metrics = chart.metrics
        }
      }
    ],
  )
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = local.name

  # The two kinds of widget have different properties, which a Terraform list cannot hold: each is encoded alone.
  dashboard_body = "{\"widgets\":[${join(",", [for widget in local.widgets : jsonencode(widget)])}]}"
}
