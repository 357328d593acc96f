# Counting goes on when nobody can be told: the function has no error then, and every chart stands still.

resource "aws_cloudwatch_metric_alarm" "updates" {
  alarm_name          = "${local.publish_service}-undelivered-updates"
  alarm_description   = "Votes are counted, and for minutes no browser has got an update: PublishFailures (the tables or the API refuse as a whole, or ${local.service} cannot call ${local.publish_service}) or UpdatesFailed (each browser's connection does). Pages ask GET /totals meanwhile."
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  evaluation_periods  = 3
  datapoints_to_alarm = 3
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_topic_arns
  ok_actions          = local.alarm_topic_arns

  metric_query {
    id          = "undelivered"
    label       = "updates that nobody got"
    expression  = "IF(FILL(delivered, 0) > 0, 0, FILL(failed, 0) + FILL(broken, 0) + FILL(unasked, 0))"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = {
      delivered = { metric = "UpdatesDelivered", service = local.publish_service }
      failed    = { metric = "UpdatesFailed", service = local.publish_service }
      broken    = { metric = "PublishFailures", service = local.publish_service }
      unasked   = { metric = "PublishFailures", service = local.service }
    }

    content {
      id = metric_query.key

      metric {
        namespace   = local.metric_namespace
        metric_name = metric_query.value.metric
        dimensions  = { service = metric_query.value.service }
        stat        = "Sum"
        period      = 60
      }
    }
  }
}
