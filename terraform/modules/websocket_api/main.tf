# A WebSocket API whose every event one function answers: connections, disconnections and messages.

locals {
  routes = toset(["$connect", "$disconnect", "$default"])
}

resource "aws_apigatewayv2_api" "this" {
  name                       = var.name
  description                = var.description
  protocol_type              = "WEBSOCKET"
  route_selection_expression = "$request.body.action"
}

resource "aws_apigatewayv2_integration" "this" {
  api_id                    = aws_apigatewayv2_api.this.id
  integration_type          = "AWS_PROXY"
  integration_method        = "POST"
  integration_uri           = var.function_invoke_arn
  content_handling_strategy = "CONVERT_TO_TEXT"
  passthrough_behavior      = "WHEN_NO_MATCH"
}

resource "aws_apigatewayv2_route" "this" {
  #checkov:skip=CKV_AWS_309:The API is for the public: nobody signs in. It tells totals, and takes nothing but two words.
  for_each = local.routes

  api_id             = aws_apigatewayv2_api.this.id
  route_key          = each.value
  authorization_type = "NONE"
  target             = "integrations/${aws_apigatewayv2_integration.this.id}"
}

resource "aws_apigatewayv2_stage" "this" {
  #checkov:skip=CKV2_AWS_51:Browsers of the public have no client certificates.
  api_id      = aws_apigatewayv2_api.this.id
  name        = var.stage_name
  description = var.description

  # Not auto_deploy, which is for HTTP APIs.
  deployment_id = aws_apigatewayv2_deployment.this.id

  default_route_settings {
    # By route, and billed as custom metrics; those of the stage, which alarms use, are there anyway.
    detailed_metrics_enabled = false
    logging_level            = "ERROR"
    data_trace_enabled       = false
    throttling_rate_limit    = var.events_per_second
    throttling_burst_limit   = var.burst_events
  }

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn

    # No address and no agent of a person.
    format = jsonencode({
      requestId    = "$context.requestId"
      requestTime  = "$context.requestTime"
      connectionId = "$context.connectionId"
      eventType    = "$context.eventType"
      status       = "$context.status"
      error        = "$context.error.message"
    })
  }

  # The stage writes to the group as soon as it is there.
  depends_on = [aws_cloudwatch_log_group.execution]
}

resource "aws_apigatewayv2_deployment" "this" {
  api_id = aws_apigatewayv2_api.this.id

  # A deployment is a snapshot: what it shows must make a new one when it changes.
  triggers = {
    routes = sha1(jsonencode([
      aws_apigatewayv2_api.this.route_selection_expression,
      var.function_invoke_arn,
      values(aws_apigatewayv2_route.this)[*].route_key,
      values(aws_apigatewayv2_route.this)[*].target,
    ]))
  }

  lifecycle {
    create_before_destroy = true
  }

  # One without routes would refuse every connection until the next one.
  depends_on = [aws_apigatewayv2_route.this]
}

resource "aws_cloudwatch_log_group" "access" {
  #checkov:skip=CKV_AWS_338:Logs are kept for a year unless a root says otherwise, as the local stage does.
  name              = "/aws/apigateway/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

# API Gateway makes this group by itself where there is none: without a key, kept for ever and left behind.
resource "aws_cloudwatch_log_group" "execution" {
  #checkov:skip=CKV_AWS_338:Logs are kept for a year unless a root says otherwise, as the local stage does.
  name              = "/aws/apigateway/${aws_apigatewayv2_api.this.id}/${var.stage_name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_lambda_permission" "this" {
  statement_id  = "AllowWebSocketApi"
  action        = "lambda:InvokeFunction"
  function_name = var.function_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.this.execution_arn}/*"
}

resource "aws_cloudwatch_metric_alarm" "errors" {
  alarm_name          = "${var.name}-errors"
  alarm_description   = "${var.name} fails for its clients: the function's log and ${aws_cloudwatch_log_group.access.name} say why."
  namespace           = "AWS/ApiGateway"
  metric_name         = "IntegrationError"
  dimensions          = { ApiId = aws_apigatewayv2_api.this.id, Stage = aws_apigatewayv2_stage.this.name }
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 5
  datapoints_to_alarm = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topic_arns
  ok_actions          = var.alarm_topic_arns
}
