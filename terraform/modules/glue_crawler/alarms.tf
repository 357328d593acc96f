resource "aws_cloudwatch_event_rule" "failure" {
  name        = "${var.name}-failed"
  description = "A crawl of ${var.name} failed."

  event_pattern = jsonencode({
    source      = ["aws.glue"]
    detail-type = ["Glue Crawler State Change"]
    detail = {
      crawlerName = [aws_glue_crawler.this.name]
      state       = ["Failed"]
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
      crawler = "$.detail.crawlerName"
      message = "$.detail.errorMessage"
    }
    # Unquoted, values are encoded as JSON. In quotes a message with a quote or a line break would break the text, and the
    # topic would hear nothing.
    input_template = "{\"crawler\": <crawler>, \"message\": <message>}"
  }
}
