mock_provider "aws" {
  mock_resource "aws_api_gateway_rest_api" {
    defaults = { execution_arn = "arn:aws:execute-api:ap-northeast-1:123456789012:api1" }
  }

  mock_resource "aws_api_gateway_stage" {
    defaults = { arn = "arn:aws:apigateway:ap-northeast-1::/restapis/api1/stages/live" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:ap-northeast-1:123456789012:log-group:/aws/apigateway/votes" }
  }
}

variables {
  name                = "votes"
  description         = "Takes votes."
  routes              = ["POST /votes", "GET /totals"]
  function_name       = "votes-cast"
  function_invoke_arn = "arn:aws:apigateway:ap-northeast-1:lambda:path/2015-03-31/functions/arn:aws:lambda:ap-northeast-1:123456789012:function:votes-cast/invocations"
  allowed_origin      = "https://vote.example.com"
  kms_key_arn         = "arn:aws:kms:ap-northeast-1:123456789012:key/1"
}

run "answers_its_routes_and_the_question_that_browsers_ask_first" {
  assert {
    condition     = toset(keys(aws_api_gateway_method.this)) == toset(["POST /votes", "GET /totals", "OPTIONS /votes", "OPTIONS /totals"])
    error_message = "Each route, and OPTIONS on each path, must be a method."
  }

  assert {
    condition     = toset(values(aws_api_gateway_resource.this)[*].path_part) == toset(["votes", "totals"])
    error_message = "Each path must be one resource."
  }

  assert {
    condition     = alltrue([for integration in values(aws_api_gateway_integration.this) : integration.type == "AWS_PROXY" && integration.uri == var.function_invoke_arn && integration.integration_http_method == "POST"])
    error_message = "The function must answer every request whole."
  }
}

run "tells_a_page_of_the_site_when_to_come_again" {
  assert {
    condition     = toset(keys(aws_api_gateway_gateway_response.this)) == toset(["THROTTLED", "DEFAULT_4XX", "DEFAULT_5XX"]) && alltrue([for response in values(aws_api_gateway_gateway_response.this) : response.response_parameters["gatewayresponse.header.Access-Control-Allow-Origin"] == "'https://vote.example.com'"])
    error_message = "The site's pages must be able to read every error."
  }

  assert {
    condition     = aws_api_gateway_gateway_response.this["THROTTLED"].response_parameters["gatewayresponse.header.Retry-After"] == "'1'" && strcontains(aws_api_gateway_gateway_response.this["THROTTLED"].response_templates["application/json"], "\"code\":\"throttled\"")
    error_message = "Who is throttled must be told, and when to come again."
  }
}

run "lets_this_api_alone_call_the_function" {
  assert {
    condition     = aws_lambda_permission.this.principal == "apigateway.amazonaws.com" && startswith(aws_lambda_permission.this.source_arn, "arn:aws:execute-api:ap-northeast-1:123456789012:api1/")
    error_message = "No other API may call the function."
  }
}

run "is_limited_and_logged_without_addresses" {
  assert {
    condition     = aws_api_gateway_method_settings.this.settings[0].throttling_rate_limit == 1000 && aws_api_gateway_method_settings.this.settings[0].throttling_burst_limit == 2000
    error_message = "The stage must be limited."
  }

  assert {
    condition     = !aws_api_gateway_method_settings.this.settings[0].metrics_enabled && alltrue([for alarm in values(aws_cloudwatch_metric_alarm.this) : !contains(keys(alarm.dimensions), "Method")])
    error_message = "Metrics of each method are paid for, and no alarm uses them."
  }

  assert {
    condition     = !aws_api_gateway_method_settings.this.settings[0].data_trace_enabled && !strcontains(aws_api_gateway_stage.this.access_log_settings[0].format, "sourceIp") && !strcontains(aws_api_gateway_stage.this.access_log_settings[0].format, "userAgent")
    error_message = "Logs must not tell who voted, nor what."
  }

  assert {
    condition     = aws_cloudwatch_log_group.access.kms_key_id == var.kms_key_arn && aws_cloudwatch_log_group.access.retention_in_days == 365
    error_message = "Access logs must be encrypted, and end one day."
  }

  assert {
    condition     = startswith(aws_cloudwatch_log_group.execution.name, "API-Gateway-Execution-Logs_") && endswith(aws_cloudwatch_log_group.execution.name, "/live") && aws_cloudwatch_log_group.execution.kms_key_id == var.kms_key_arn && aws_cloudwatch_log_group.execution.retention_in_days == 365
    error_message = "So must the logs that API Gateway writes by itself."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["latency"].extended_statistic == "p99" && aws_cloudwatch_metric_alarm.this["errors"].statistic == "Sum"
    error_message = "Both alarms must be there, each by its own statistic."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["latency"].evaluate_low_sample_count_percentiles == "ignore"
    error_message = "A single cold start must not ring."
  }
}

run "stands_behind_a_web_acl_when_there_is_one" {
  variables {
    web_acl_arn = "arn:aws:wafv2:ap-northeast-1:123456789012:regional/webacl/votes/1"
  }

  assert {
    condition     = one(aws_wafv2_web_acl_association.this).web_acl_arn == var.web_acl_arn
    error_message = "The web ACL must be attached."
  }
}

run "refuses_bad_values" {
  command = plan

  variables {
    name                       = "no spaces"
    stage_name                 = "no-dash"
    routes                     = ["POST votes"]
    function_invoke_arn        = "arn:aws:lambda:ap-northeast-1:123456789012:function:votes-cast"
    allowed_origin             = "https://vote.example.com/"
    timeout_milliseconds       = 30000
    requests_per_second        = 0
    burst_requests             = 1.5
    web_acl_arn                = "votes"
    kms_key_arn                = "alias/votes"
    log_retention_days         = 2
    latency_alarm_milliseconds = 0
  }

  expect_failures = [
    var.name,
    var.stage_name,
    var.routes,
    var.function_invoke_arn,
    var.allowed_origin,
    var.timeout_milliseconds,
    var.requests_per_second,
    var.burst_requests,
    var.web_acl_arn,
    var.kms_key_arn,
    var.log_retention_days,
    var.latency_alarm_milliseconds,
  ]
}
