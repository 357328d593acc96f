# One page that follows a vote from the browser to every other one.

locals {
  alarm_arns = concat(
    module.stream.alarm_arns,
    module.delivery_stream.alarm_arns,
    module.cast.alarm_arns,
    module.aggregate.alarm_arns,
    module.publish.alarm_arns,
    module.greet.alarm_arns,
    module.votes.alarm_arns,
    module.api.alarm_arns,
    module.socket.alarm_arns,
    [aws_cloudwatch_metric_alarm.updates.arn],
  )

  service         = "${local.name}-aggregate"
  publish_service = "${local.name}-publish"

  charts = [
    {
      title   = "API: requests, and those that were refused or failed"
      stat    = "Sum"
      metrics = [for metric in ["Count", "4XXError", "5XXError"] : ["AWS/ApiGateway", metric, "ApiName", module.api.name, "Stage", module.api.stage_name]]
    },
    {
      title   = "API: latency of one request in a hundred, ms"
      stat    = "p99"
      metrics = [["AWS/ApiGateway", "Latency", "ApiName", module.api.name, "Stage", module.api.stage_name]]
    },
    {
      title   = "Votes: counted, and copies dropped"
      stat    = "Sum"
      metrics = [for metric in ["VotesCounted", "DuplicatesDropped", "VotesRejected"] : [local.metric_namespace, metric, "service", local.service]]
    },
    {
      title   = "Votes: age of the last one counted, ms"
      stat    = "Maximum"
      metrics = [["AWS/Lambda", "IteratorAge", "FunctionName", module.aggregate.name]]
    },
    {
      title   = "Browsers: updates delivered, failed, and connections gone"
      stat    = "Sum"
      metrics = [for metric in ["UpdatesDelivered", "UpdatesFailed", "ConnectionsGone", "PublishFailures"] : [local.metric_namespace, metric, "service", local.publish_service]]
    },
    {
      title   = "Functions: errors"
      stat    = "Sum"
      metrics = [for name in [module.cast.name, module.aggregate.name, module.publish.name, module.greet.name] : ["AWS/Lambda", "Errors", "FunctionName", name]]
    },
  ]
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = local.name

  dashboard_body = jsonencode({
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
            period  = 60
            metrics = chart.metrics
          }
        }
      ],
    )
  })
}
