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

  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::bucket" }
  }

  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:ap-northeast-1:123456789012:alarms" }
  }

  mock_resource "aws_kinesis_stream" {
    defaults = { arn = "arn:aws:kinesis:ap-northeast-1:123456789012:stream/records" }
  }

  mock_resource "aws_dynamodb_table" {
    defaults = { arn = "arn:aws:dynamodb:ap-northeast-1:123456789012:table/predictions" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/somebody" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:ap-northeast-1:123456789012:log-group:group" }
  }

  mock_resource "aws_cloudwatch_metric_alarm" {
    defaults = { arn = "arn:aws:cloudwatch:ap-northeast-1:123456789012:alarm:alarm" }
  }
}

variables {
  stack_name       = "my-ml"
  function_package = "../../modules/lambda_function/testdata/package.zip"
}

run "every_name_starts_with_the_stacks" {
  assert {
    condition = {
      stream   = output.stream_name
      table    = output.table_name
      function = output.function_name
      role     = output.role_name
      logs     = output.log_group_name
      models   = output.models_bucket
      dlq      = output.dlq_bucket
      endpoint = output.endpoint_name
      key      = output.key_alias
      } == {
      stream   = "my-ml-stream"
      table    = "my-ml-predictions"
      function = "my-ml-processor"
      role     = "my-ml-processor-role"
      logs     = "/aws/lambda/my-ml-processor"
      models   = "my-ml-models-123456789012"
      dlq      = "my-ml-dlq-123456789012"
      endpoint = "my-ml-endpoint"
      key      = "alias/my-ml"
    }
    error_message = "Commands find resources by these names."
  }
}

run "the_function_is_told_where_everything_is" {
  assert {
    condition = module.processor.environment == tomap({
      ENDPOINT_NAME                = "my-ml-endpoint"
      TABLE_NAME                   = "my-ml-predictions"
      DLQ_BUCKET                   = "my-ml-dlq-123456789012"
      CONTENT_TYPE                 = "text/csv"
      MAX_ROWS_PER_CALL            = "1000"
      POWERTOOLS_SERVICE_NAME      = "my-ml-processor"
      POWERTOOLS_METRICS_NAMESPACE = "Datastreamer/Inference"
    })
    error_message = "The function reads its settings by these names; what is not set must not be there."
  }
}

run "thresholds_and_ttl_reach_function_and_table" {
  command = plan

  variables {
    settings = {
      score_threshold = "0.5"
      ttl_days        = 30
      content_type    = "application/json"
    }
  }

  assert {
    condition     = module.processor.environment.SCORE_THRESHOLD == "0.5" && module.processor.environment.TTL_DAYS == "30" && module.processor.environment.CONTENT_TYPE == "application/json"
    error_message = "The function must know the threshold, the days and the content type."
  }

  assert {
    condition     = module.table.ttl_attribute == "expires_at"
    error_message = "Items expire only when the table looks at the attribute."
  }
}

run "the_function_may_use_what_is_its_stacks_and_nothing_else" {
  assert {
    condition = { for statement in module.processor.statements : statement.Sid => statement.Resource } == {
      Log   = "arn:aws:logs:ap-northeast-1:123456789012:log-group:group:*"
      Score = ["arn:aws:sagemaker:ap-northeast-1:123456789012:endpoint/my-ml-endpoint"]
      NameTheModel = [
        "arn:aws:sagemaker:ap-northeast-1:123456789012:endpoint/my-ml-endpoint",
        "arn:aws:sagemaker:ap-northeast-1:123456789012:endpoint-config/*",
        "arn:aws:sagemaker:ap-northeast-1:123456789012:model/*",
      ]
      WritePredictions     = ["arn:aws:dynamodb:ap-northeast-1:123456789012:table/predictions"]
      ParkRecords          = ["arn:aws:s3:::bucket/failures/*"]
      EncryptPredictions   = ["arn:aws:kms:ap-northeast-1:123456789012:key/1"]
      EncryptParkedRecords = ["arn:aws:kms:ap-northeast-1:123456789012:key/1"]
    }
    error_message = "The function may call its endpoint, learn its model, write its table and park below its prefix."
  }

  assert {
    condition = alltrue([
      for statement in module.processor.statements : alltrue([for action in statement.Action : startswith(action, "sagemaker:Describe")])
      if statement.Sid == "NameTheModel"
    ])
    error_message = "Models and configurations of others may be looked at, and no more."
  }

  assert {
    condition = {
      for statement in module.processor.statements : statement.Sid => statement.Condition.StringEquals if can(statement.Condition)
      } == {
      EncryptPredictions   = { "kms:ViaService" = "dynamodb.ap-northeast-1.amazonaws.com" }
      EncryptParkedRecords = { "kms:ViaService" = "s3.ap-northeast-1.amazonaws.com" }
    }
    error_message = "The key may be used through the two services only."
  }
}

run "an_alarm_counts_what_the_function_parks" {
  assert {
    condition     = aws_cloudwatch_metric_alarm.parked.namespace == "Datastreamer/Inference" && aws_cloudwatch_metric_alarm.parked.metric_name == "RecordsParked" && aws_cloudwatch_metric_alarm.parked.dimensions == tomap({ service = "my-ml-processor" })
    error_message = "Powertools counts by service."
  }

  assert {
    condition     = length(output.alarm_arns) == 12 && length(aws_cloudwatch_metric_alarm.parked.alarm_actions) == 1
    error_message = "Lag, errors, throttles, failed, parked, given up and lost records must raise an alarm."
  }
}

run "a_model_of_which_most_calls_fail_is_told_within_minutes" {
  assert {
    condition = {
      for query in aws_cloudwatch_metric_alarm.calls.metric_query : query.id => one(query.metric[*].metric_name) if length(query.metric) > 0
    } == { calls = "EndpointCalls", failed = "EndpointCallsFailed" }
    error_message = "Calls are counted by the function: SageMaker takes an answer that is no score for a good one."
  }

  assert {
    condition = alltrue([
      for query in aws_cloudwatch_metric_alarm.calls.metric_query :
      one(query.metric[*].period) == 60 && one(query.metric[*].stat) == "Sum" && one(query.metric[*].dimensions) == tomap({ service = "my-ml-processor" })
      if length(query.metric) > 0
    ])
    error_message = "Minutes are summed up, for this function alone."
  }

  assert {
    condition     = one([for query in aws_cloudwatch_metric_alarm.calls.metric_query : query.expression if query.return_data == true]) == "IF(calls > 0, 100 * failed / calls, 0)"
    error_message = "The share of failed calls is watched, and no call is no failure."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.calls.datapoints_to_alarm == 2 && aws_cloudwatch_metric_alarm.calls.evaluation_periods == 3 && length(aws_cloudwatch_metric_alarm.calls.alarm_actions) == 1
    error_message = "Two bad minutes of three must be told."
  }

  assert {
    condition     = strcontains(aws_cloudwatch_metric_alarm.calls.alarm_description, "datastreamer inference rollback my-ml-endpoint")
    error_message = "Whoever is told must learn what to do."
  }
}

run "an_alarm_counts_what_the_function_could_neither_score_nor_store_for_now" {
  assert {
    condition     = aws_cloudwatch_metric_alarm.failed.namespace == "Datastreamer/Inference" && aws_cloudwatch_metric_alarm.failed.metric_name == "RecordsFailed" && aws_cloudwatch_metric_alarm.failed.dimensions == tomap({ service = "my-ml-processor" })
    error_message = "Powertools counts by service."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.failed.period == 60 && aws_cloudwatch_metric_alarm.failed.datapoints_to_alarm == 3 && length(aws_cloudwatch_metric_alarm.failed.alarm_actions) == 1
    error_message = "A short outage mends itself; a longer one must be told."
  }
}

run "the_aws_managed_stream_key_spares_a_key" {
  command = plan

  variables {
    settings = { stream_customer_key = false }
  }

  assert {
    condition     = length(module.stream_key) == 0
    error_message = "Without a customer key for the stream there must be none."
  }
}

run "no_endpoint_is_paid_for_unasked" {
  command = plan

  assert {
    condition     = length(module.endpoint) == 0
    error_message = "An endpoint costs money by the hour."
  }
}

run "a_model_of_the_stacks_own_declares_its_range" {
  command = plan

  variables {
    settings = {
      endpoint_enabled  = true
      model_image       = "354813040037.dkr.ecr.ap-northeast-1.amazonaws.com/sagemaker-xgboost:3.0-5"
      model_data_url    = "s3://my-ml-models-123456789012/model.tar.gz"
      model_score_range = "0..1"
    }
  }

  assert {
    condition     = local.model_environment == tomap({ DATASTREAMER_SCORE_RANGE = "0..1" })
    error_message = "The declaration travels with the model."
  }
}

run "an_endpoint_of_its_own_has_the_name_that_the_function_calls" {
  variables {
    settings = {
      endpoint_enabled = true
      model_image      = "354813040037.dkr.ecr.ap-northeast-1.amazonaws.com/sagemaker-xgboost:3.0-5"
      model_data_url   = "s3://my-ml-models-123456789012/model.tar.gz"
    }
  }

  assert {
    condition     = module.endpoint[0].name == module.processor.environment.ENDPOINT_NAME && module.endpoint[0].scales
    error_message = "The function must call the stack's own endpoint, which grows with the load."
  }

  assert {
    condition     = length(output.alarm_arns) == 14
    error_message = "The endpoint's alarms must be told with the others."
  }
}

run "refuses_an_endpoint_without_an_image" {
  command = plan

  variables {
    settings = {
      endpoint_enabled = true
      model_data_url   = "s3://my-ml-models-123456789012/model.tar.gz"
    }
  }

  expect_failures = [var.settings]
}

run "refuses_an_endpoint_whose_model_lies_elsewhere" {
  command = plan

  variables {
    settings = {
      endpoint_enabled = true
      model_image      = "354813040037.dkr.ecr.ap-northeast-1.amazonaws.com/sagemaker-xgboost:3.0-5"
      model_data_url   = "s3://somebodys-models/model.tar.gz"
    }
  }

  expect_failures = [var.settings]
}

run "refuses_bad_values" {
  command = plan

  variables {
    stack_name = "My_Stack"
  }

  expect_failures = [var.stack_name]
}

run "refuses_a_bad_content_type" {
  command = plan

  variables {
    settings = { content_type = "text/xml" }
  }

  expect_failures = [var.settings]
}

run "refuses_a_bad_max_rows_per_call" {
  command = plan

  variables {
    settings = { max_rows_per_call = 0 }
  }

  expect_failures = [var.settings]
}

run "refuses_a_bad_score_threshold" {
  command = plan

  variables {
    settings = { score_threshold = "half" }
  }

  expect_failures = [var.settings]
}

run "refuses_a_bad_model_score_range" {
  command = plan

  variables {
    settings = { model_score_range = "0-1" }
  }

  expect_failures = [var.settings]
}

run "refuses_a_bad_ttl_days" {
  command = plan

  variables {
    settings = { ttl_days = -1 }
  }

  expect_failures = [var.settings]
}

run "refuses_a_bad_noncurrent_version_days" {
  command = plan

  variables {
    settings = { noncurrent_version_days = 0 }
  }

  expect_failures = [var.settings]
}

run "refuses_a_bad_replayed_days" {
  command = plan

  variables {
    settings = { replayed_days = 0 }
  }

  expect_failures = [var.settings]
}

run "refuses_a_bad_parked_alarm_records" {
  command = plan

  variables {
    settings = { parked_alarm_records = -1 }
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
