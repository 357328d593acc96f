mock_provider "aws" {
  mock_resource "aws_apigatewayv2_api" {
    defaults = {
      api_endpoint  = "wss://api1.execute-api.ap-northeast-1.amazonaws.com"
      execution_arn = "arn:aws:execute-api:ap-northeast-1:123456789012:api1"
    }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:ap-northeast-1:123456789012:log-group:/aws/apigateway/votes" }
  }
}

variables {
  name                = "votes"
  description         = "Tells totals."
  function_name       = "votes-socket"
  function_invoke_arn = "arn:aws:apigateway:ap-northeast-1:lambda:path/2015-03-31/functions/arn:aws:lambda:ap-northeast-1:123456789012:function:votes-socket/invocations"
  kms_key_arn         = "arn:aws:kms:ap-northeast-1:123456789012:key/1"
}

run "the_function_hears_of_connections_and_messages" {
  assert {
    condition     = toset(values(aws_apigatewayv2_route.this)[*].route_key) == toset(["$connect", "$disconnect", "$default"])
    error_message = "Each kind of event must have its route."
  }

  assert {
    condition     = aws_apigatewayv2_integration.this.integration_uri == var.function_invoke_arn && startswith(aws_lambda_permission.this.source_arn, "arn:aws:execute-api:ap-northeast-1:123456789012:api1/")
    error_message = "The function must answer, for this API alone."
  }
}

run "what_is_deployed_is_what_is_described" {
  assert {
    condition     = aws_apigatewayv2_stage.this.deployment_id == aws_apigatewayv2_deployment.this.id && length(aws_apigatewayv2_deployment.this.triggers) == 1
    error_message = "A changed route must make a deployment, and the stage must show it."
  }
}

run "is_limited_and_logged_without_addresses" {
  assert {
    condition     = aws_apigatewayv2_stage.this.default_route_settings[0].throttling_rate_limit == 500 && aws_apigatewayv2_stage.this.default_route_settings[0].throttling_burst_limit == 1000
    error_message = "The stage must be limited."
  }

  assert {
    condition     = !aws_apigatewayv2_stage.this.default_route_settings[0].detailed_metrics_enabled && !contains(keys(aws_cloudwatch_metric_alarm.errors.dimensions), "Route")
    error_message = "Metrics of each route are paid for, and no alarm uses them."
  }

  assert {
    condition     = !aws_apigatewayv2_stage.this.default_route_settings[0].data_trace_enabled && !strcontains(aws_apigatewayv2_stage.this.access_log_settings[0].format, "sourceIp")
    error_message = "Logs must not tell who looks on."
  }

  assert {
    condition     = aws_cloudwatch_log_group.access.kms_key_id == var.kms_key_arn && aws_cloudwatch_log_group.execution.kms_key_id == var.kms_key_arn && aws_cloudwatch_log_group.execution.retention_in_days == 365
    error_message = "All logs must be encrypted, and end one day, also those that API Gateway would make a group for by itself."
  }
}

run "its_addresses_are_known_before_its_stage" {
  assert {
    condition     = output.url == "wss://api1.execute-api.ap-northeast-1.amazonaws.com/live"
    error_message = "Browsers connect to the stage."
  }

  assert {
    condition     = output.connections_arn == "arn:aws:execute-api:ap-northeast-1:123456789012:api1/live/POST/@connections/*"
    error_message = "A policy must be able to name the stage's connections."
  }
}

run "refuses_bad_values" {
  command = plan

  variables {
    name                = "no spaces"
    stage_name          = "no-dash"
    function_invoke_arn = "arn:aws:lambda:ap-northeast-1:123456789012:function:votes-socket"
    events_per_second   = 0
    burst_events        = 1.5
    kms_key_arn         = "alias/votes"
    log_retention_days  = 2
  }

  expect_failures = [
    var.name,
    var.stage_name,
    var.function_invoke_arn,
    var.events_per_second,
    var.burst_events,
    var.kms_key_arn,
    var.log_retention_days,
  ]
}
