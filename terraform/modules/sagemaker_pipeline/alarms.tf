# SageMaker reports the end of every execution to EventBridge: one that failed is sent on to the alarm topics.

resource "aws_cloudwatch_event_rule" "failure" {
  name        = "${var.name}-failed"
  description = "An execution of the pipeline ${var.name} failed, or refused its model."

  event_pattern = jsonencode({
    source      = ["aws.sagemaker"]
    detail-type = ["SageMaker Model Building Pipeline Execution Status Change"]
    detail = {
      pipelineArn                    = [aws_sagemaker_pipeline.this.arn]
      currentPipelineExecutionStatus = ["Failed"]
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
      execution = "$.detail.pipelineExecutionArn"
      status    = "$.detail.currentPipelineExecutionStatus"
    }
    # Unquoted, values are encoded as JSON.
    input_template = "{\"execution\": <execution>, \"status\": <status>}"
  }
}

# The metric that EventBridge keeps of the rule gives the failure a state, which a dashboard can show.
resource "aws_cloudwatch_metric_alarm" "failure" {
  alarm_name          = "${var.name}-failed"
  alarm_description   = "An execution of the pipeline ${var.name} failed in the last hour, or refused its model: its steps say why."
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
