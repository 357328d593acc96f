mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { name = "ap-northeast-1" }
  }

  mock_resource "aws_kinesis_stream_consumer" {
    defaults = { arn = "arn:aws:kinesis:ap-northeast-1:123456789012:stream/records/consumer/score:1" }
  }

  mock_resource "aws_lambda_event_source_mapping" {
    defaults = { uuid = "0b4c6c3e-0000-4000-8000-000000000001" }
  }
}

variables {
  name                = "score"
  function_name       = "score"
  function_role_name  = "score-role"
  stream_arn          = "arn:aws:kinesis:ap-northeast-1:123456789012:stream/records"
  failure_bucket_arn  = "arn:aws:s3:::dlq"
  failure_kms_key_arn = "arn:aws:kms:ap-northeast-1:123456789012:key/1"
}

run "loses_nothing_by_default" {
  assert {
    condition     = aws_lambda_event_source_mapping.this.starting_position == "TRIM_HORIZON" && aws_lambda_event_source_mapping.this.starting_position_timestamp == null
    error_message = "A new mapping must begin with the oldest record."
  }

  assert {
    condition     = one(aws_lambda_event_source_mapping.this.function_response_types) == "ReportBatchItemFailures" && aws_lambda_event_source_mapping.this.bisect_batch_on_function_error
    error_message = "One bad record must not hold up its neighbours."
  }

  assert {
    condition     = aws_lambda_event_source_mapping.this.destination_config[0].on_failure[0].destination_arn == "arn:aws:s3:::dlq"
    error_message = "What the function never takes must be kept."
  }

  assert {
    condition     = one(one(aws_lambda_event_source_mapping.this.metrics_config).metrics) == "EventCount"
    error_message = "Dropped records must be counted."
  }

  assert {
    condition     = length(aws_kinesis_stream_consumer.this) == 0 && aws_lambda_event_source_mapping.this.event_source_arn == var.stream_arn
    error_message = "Nobody must pay for enhanced fan-out unasked."
  }

  assert {
    condition     = length(aws_lambda_event_source_mapping.this.filter_criteria) == 0
    error_message = "No record may be filtered out unasked."
  }

  assert {
    condition = [
      aws_lambda_event_source_mapping.this.batch_size,
      aws_lambda_event_source_mapping.this.maximum_batching_window_in_seconds,
      aws_lambda_event_source_mapping.this.parallelization_factor,
      aws_lambda_event_source_mapping.this.maximum_retry_attempts,
      aws_lambda_event_source_mapping.this.maximum_record_age_in_seconds,
      aws_lambda_event_source_mapping.this.tumbling_window_in_seconds,
    ] == [500, 0, 1, 5, 86400, 0]
    error_message = "The defaults must be those that the pipeline's page tells."
  }
}

run "every_option_reaches_the_mapping" {
  variables {
    enabled                    = false
    starting_position          = "AT_TIMESTAMP"
    starting_timestamp         = "2026-01-31T12:00:00Z"
    batch_size                 = 100
    batching_window_seconds    = 2
    parallelization_factor     = 4
    bisect_on_error            = false
    maximum_retries            = 3
    maximum_record_age_seconds = 3600
    filter_patterns            = [jsonencode({ data = { id = ["a"] } })]
  }

  assert {
    condition = [
      aws_lambda_event_source_mapping.this.batch_size,
      aws_lambda_event_source_mapping.this.maximum_batching_window_in_seconds,
      aws_lambda_event_source_mapping.this.parallelization_factor,
      aws_lambda_event_source_mapping.this.maximum_retry_attempts,
      aws_lambda_event_source_mapping.this.maximum_record_age_in_seconds,
    ] == [100, 2, 4, 3, 3600]
    error_message = "Numbers must reach the mapping."
  }

  assert {
    condition     = !aws_lambda_event_source_mapping.this.enabled && !aws_lambda_event_source_mapping.this.bisect_batch_on_function_error && aws_lambda_event_source_mapping.this.starting_position_timestamp == "2026-01-31T12:00:00Z"
    error_message = "Switches and the starting time must reach the mapping."
  }

  assert {
    condition     = one(one(aws_lambda_event_source_mapping.this.filter_criteria).filter).pattern == jsonencode({ data = { id = ["a"] } })
    error_message = "The filter must reach the mapping."
  }
}

run "with_enhanced_fan_out_the_function_has_a_consumer_of_its_own" {
  variables {
    enhanced_fan_out = true
  }

  assert {
    condition     = aws_lambda_event_source_mapping.this.event_source_arn == "arn:aws:kinesis:ap-northeast-1:123456789012:stream/records/consumer/score:1" && one(aws_kinesis_stream_consumer.this).stream_arn == var.stream_arn
    error_message = "The mapping must read by a consumer of the stream."
  }

  assert {
    condition     = one([for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Resource if statement.Action == "kinesis:SubscribeToShard"]) == one(aws_kinesis_stream_consumer.this).arn
    error_message = "The function may subscribe by this consumer alone."
  }
}

run "a_tumbling_window_reaches_the_mapping" {
  command = plan

  variables {
    tumbling_window_seconds = 30
  }

  assert {
    condition     = aws_lambda_event_source_mapping.this.tumbling_window_in_seconds == 30
    error_message = "The window must reach the mapping."
  }
}

run "the_function_may_read_this_stream_and_keep_failures_below_lambdas_prefix_only" {
  variables {
    stream_kms_key_arns = ["arn:aws:kms:ap-northeast-1:123456789012:key/stream"]
  }

  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Sid => statement.Resource
      } == {
      ReadStream           = "arn:aws:kinesis:ap-northeast-1:123456789012:stream/records"
      KeepFailedBatches    = "arn:aws:s3:::dlq/aws/lambda/*"
      FindFailureBucket    = "arn:aws:s3:::dlq"
      EncryptFailedBatches = "arn:aws:kms:ap-northeast-1:123456789012:key/1"
      DecryptStream        = "arn:aws:kms:ap-northeast-1:123456789012:key/stream"
    }
    error_message = "The role must get the stream, the bucket's prefix and their keys, and nothing else."
  }

  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Sid => statement.Condition.StringEquals if can(statement.Condition)
      } == {
      EncryptFailedBatches = { "kms:ViaService" = "s3.ap-northeast-1.amazonaws.com" }
      DecryptStream        = { "kms:EncryptionContext:aws:kinesis:arn" = "arn:aws:kinesis:ap-northeast-1:123456789012:stream/records" }
    }
    error_message = "Each key may be used for its one purpose."
  }

  assert {
    condition     = aws_iam_role_policy.this.role == "score-role"
    error_message = "The grants must be the function's."
  }
}

run "alarms_tell_of_lag_of_kept_batches_and_of_lost_records" {
  variables {
    iterator_age_alarm_seconds = 30
    alarm_topic_arns           = ["arn:aws:sns:ap-northeast-1:123456789012:alarms"]
  }

  assert {
    condition     = { for name, alarm in aws_cloudwatch_metric_alarm.this : name => alarm.metric_name } == { iterator-age = "IteratorAge", failed-batches = "OnFailureDestinationDeliveredEventCount", dropped-records = "DroppedEventCount" }
    error_message = "A function that lags, batches that were given up and records that were lost must raise an alarm."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["iterator-age"].threshold == 30000 && aws_cloudwatch_metric_alarm.this["iterator-age"].dimensions.FunctionName == "score"
    error_message = "Lambda counts the age by function, in milliseconds."
  }

  assert {
    condition     = alltrue([for name in ["failed-batches", "dropped-records"] : aws_cloudwatch_metric_alarm.this[name].dimensions.EventSourceMappingUUID == "0b4c6c3e-0000-4000-8000-000000000001"])
    error_message = "Lambda counts these by mapping."
  }

  assert {
    condition     = alltrue([for alarm in values(aws_cloudwatch_metric_alarm.this) : length(alarm.alarm_actions) == 1])
    error_message = "Every alarm must tell the topic."
  }
}

run "an_alarm_rings_when_records_come_in_and_none_is_read" {
  variables {
    alarm_topic_arns = ["arn:aws:sns:ap-northeast-1:123456789012:alarms"]
  }

  assert {
    condition = {
      for query in aws_cloudwatch_metric_alarm.not_reading.metric_query : query.id => "${one(query.metric).namespace} ${one(query.metric).metric_name}" if length(query.metric) == 1
    } == { put = "AWS/Kinesis IncomingRecords", taken = "AWS/Lambda PolledEventCount" }
    error_message = "What comes in must be held against what is read."
  }

  assert {
    condition = {
      for query in aws_cloudwatch_metric_alarm.not_reading.metric_query : query.id => one(query.metric).dimensions if length(query.metric) == 1
    } == { put = tomap({ StreamName = "records" }), taken = tomap({ EventSourceMappingUUID = "0b4c6c3e-0000-4000-8000-000000000001" }) }
    error_message = "Both must be counted of this stream and this reader."
  }

  assert {
    condition     = one([for query in aws_cloudwatch_metric_alarm.not_reading.metric_query : query.expression if query.return_data == true]) == "IF(FILL(put, 0) > 0 AND FILL(taken, 0) == 0, 1, 0)"
    error_message = "A reader that counts nothing must be taken for one that reads nothing."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.not_reading.datapoints_to_alarm < aws_cloudwatch_metric_alarm.not_reading.evaluation_periods && length(aws_cloudwatch_metric_alarm.not_reading.alarm_actions) == 1
    error_message = "Numbers of the last period that are late must not keep the alarm from ringing, and it must tell the topic."
  }
}

run "refuses_bad_values" {
  command = plan

  variables {
    name                       = "two words"
    stream_arn                 = "records"
    stream_kms_key_arns        = ["mine"]
    starting_position          = "NOW"
    batch_size                 = 10001
    batching_window_seconds    = 301
    maximum_retries            = -2
    maximum_record_age_seconds = 59
    tumbling_window_seconds    = 901
    filter_patterns            = ["{"]
    failure_bucket_arn         = "arn:aws:sqs:ap-northeast-1:123456789012:dlq"
    failure_kms_key_arn        = "mine"
    iterator_age_alarm_seconds = 0
  }

  expect_failures = [
    var.name,
    var.stream_arn,
    var.stream_kms_key_arns,
    var.starting_position,
    var.batch_size,
    var.batching_window_seconds,
    var.maximum_retries,
    var.maximum_record_age_seconds,
    var.tumbling_window_seconds,
    var.filter_patterns,
    var.failure_bucket_arn,
    var.failure_kms_key_arn,
    var.iterator_age_alarm_seconds,
  ]
}

run "refuses_more_parallel_batches_than_lambda_runs" {
  command = plan

  variables {
    parallelization_factor = 11
  }

  expect_failures = [var.parallelization_factor]
}

run "refuses_parallel_batches_of_a_window_and_a_start_without_its_time" {
  command = plan

  variables {
    parallelization_factor  = 2
    tumbling_window_seconds = 30
    starting_position       = "AT_TIMESTAMP"
  }

  expect_failures = [var.parallelization_factor, var.starting_timestamp]
}
