mock_provider "aws" {
  source = "./mocks"
}

variables {
  stage       = "prod"
  site_folder = "../../modules/static_site/testdata/site"
  function_packages = {
    votes_aggregate = "../../modules/lambda_function/testdata/package.zip"
    votes_cast      = "../../modules/lambda_function/testdata/package.zip"
    votes_publish   = "../../modules/lambda_function/testdata/package.zip"
    votes_socket    = "../../modules/lambda_function/testdata/package.zip"
  }
}

run "every_name_holds_stage_and_pipeline" {
  assert {
    condition     = output.stream_name == "datastreamer-prod-votes-stream" && output.function_names == { cast = "datastreamer-prod-votes-cast", aggregate = "datastreamer-prod-votes-aggregate", publish = "datastreamer-prod-votes-publish", socket = "datastreamer-prod-votes-socket" }
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
    } == { delivered = "UpdatesDelivered", failed = "UpdatesFailed", broken = "PublishFailures", unasked = "PublishFailures" }
    error_message = "The functions have no error when they can tell nobody: their own counts say so."
  }

  assert {
    condition     = one([for query in aws_cloudwatch_metric_alarm.updates.metric_query : query.expression if query.return_data == true]) == "IF(FILL(delivered, 0) > 0, 0, FILL(failed, 0) + FILL(broken, 0) + FILL(unasked, 0))"
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
    condition     = module.cast.environment.ALLOWED_ORIGIN == "https://d1.cloudfront.net" && module.greet.environment.ALLOWED_ORIGIN == "https://d1.cloudfront.net" && module.publish.environment.WEBSOCKET_ENDPOINT == "https://socket1.execute-api.ap-northeast-1.amazonaws.com/live" && module.greet.environment.WEBSOCKET_ENDPOINT == module.publish.environment.WEBSOCKET_ENDPOINT
    error_message = "The functions must know the site's origin and where connections are posted to."
  }

  assert {
    condition     = jsondecode(module.cast.environment.CANDIDATES)[*].id == ["kinoko", "takenoko"]
    error_message = "The functions must know the candidates."
  }

  assert {
    condition     = endswith(module.site.content_security_policy, "connect-src 'self' https://rest1.execute-api.ap-northeast-1.amazonaws.com wss://socket1.execute-api.ap-northeast-1.amazonaws.com")
    error_message = "The page may speak to its two APIs, and to nothing else."
  }
}

run "a_domain_of_ones_own_is_the_sites_address" {
  variables {
    settings = { domain_names = ["vote.example.com"], certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/1" }
  }

  assert {
    condition     = output.site_url == "https://vote.example.com" && module.cast.environment.ALLOWED_ORIGIN == "https://vote.example.com"
    error_message = "Pages of the domain must be let vote."
  }
}

run "each_function_may_do_its_own_work_and_nothing_else" {
  assert {
    condition     = toset(flatten([for statement in module.cast.statements : statement.Action if !startswith(statement.Sid, "Log")])) == toset(["kinesis:PutRecord", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:UpdateItem", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"])
    error_message = "The function that takes votes must have no other right."
  }

  assert {
    condition     = alltrue([for statement in concat(module.cast.statements, module.greet.statements) : statement.Sid == "CountBrowsers" || statement.Sid == "KnowBrowsers" || length(setintersection(statement.Action, ["dynamodb:PutItem", "dynamodb:UpdateItem"])) == 0])
    error_message = "The functions that take votes and greet browsers must not be able to change a total."
  }

  assert {
    condition     = !contains(flatten(module.greet.statements[*].Action), "kinesis:PutRecord")
    error_message = "The function that greets browsers must not be able to vote."
  }

  assert {
    condition     = length(setintersection(flatten(module.aggregate.statements[*].Action), ["execute-api:ManageConnections", "dynamodb:Scan"])) == 0 && !contains(flatten(module.publish.statements[*].Action), "kinesis:PutRecord")
    error_message = "The function that counts must not wait for browsers, and the one that tells them must not vote."
  }

  assert {
    condition     = alltrue([for statement in concat(module.cast.statements, module.aggregate.statements, module.publish.statements, module.greet.statements) : statement.Resource != "*"])
    error_message = "Every resource must be named."
  }
}

run "votes_are_pushed_to_the_function_that_counts_where_that_is_wanted" {
  variables {
    settings = { enhanced_fan_out = true }
  }

  assert {
    condition     = strcontains(module.votes.source_arn, "/consumer/")
    error_message = "The function must read as a consumer of its own."
  }
}

run "votes_are_polled_for_unless_something_else_is_wanted" {
  assert {
    condition     = module.votes.source_arn == module.stream.arn
    error_message = "A consumer of its own is billed by the hour."
  }
}

run "no_web_acl_is_paid_for_unasked" {
  assert {
    condition     = length(aws_wafv2_web_acl.this) == 0 && length(aws_wafv2_web_acl_association.this) == 0
    error_message = "A web ACL costs six USD a month."
  }
}

run "an_address_that_sends_too_much_is_told_to_come_again_in_a_form_that_the_page_can_read" {
  variables {
    settings = { requests_per_address = 6000 }
  }

  assert {
    condition     = one(one(aws_wafv2_web_acl.this).rule).statement[0].rate_based_statement[0].limit == 6000 && length(aws_wafv2_web_acl_association.this) == 1
    error_message = "The limit must reach the API."
  }

  assert {
    condition     = one(one(aws_wafv2_web_acl.this).rule).action[0].block[0].custom_response[0].response_code == 429 && { for header in one(one(aws_wafv2_web_acl.this).rule).action[0].block[0].custom_response[0].response_header : header.name => header.value }["Access-Control-Allow-Origin"] == output.site_url
    error_message = "The page must be able to read that it is to come again."
  }

  assert {
    condition     = jsondecode(one(one(aws_wafv2_web_acl.this).custom_response_body).content).error.code == "throttled"
    error_message = "The answer must have the form of every error."
  }
}

run "refuses_two_web_acls" {
  command = plan

  variables {
    settings = { requests_per_address = 6000, api_web_acl_arn = "arn:aws:wafv2:ap-northeast-1:123456789012:regional/webacl/mine/1" }
  }

  expect_failures = [var.settings]
}

run "sockets_are_limited_by_address_and_by_concurrency" {
  variables {
    settings = { sockets_per_address = 300, socket_concurrency = 40 }
  }

  assert {
    condition     = module.greet.environment.SOCKETS_PER_ADDRESS == "300" && module.publish.environment.SOCKETS_PER_ADDRESS == "300"
    error_message = "The function that admits browsers must know the limit, and the one that finds them gone must count them off."
  }

  assert {
    condition     = module.greet.reserved_concurrency == 40 && module.cast.reserved_concurrency == 200
    error_message = "What anybody can call must not use up the concurrency that counting needs."
  }
}

run "refuses_a_number_of_sockets_that_is_none" {
  command = plan

  variables {
    settings = { sockets_per_address = -1 }
  }

  expect_failures = [var.settings]
}

run "refuses_a_limit_that_waf_does_not_take" {
  command = plan

  variables {
    settings = { requests_per_address = 5 }
  }

  expect_failures = [var.settings]
}

run "refuses_bad_values" {
  command = plan

  variables {
    stage = "Prod-1"
  }

  expect_failures = [var.stage]
}

run "refuses_a_bad_first_hour" {
  command = plan

  variables {
    settings = { first_hour = "today" }
  }

  expect_failures = [var.settings]
}

run "refuses_results_that_expire_before_they_are_read" {
  command = plan

  variables {
    settings = { query_result_days = 0 }
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

run "refuses_a_colour_that_nobody_can_see_on_the_light_page" {
  command = plan

  variables {
    settings = {
      candidates = [
        { id = "kinoko", labels = { ja = "き", en = "M" }, color = { light = "#c98a3a", dark = "#ffffff" }, picture = "k.svg" },
        { id = "takenoko", labels = { ja = "た", en = "B" }, color = { light = "#000000", dark = "#ffffff" }, picture = "t.svg" },
      ]
    }
  }

  expect_failures = [var.settings]
}

run "refuses_a_colour_that_nobody_can_see_on_the_dark_page" {
  command = plan

  variables {
    settings = {
      candidates = [
        { id = "kinoko", labels = { ja = "き", en = "M" }, color = { light = "#000000", dark = "#ffffff" }, picture = "k.svg" },
        { id = "takenoko", labels = { ja = "た", en = "B" }, color = { light = "#000000", dark = "#5a4a3a" }, picture = "t.svg" },
      ]
    }
  }

  expect_failures = [var.settings]
}

run "takes_colours_that_just_stand_out" {
  command = plan

  variables {
    settings = {
      candidates = [
        { id = "kinoko", labels = { ja = "き", en = "M" }, color = { light = "#a83a22", dark = "#c04a2c" }, picture = "k.svg" },
        { id = "takenoko", labels = { ja = "た", en = "B" }, color = { light = "#4a7429", dark = "#56822f" }, picture = "t.svg" },
      ]
    }
  }

  assert {
    condition     = jsondecode(module.cast.environment.CANDIDATES)[0].color.dark == "#c04a2c"
    error_message = "3.4 to 1 is enough."
  }
}

run "refuses_a_key_for_a_stream_that_is_not_encrypted" {
  command = plan

  variables {
    settings = { stream_encrypted = false }
  }

  expect_failures = [var.settings]
}
