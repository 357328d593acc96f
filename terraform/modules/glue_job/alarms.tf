# Glue reports the end of every run to EventBridge: a run that did not succeed is sent on to the alarm topics.

resource "aws_cloudwatch_event_rule" "failure" {
  name        = "${var.name}-failed"
  description = "A run of the Glue job ${var.name} failed or ran out of time."

  event_pattern = jsonencode({
    source      = ["aws.glue"]
    detail-type = ["Glue Job State Change"]
    detail = {
      jobName = [aws_glue_job.this.name]
      state   = ["FAILED", "TIMEOUT", "ERROR"]
    }
  })
}

resource "aws_cloudwatch_event_target" "failure" {
  for_each = { for index, arn in var.alarm_topic_arns : tostring(index) => arn }

  rule      = aws_cloudwatch_event_rule.failure.name
  target_id = "alarm-topic-${each.key}"
  arn       = each.value

  input_transformer {
    input_paths = {
      job     = "$.detail.jobName"
      run     = "$.detail.jobRunId"
      state   = "$.detail.state"
      message = "$.detail.message"
    }
    # Unquoted, values are encoded as JSON. In quotes a message with a quote or a line break would break the text, and the
    # topic would hear nothing.
    input_template = "{\"job\": <job>, \"run\": <run>, \"state\": <state>, \"message\": <message>}"
  }
}

# The metric that EventBridge keeps of the rule gives the failure a state, which a dashboard can show.
resource "aws_cloudwatch_metric_alarm" "failure" {
  alarm_name          = "${var.name}-failed"
  alarm_description   = "A run of the Glue job ${var.name} failed or ran out of time in the last hour. The event itself tells the topic why."
  namespace           = "AWS/Events"
  metric_name         = "MatchedEvents"
  dimensions          = { RuleName = aws_cloudwatch_event_rule.failure.name }
  statistic           = "Sum"
  period              = 3600
  evaluation_periods  = 1
  datapoints_to_alarm = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topic_arns
  ok_actions          = var.alarm_topic_arns
}
