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
    defaults = { arn = "arn:aws:kinesis:ap-northeast-1:123456789012:stream/readings" }
  }

  mock_resource "aws_kinesis_firehose_delivery_stream" {
    defaults = { arn = "arn:aws:firehose:ap-northeast-1:123456789012:deliverystream/readings" }
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

  mock_resource "aws_glue_job" {
    defaults = { arn = "arn:aws:glue:ap-northeast-1:123456789012:job/etl" }
  }
}

variables {
  stage       = "test"
  job_script  = "../../modules/glue_job/testdata/job.py"
  job_package = "../../modules/glue_job/testdata/package-1.zip"
}

run "every_name_carries_project_and_stage" {
  assert {
    condition = {
      stream    = output.stream_name
      delivery  = output.delivery_stream_name
      job       = output.job_name
      schedule  = output.schedule_name
      crawler   = output.crawler_name
      database  = output.database_name
      workgroup = output.workgroup_name
      dashboard = output.dashboard_name
      key       = output.key_alias
      } == {
      stream    = "datastreamer-test-stream"
      delivery  = "datastreamer-test-firehose"
      job       = "datastreamer-test-temperature-etl"
      schedule  = "datastreamer-test-temperature-etl"
      crawler   = "datastreamer-test-curated-device-telemetry"
      database  = "datastreamer_test"
      workgroup = "datastreamer-test-telemetry"
      dashboard = "datastreamer-test-telemetry"
      key       = "alias/datastreamer-test-telemetry"
    }
    error_message = "Commands find resources by these names."
  }

  assert {
    condition     = output.curated_table == "device_telemetry" && output.quarantine_table == "device_telemetry_quarantine"
    error_message = "Analysts find the tables by these names."
  }

  assert {
    condition     = toset(keys(output.query_ids)) == toset(["average_temperature_today", "hourly_trend", "quarantine_by_reason", "silent_devices", "temperature_anomalies"])
    error_message = "Each file of queries/ must be a saved query."
  }
}

run "the_alarms_of_the_pipeline_watch_the_counts_of_the_job" {
  assert {
    condition     = aws_cloudwatch_metric_alarm.quarantine_rate.threshold == 5 && toset([for query in aws_cloudwatch_metric_alarm.quarantine_rate.metric_query : one(query.metric[*].metric_name)]) == toset([null, "RecordsRead", "RecordsQuarantined"])
    error_message = "The quarantine rate must compare quarantined with read lines."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.corrupt_objects.metric_name == "CorruptObjects" && aws_cloudwatch_metric_alarm.corrupt_objects.threshold == 0 && aws_cloudwatch_metric_alarm.corrupt_objects.dimensions.Stage == "test" && length(aws_cloudwatch_metric_alarm.corrupt_objects.alarm_actions) == 1
    error_message = "One object that cannot be read to its end must ring."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.job_stalled[0].treat_missing_data == "breaching" && aws_cloudwatch_metric_alarm.job_stalled[0].dimensions.Stage == "test"
    error_message = "A job that counts nothing at all is stalled."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.crashed_objects.metric_name == "CrashedObjects" && aws_cloudwatch_metric_alarm.crashed_objects.threshold == 0 && aws_cloudwatch_metric_alarm.crashed_objects.dimensions.Stage == "test"
    error_message = "One object that kills its reader must ring."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.crashed_objects.alarm_actions == toset(["arn:aws:sns:ap-northeast-1:123456789012:alarms"])
    error_message = "What rings must reach the topic."
  }

  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets) == 9 && length(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.alarms) == 12
    error_message = "The dashboard must show every alarm and every step."
  }
}

run "the_job_looks_back_as_far_as_the_stream_keeps_records" {
  command = plan

  variables {
    settings = { stream_retention_hours = 168 }
  }

  assert {
    condition     = module.job.default_arguments["--lookback_hours"] == "169"
    error_message = "An object that Firehose delivers late lies below the hour in which its records arrived."
  }
}

run "a_job_that_nobody_schedules_cannot_stall" {
  command = plan

  variables {
    settings = { job_schedule_enabled = false }
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.job_stalled) == 0
    error_message = "Without a schedule there is nothing to miss."
  }
}

run "refuses_bad_values" {
  command = plan

  variables {
    stage = "Test_1"
  }

  expect_failures = [var.stage]
}

run "refuses_a_bad_noncurrent_version_days" {
  command = plan

  variables {
    settings = { noncurrent_version_days = 0 }
  }

  expect_failures = [var.settings]
}

run "refuses_a_bad_query_result_days" {
  command = plan

  variables {
    settings = { query_result_days = 0 }
  }

  expect_failures = [var.settings]
}

run "refuses_a_bad_quarantine_alarm_percent" {
  command = plan

  variables {
    settings = { quarantine_alarm_percent = 100 }
  }

  expect_failures = [var.settings]
}

run "refuses_a_bad_job_stalled_hours" {
  command = plan

  variables {
    settings = { job_stalled_hours = 0 }
  }

  expect_failures = [var.settings]
}

run "refuses_glacier_before_infrequent_access_is_paid_for" {
  command = plan

  variables {
    settings = {
      raw_infrequent_access_days = 30
      raw_glacier_days           = 59
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
