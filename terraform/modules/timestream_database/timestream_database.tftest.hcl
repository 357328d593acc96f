mock_provider "aws" {
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_region" {
    defaults = { name = "ap-northeast-1" }
  }

  mock_resource "aws_timestreamwrite_table" {
    defaults = { arn = "arn:aws:timestream:ap-northeast-1:123456789012:database/insight/table/metrics" }
  }
}

variables {
  name        = "insight"
  kms_key_arn = "arn:aws:kms:ap-northeast-1:123456789012:key/1"
  tables      = { metrics = {} }
}

run "keeps_a_day_in_memory_and_a_year_on_disk_encrypted" {
  assert {
    condition     = aws_timestreamwrite_database.this.kms_key_id == var.kms_key_arn
    error_message = "The database must be encrypted with the given key."
  }

  assert {
    condition     = aws_timestreamwrite_table.this["metrics"].retention_properties[0].memory_store_retention_period_in_hours == 24 && aws_timestreamwrite_table.this["metrics"].retention_properties[0].magnetic_store_retention_period_in_days == 365
    error_message = "By default a table keeps a day in memory and a year on disk."
  }

  assert {
    condition     = !aws_timestreamwrite_table.this["metrics"].magnetic_store_write_properties[0].enable_magnetic_store_writes && length(aws_timestreamwrite_table.this["metrics"].magnetic_store_write_properties[0].magnetic_store_rejected_data_location) == 0
    error_message = "AWS refuses a place for reports where no late record is taken."
  }
}

run "a_writer_writes_and_a_reader_reads_and_both_find_the_endpoint" {
  assert {
    condition     = toset(flatten([for statement in jsondecode(aws_iam_policy.writer.policy).Statement : statement.Action])) == toset(["timestream:DescribeEndpoints", "timestream:WriteRecords", "kms:Decrypt", "kms:DescribeKey"])
    error_message = "A writer must write, and no more."
  }

  assert {
    condition     = toset([for action in flatten([for statement in jsondecode(aws_iam_policy.reader.policy).Statement : statement.Action]) : action if startswith(action, "timestream:")]) == toset(["timestream:CancelQuery", "timestream:DescribeEndpoints", "timestream:DescribeTable", "timestream:ListMeasures", "timestream:Select"])
    error_message = "A reader must not write."
  }

  assert {
    condition = alltrue([
      for statement in concat(jsondecode(aws_iam_policy.writer.policy).Statement, jsondecode(aws_iam_policy.reader.policy).Statement) :
      statement.Resource != "*" || contains(["FindEndpoint", "CancelQuery"], statement.Sid)
    ])
    error_message = "Only what has no resource may name every resource."
  }

  assert {
    condition = alltrue([
      for policy in [aws_iam_policy.writer, aws_iam_policy.reader] : anytrue([
        for statement in jsondecode(policy.policy).Statement :
        statement.Sid == "UseKey" && statement.Resource == var.kms_key_arn && try(statement.Condition.StringEquals["kms:ViaService"], "") == "timestream.ap-northeast-1.amazonaws.com"
      ])
    ])
    error_message = "The key may be used through Timestream alone."
  }
}

run "late_records_are_taken_where_there_is_a_place_for_reports" {
  variables {
    tables          = { metrics = { late_records = true, memory_hours = 12, magnetic_days = 30 }, states = {} }
    rejected_bucket = "insight-parked"
  }

  assert {
    condition     = aws_timestreamwrite_table.this["metrics"].magnetic_store_write_properties[0].magnetic_store_rejected_data_location[0].s3_configuration[0].bucket_name == "insight-parked" && aws_timestreamwrite_table.this["metrics"].magnetic_store_write_properties[0].magnetic_store_rejected_data_location[0].s3_configuration[0].object_key_prefix == "rejected/metrics" && aws_timestreamwrite_table.this["metrics"].magnetic_store_write_properties[0].magnetic_store_rejected_data_location[0].s3_configuration[0].encryption_option == "SSE_KMS"
    error_message = "Reports must go to the bucket, encrypted, a folder for each table."
  }

  assert {
    condition     = one([for statement in jsondecode(aws_iam_policy.writer.policy).Statement : statement.Resource if statement.Sid == "ReportRejectedRecords"]) == "arn:aws:s3:::insight-parked/rejected/*"
    error_message = "The writer must be able to report, and to no other place."
  }

  assert {
    condition     = toset(keys(aws_cloudwatch_metric_alarm.this)) == toset(["metrics-write-latency", "metrics-rejected", "metrics-unreported", "states-write-latency"])
    error_message = "Refused records must ring for the table that takes late ones."
  }
}

run "alarms_tell_the_topic_and_watch_this_database" {
  variables {
    latency_alarm_milliseconds = 250
    alarm_topic_arns           = ["arn:aws:sns:ap-northeast-1:123456789012:alarms"]
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["metrics-write-latency"].threshold == 250 && aws_cloudwatch_metric_alarm.this["metrics-write-latency"].dimensions.Operation == "WriteRecords"
    error_message = "Slow writes must ring."
  }

  assert {
    condition     = alltrue([for alarm in values(aws_cloudwatch_metric_alarm.this) : alarm.dimensions.DatabaseName == "insight" && contains(alarm.alarm_actions, "arn:aws:sns:ap-northeast-1:123456789012:alarms")])
    error_message = "Every alarm must watch this database and tell the topic."
  }
}

run "refuses_bad_values" {
  command = plan

  variables {
    name                       = "two words"
    kms_key_arn                = "alias/insight"
    rejected_prefix            = "rejected"
    latency_alarm_milliseconds = 0
  }

  expect_failures = [
    var.name,
    var.kms_key_arn,
    var.rejected_prefix,
    var.latency_alarm_milliseconds,
  ]
}

run "refuses_no_table_at_all" {
  command = plan

  variables {
    tables = {}
  }

  expect_failures = [var.tables]
}

run "refuses_more_than_a_year_in_memory" {
  command = plan

  variables {
    tables = { metrics = { memory_hours = 8767 } }
  }

  expect_failures = [var.tables]
}

run "refuses_half_a_day_on_disk" {
  command = plan

  variables {
    tables = { metrics = { magnetic_days = 0.5 } }
  }

  expect_failures = [var.tables]
}

run "refuses_late_records_without_a_place_for_reports" {
  command = plan

  variables {
    tables = { metrics = { late_records = true } }
  }

  expect_failures = [var.rejected_bucket]
}
