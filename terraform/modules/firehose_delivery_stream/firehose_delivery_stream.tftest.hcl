mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/readings" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:ap-northeast-1:123456789012:log-group:readings" }
  }

  mock_resource "aws_kinesis_firehose_delivery_stream" {
    defaults = { arn = "arn:aws:firehose:ap-northeast-1:123456789012:deliverystream/readings" }
  }
}

variables {
  name              = "readings"
  source_stream_arn = "arn:aws:kinesis:ap-northeast-1:123456789012:stream/readings"
  bucket_arn        = "arn:aws:s3:::raw"
  kms_key_arn       = "arn:aws:kms:ap-northeast-1:123456789012:key/lake"
  prefix            = "raw_data/device_sensor/"
  error_prefix      = "raw_data_errors/device_sensor/"
}

run "writes_gzip_objects_below_the_arrival_hour" {
  assert {
    condition     = aws_kinesis_firehose_delivery_stream.this.extended_s3_configuration[0].prefix == "raw_data/device_sensor/!{timestamp:yyyy/MM/dd/HH}/"
    error_message = "Objects must lie below the hour in which they arrived."
  }

  assert {
    condition     = aws_kinesis_firehose_delivery_stream.this.extended_s3_configuration[0].error_output_prefix == "raw_data_errors/device_sensor/!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd/HH}/"
    error_message = "What failed must lie apart, by kind of error."
  }

  assert {
    condition     = aws_kinesis_firehose_delivery_stream.this.extended_s3_configuration[0].compression_format == "GZIP" && aws_kinesis_firehose_delivery_stream.this.extended_s3_configuration[0].custom_time_zone == "UTC"
    error_message = "Objects must be compressed, and the hours UTC."
  }

  assert {
    condition     = aws_kinesis_firehose_delivery_stream.this.extended_s3_configuration[0].cloudwatch_logging_options[0].enabled && aws_cloudwatch_log_group.this.kms_key_id == var.kms_key_arn
    error_message = "Delivery errors must be logged, encrypted."
  }

  assert {
    condition     = length(aws_kinesis_firehose_delivery_stream.this.extended_s3_configuration[0].processing_configuration) == 0
    error_message = "Records must be delivered as they are, unless a newline is asked for."
  }
}

run "ends_every_record_with_a_newline_when_asked" {
  variables {
    append_newline = true
  }

  assert {
    condition     = aws_kinesis_firehose_delivery_stream.this.extended_s3_configuration[0].processing_configuration[0].enabled
    error_message = "The processing must be on."
  }

  assert {
    condition = {
      for processor in aws_kinesis_firehose_delivery_stream.this.extended_s3_configuration[0].processing_configuration[0].processors :
      processor.type => { for parameter in processor.parameters : parameter.parameter_name => parameter.parameter_value }
    } == { AppendDelimiterToRecord = { Delimiter = "\\n" } }
    error_message = "Firehose must append the two characters that it reads as a newline."
  }
}

run "the_role_reads_the_stream_and_writes_below_its_prefixes_only" {
  variables {
    source_kms_key_arns = ["arn:aws:kms:ap-northeast-1:123456789012:key/stream"]
  }

  assert {
    condition = alltrue([
      for action in flatten([for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Action]) :
      !strcontains(action, "*")
    ])
    error_message = "No action may hold a star."
  }

  assert {
    condition = toset(flatten([
      for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Resource if contains(flatten([statement.Action]), "s3:PutObject")
    ])) == toset(["arn:aws:s3:::raw/raw_data/device_sensor/*", "arn:aws:s3:::raw/raw_data_errors/device_sensor/*"])
    error_message = "The role must write below its two prefixes and nowhere else."
  }

  assert {
    condition = length([
      for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement
      if statement.Resource == "arn:aws:kms:ap-northeast-1:123456789012:key/stream" && statement.Action == "kms:Decrypt"
    ]) == 1
    error_message = "The stream's own key must be usable, for decryption only."
  }

  assert {
    condition     = jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Condition.StringEquals["sts:ExternalId"] == "123456789012"
    error_message = "Only this account's Firehose may take the role."
  }
}

run "alarms_watch_freshness_success_and_throttling" {
  variables {
    alarm_topic_arns = ["arn:aws:sns:ap-northeast-1:123456789012:alarms"]
  }

  assert {
    condition     = { for name, alarm in aws_cloudwatch_metric_alarm.this : name => alarm.metric_name } == { freshness = "DeliveryToS3.DataFreshness", delivery-failed = "DeliveryToS3.Success", source-throttled = "ThrottledGetRecords" }
    error_message = "Late, failed and throttled deliveries must raise an alarm."
  }

  assert {
    condition     = alltrue([for alarm in values(aws_cloudwatch_metric_alarm.this) : alarm.dimensions.DeliveryStreamName == "readings" && length(alarm.alarm_actions) == 1])
    error_message = "Every alarm must watch this delivery stream and tell the topic."
  }
}

run "an_alarm_rings_when_records_come_in_and_none_is_read" {
  variables {
    alarm_topic_arns = ["arn:aws:sns:ap-northeast-1:123456789012:alarms"]
  }

  assert {
    condition = {
      for query in aws_cloudwatch_metric_alarm.not_reading[0].metric_query : query.id => "${one(query.metric).namespace} ${one(query.metric).metric_name}" if length(query.metric) == 1
    } == { put = "AWS/Kinesis IncomingRecords", taken = "AWS/Firehose DataReadFromKinesisStream.Records" }
    error_message = "What comes in must be held against what is read."
  }

  assert {
    condition = {
      for query in aws_cloudwatch_metric_alarm.not_reading[0].metric_query : query.id => one(query.metric).dimensions if length(query.metric) == 1
    } == { put = tomap({ StreamName = "readings" }), taken = tomap({ DeliveryStreamName = "readings" }) }
    error_message = "Both must be counted of this stream and this reader."
  }

  assert {
    condition     = one([for query in aws_cloudwatch_metric_alarm.not_reading[0].metric_query : query.expression if query.return_data == true]) == "IF(FILL(put, 0) > 0 AND FILL(taken, 0) == 0, 1, 0)"
    error_message = "A reader that counts nothing must be taken for one that reads nothing."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.not_reading[0].datapoints_to_alarm < aws_cloudwatch_metric_alarm.not_reading[0].evaluation_periods && length(aws_cloudwatch_metric_alarm.not_reading[0].alarm_actions) == 1
    error_message = "Numbers of the last period that are late must not keep the alarm from ringing, and it must tell the topic."
  }
}

run "what_is_put_is_encrypted_and_read_from_nowhere" {
  variables {
    source_stream_arn = ""
    direct_put        = true
  }

  assert {
    condition     = length(aws_kinesis_firehose_delivery_stream.this.kinesis_source_configuration) == 0 && aws_kinesis_firehose_delivery_stream.this.server_side_encryption[0].key_arn == var.kms_key_arn
    error_message = "Records that are put must be encrypted with the key until they are delivered."
  }

  assert {
    condition     = length([for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement if statement.Sid == "ReadSource"]) == 0
    error_message = "Without a source the role must read none."
  }

  assert {
    condition     = toset(keys(aws_cloudwatch_metric_alarm.this)) == toset(["freshness", "delivery-failed", "put-throttled"]) && length(aws_cloudwatch_metric_alarm.not_reading) == 0 && length(output.alarm_arns) == 3
    error_message = "Where nothing is read, nothing can fail to be read."
  }
}

run "a_stream_that_is_read_is_not_encrypted_a_second_time" {
  assert {
    condition     = length(aws_kinesis_firehose_delivery_stream.this.server_side_encryption) == 0
    error_message = "Firehose refuses encryption beside that of its source."
  }
}

run "documents_are_indexed_and_all_of_them_kept_in_s3" {
  variables {
    source_stream_arn = ""
    direct_put        = true
    prefix            = "predictions/"
    search = [{
      domain_arn = "arn:aws:es:ap-northeast-1:123456789012:domain/taxis"
      index_name = "predictions"
      rotation   = "OneWeek"
    }]
  }

  assert {
    condition     = aws_kinesis_firehose_delivery_stream.this.destination == "opensearch" && length(aws_kinesis_firehose_delivery_stream.this.extended_s3_configuration) == 0
    error_message = "There is one destination."
  }

  assert {
    condition = {
      for name in ["domain_arn", "index_name", "index_rotation_period", "s3_backup_mode"] : name => aws_kinesis_firehose_delivery_stream.this.opensearch_configuration[0][name]
      } == {
      domain_arn            = "arn:aws:es:ap-northeast-1:123456789012:domain/taxis"
      index_name            = "predictions"
      index_rotation_period = "OneWeek"
      s3_backup_mode        = "AllDocuments"
    }
    error_message = "S3 must have every document, not those alone that the domain refused."
  }

  assert {
    condition     = aws_kinesis_firehose_delivery_stream.this.opensearch_configuration[0].s3_configuration[0].prefix == "predictions/" && aws_kinesis_firehose_delivery_stream.this.opensearch_configuration[0].s3_configuration[0].compression_format == "GZIP"
    error_message = "Objects must lie where they lie without a domain: Firehose adds the hour to a prefix without expression."
  }

  assert {
    condition = toset(flatten([
      for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Resource if contains(flatten([statement.Action]), "es:ESHttpPost")
    ])) == toset(["arn:aws:es:ap-northeast-1:123456789012:domain/taxis", "arn:aws:es:ap-northeast-1:123456789012:domain/taxis/*"])
    error_message = "The role must index in this domain and in no other."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["search-failed"].metric_name == "DeliveryToAmazonOpenSearchService.Success"
    error_message = "Documents that the domain does not take must ring."
  }
}

run "refuses_two_domains" {
  command = plan

  variables {
    search = [
      { domain_arn = "arn:aws:es:ap-northeast-1:123456789012:domain/taxis", index_name = "one" },
      { domain_arn = "arn:aws:es:ap-northeast-1:123456789012:domain/taxis", index_name = "two" },
    ]
  }

  expect_failures = [var.search]
}

run "refuses_what_is_no_domain_or_no_index" {
  command = plan

  variables {
    search = [{ domain_arn = "taxis", index_name = "Predictions" }]
  }

  expect_failures = [var.search]
}

run "refuses_a_rotation_that_there_is_not" {
  command = plan

  variables {
    search = [{ domain_arn = "arn:aws:es:ap-northeast-1:123456789012:domain/taxis", index_name = "predictions", rotation = "OneYear", retry_seconds = 7201 }]
  }

  expect_failures = [var.search]
}

run "refuses_a_newline_that_firehose_does_not_append" {
  command = plan

  variables {
    append_newline = true
    search         = [{ domain_arn = "arn:aws:es:ap-northeast-1:123456789012:domain/taxis", index_name = "predictions" }]
  }

  expect_failures = [var.search]
}

run "refuses_a_buffer_that_a_domain_does_not_get" {
  command = plan

  variables {
    buffering_megabytes = 101
    search = [{
      domain_arn = "arn:aws:es:ap-northeast-1:123456789012:domain/taxis"
      index_name = "predictions"
    }]
  }

  expect_failures = [var.buffering_megabytes]
}

run "refuses_bad_values" {
  command = plan

  variables {
    name                = "two words"
    source_stream_arn   = "readings"
    source_kms_key_arns = ["mine"]
    bucket_arn          = "raw"
    kms_key_arn         = "mine"
    prefix              = "raw!{timestamp:yyyy}/"
    buffering_megabytes = 129
    buffering_seconds   = 901
    log_retention_days  = 8
  }

  expect_failures = [
    var.name,
    var.source_stream_arn,
    var.source_kms_key_arns,
    var.bucket_arn,
    var.kms_key_arn,
    var.prefix,
    var.buffering_megabytes,
    var.buffering_seconds,
    var.log_retention_days,
  ]
}

run "refuses_errors_among_the_data_and_an_alarm_that_always_fires" {
  command = plan

  variables {
    error_prefix            = "raw_data/device_sensor/errors/"
    buffering_seconds       = 300
    freshness_alarm_seconds = 300
  }

  expect_failures = [var.error_prefix, var.freshness_alarm_seconds]
}

run "refuses_an_error_prefix_that_starts_with_a_slash" {
  command = plan

  variables {
    error_prefix = "/errors/"
  }

  expect_failures = [var.error_prefix]
}
