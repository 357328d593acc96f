mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_region" {
    defaults = { name = "ap-northeast-1" }
  }

  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:ap-northeast-1:123456789012:key/1" }
  }

  mock_resource "aws_kinesis_stream" {
    defaults = { arn = "arn:aws:kinesis:ap-northeast-1:123456789012:stream/datastreamer-prod-votes-stream" }
  }

  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::a-bucket" }
  }

  mock_resource "aws_dynamodb_table" {
    defaults = { arn = "arn:aws:dynamodb:ap-northeast-1:123456789012:table/a-table" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/a-role" }
  }

  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:ap-northeast-1:123456789012:a-topic" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:ap-northeast-1:123456789012:log-group:a-group" }
  }

  mock_resource "aws_lambda_function" {
    defaults = {
      arn        = "arn:aws:lambda:ap-northeast-1:123456789012:function:a-function"
      invoke_arn = "arn:aws:apigateway:ap-northeast-1:lambda:path/2015-03-31/functions/a-function/invocations"
    }
  }

  mock_resource "aws_api_gateway_rest_api" {
    defaults = { id = "rest1", execution_arn = "arn:aws:execute-api:ap-northeast-1:123456789012:rest1" }
  }

  mock_resource "aws_api_gateway_stage" {
    defaults = { invoke_url = "https://rest1.execute-api.ap-northeast-1.amazonaws.com/live" }
  }

  mock_resource "aws_apigatewayv2_api" {
    defaults = {
      id            = "socket1"
      api_endpoint  = "wss://socket1.execute-api.ap-northeast-1.amazonaws.com"
      execution_arn = "arn:aws:execute-api:ap-northeast-1:123456789012:socket1"
    }
  }

  mock_resource "aws_cloudfront_distribution" {
    defaults = { arn = "arn:aws:cloudfront::123456789012:distribution/E1", domain_name = "d1.cloudfront.net" }
  }
}

variables {
  stage       = "prod"
  site_folder = "../../modules/static_site/testdata/site"
  function_packages = {
    votes_aggregate = "../../modules/lambda_function/testdata/package.zip"
    votes_cast      = "../../modules/lambda_function/testdata/package.zip"
    votes_socket    = "../../modules/lambda_function/testdata/package.zip"
  }
}

run "every_name_holds_stage_and_pipeline" {
  assert {
    condition     = output.stream_name == "datastreamer-prod-votes-stream" && output.function_names == { cast = "datastreamer-prod-votes-cast", aggregate = "datastreamer-prod-votes-aggregate", socket = "datastreamer-prod-votes-socket" }
    error_message = "Names must follow datastreamer-<stage>-votes-<role>."
  }

  assert {
    condition     = output.table_names == { orders = "datastreamer-prod-votes-orders", aggregation = "datastreamer-prod-votes-aggregation", connections = "datastreamer-prod-votes-connections" }
    error_message = "Tables must follow datastreamer-<stage>-votes-<role>."
  }

  assert {
    condition     = output.site_bucket == "datastreamer-prod-votes-site-123456789012" && output.raw_bucket == "datastreamer-prod-votes-raw-123456789012"
    error_message = "Buckets must also carry the account."
  }

  assert {
    condition     = length(distinct(output.alarm_arns)) > 0
    error_message = "There must be alarms."
  }
}

run "votes_that_are_counted_and_reach_no_browser_ring" {
  assert {
    condition = {
      for query in aws_cloudwatch_metric_alarm.updates.metric_query : query.id => one(query.metric[*].metric_name) if length(query.metric) > 0
    } == { delivered = "UpdatesDelivered", failed = "UpdatesFailed", broken = "PublishFailures" }
    error_message = "The function has no error when it can tell nobody: its own counts say so."
  }

  assert {
    condition     = one([for query in aws_cloudwatch_metric_alarm.updates.metric_query : query.expression if query.return_data == true]) == "IF(FILL(delivered, 0) > 0, 0, FILL(failed, 0) + FILL(broken, 0))"
    error_message = "One browser that got an update is enough; without any, each failure counts."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.updates.datapoints_to_alarm == 3 && length(aws_cloudwatch_metric_alarm.updates.alarm_actions) == 1 && contains(output.alarm_arns, aws_cloudwatch_metric_alarm.updates.arn)
    error_message = "Three minutes of silence must be told, and shown on the dashboard."
  }
}

run "the_site_is_told_the_apis_and_the_candidates_and_the_functions_the_site" {
  assert {
    condition     = output.site_url == "https://d1.cloudfront.net" && output.api_url == "https://rest1.execute-api.ap-northeast-1.amazonaws.com/live" && output.socket_url == "wss://socket1.execute-api.ap-northeast-1.amazonaws.com/live"
    error_message = "On AWS the addresses are those of CloudFront and API Gateway."
  }

  assert {
    condition     = module.cast.environment.ALLOWED_ORIGIN == "https://d1.cloudfront.net" && module.aggregate.environment.WEBSOCKET_ENDPOINT == "https://socket1.execute-api.ap-northeast-1.amazonaws.com/live" && module.greet.environment.WEBSOCKET_ENDPOINT == module.aggregate.environment.WEBSOCKET_ENDPOINT
    error_message = "The functions must know the site's origin and where connections are posted to."
  }

  assert {
    condition     = jsondecode(module.cast.environment.CANDIDATES)[*].id == ["kinoko", "takenoko"]
    error_message = "The functions must know the candidates."
  }

  assert {
    condition     = strcontains(module.site.content_security_policy, "connect-src 'self' https://*.execute-api.ap-northeast-1.amazonaws.com wss://*.execute-api.ap-northeast-1.amazonaws.com")
    error_message = "The page may speak to the APIs, and to nothing else."
  }
}

run "behind_one_address_everything_is_found_there" {
  variables {
    edge_url = "http://localhost:4566"
  }

  assert {
    condition     = output.site_url == "http://localhost:4566/_aws_stage/websites/datastreamer-prod-votes-site-123456789012/" && output.api_url == "http://localhost:4566/_aws/execute-api/rest1/live" && output.socket_url == "ws://localhost:4566/_aws/execute-api/socket1/live"
    error_message = "The addresses must be those of the edge."
  }

  assert {
    condition     = module.cast.environment.ALLOWED_ORIGIN == "http://localhost:4566" && module.aggregate.environment.WEBSOCKET_ENDPOINT == "http://localhost:4566/_aws/execute-api/socket1/live"
    error_message = "The functions must use the edge as well."
  }
}

run "each_function_may_do_its_own_work_and_nothing_else" {
  assert {
    condition     = toset(flatten([for statement in module.cast.statements : statement.Action if !startswith(statement.Sid, "Log")])) == toset(["kinesis:PutRecord", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"])
    error_message = "The function that takes votes must not be able to change a total."
  }

  assert {
    condition     = !contains(flatten(module.greet.statements[*].Action), "kinesis:PutRecord") && !contains(flatten(module.greet.statements[*].Action), "dynamodb:UpdateItem")
    error_message = "The function that greets browsers must not be able to vote or count."
  }

  assert {
    condition     = alltrue([for statement in concat(module.cast.statements, module.aggregate.statements, module.greet.statements) : statement.Resource != "*"])
    error_message = "Every resource must be named."
  }
}

run "refuses_bad_values" {
  command = plan

  variables {
    stage    = "Prod-1"
    edge_url = "http://localhost:4566/here"
  }

  expect_failures = [var.stage, var.edge_url]
}

run "refuses_a_bad_first_hour" {
  command = plan

  variables {
    settings = { first_hour = "today" }
  }

  expect_failures = [var.settings]
}

run "refuses_a_single_candidate" {
  command = plan

  variables {
    settings = { candidates = [{ id = "kinoko", labels = { ja = "き", en = "M" }, color = { light = "#000000", dark = "#ffffff" }, picture = "k.svg" }] }
  }

  expect_failures = [var.settings]
}

run "refuses_ids_that_no_browser_could_send" {
  command = plan

  variables {
    settings = {
      candidates = [
        { id = "Kinoko!", labels = { ja = "き", en = "M" }, color = { light = "#000000", dark = "#ffffff" }, picture = "k.svg" },
        { id = "takenoko", labels = { ja = "た", en = "B" }, color = { light = "#000000", dark = "#ffffff" }, picture = "t.svg" },
      ]
    }
  }

  expect_failures = [var.settings]
}

run "refuses_colours_that_are_none" {
  command = plan

  variables {
    settings = {
      candidates = [
        { id = "kinoko", labels = { ja = "き", en = "M" }, color = { light = "red", dark = "#ffffff" }, picture = "k.svg" },
        { id = "takenoko", labels = { ja = "た", en = "B" }, color = { light = "#000000", dark = "#ffffff" }, picture = "t.svg" },
      ]
    }
  }

  expect_failures = [var.settings]
}

run "refuses_a_key_for_a_stream_that_is_not_encrypted" {
  command = plan

  variables {
    settings = { stream_encrypted = false }
  }

  expect_failures = [var.settings]
}
