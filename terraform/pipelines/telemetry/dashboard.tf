# One page that follows a reading from the stream to the table.

locals {
  charts = [
    {
      title   = "Stream: readings in"
      stat    = "Sum"
      metrics = [["AWS/Kinesis", "IncomingRecords", "StreamName", module.stream.name], ["AWS/Kinesis", "IncomingBytes", "StreamName", module.stream.name, { yAxis = "right" }]]
    },
    {
      title   = "Stream: age of the oldest unread record, ms"
      stat    = "Maximum"
      metrics = [["AWS/Kinesis", "GetRecords.IteratorAgeMilliseconds", "StreamName", module.stream.name]]
    },
    {
      title   = "Stream: throttled"
      stat    = "Sum"
      metrics = [["AWS/Kinesis", "WriteProvisionedThroughputExceeded", "StreamName", module.stream.name], ["AWS/Kinesis", "ReadProvisionedThroughputExceeded", "StreamName", module.stream.name]]
    },
    {
      title   = "Delivery: age of the oldest undelivered record, s"
      stat    = "Maximum"
      metrics = [["AWS/Firehose", "DeliveryToS3.DataFreshness", "DeliveryStreamName", module.delivery_stream.name]]
    },
    {
      title   = "Delivery: records and bytes written to S3"
      stat    = "Sum"
      metrics = [["AWS/Firehose", "DeliveryToS3.Records", "DeliveryStreamName", module.delivery_stream.name], ["AWS/Firehose", "DeliveryToS3.Bytes", "DeliveryStreamName", module.delivery_stream.name, { yAxis = "right" }]]
    },
    {
      title   = "Job: lines read, and what became of them"
      stat    = "Sum"
      metrics = [for metric in ["RecordsRead", "RecordsCurated", "RecordsQuarantined", "DuplicatesDropped"] : [local.metric_namespace, metric, "Stage", var.stage]]
    },
    {
      title   = "Job: failed runs"
      stat    = "Sum"
      metrics = [["AWS/Events", "MatchedEvents", "RuleName", "${module.job.name}-failed"]]
    },
    {
      title   = "Queries: bytes read"
      stat    = "Sum"
      metrics = [["AWS/Athena", "ProcessedBytes", "WorkGroup", module.workgroup.name]]
    },
  ]

  alarm_arns = concat(
    module.stream.alarm_arns,
    module.delivery_stream.alarm_arns,
    module.job.alarm_arns,
    [aws_cloudwatch_metric_alarm.quarantine_rate.arn, aws_cloudwatch_metric_alarm.corrupt_objects.arn],
    aws_cloudwatch_metric_alarm.job_stalled[*].arn,
    [aws_cloudwatch_metric_alarm.crashed_objects.arn],
  )

  widgets = concat(
    [
      {
        type       = "alarm"
        x          = 0
        y          = 0
        width      = 24
        height     = 3
        properties = { title = "Alarms", alarms = local.alarm_arns }
      },
    ],
    [
      for index, chart in local.charts : {
        type   = "metric"
        x      = (index % 3) * 8
        y      = 3 + floor(index / 3) * 6
        width  = 8
        height = 6
        properties = {
          title   = chart.title
          region  = local.region
          view    = "timeSeries"
          stat    = chart.stat
          period  = 300
          metrics = chart.metrics
        }
      }
    ],
  )
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = "${local.name}-telemetry"

  # The two kinds of widget have different properties, which a Terraform list cannot hold: each is encoded alone.
  dashboard_body = "{\"widgets\":[${join(",", [for widget in local.widgets : jsonencode(widget)])}]}"
}
