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

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/etl" }
  }

  mock_resource "aws_glue_job" {
    defaults = { arn = "arn:aws:glue:ap-northeast-1:123456789012:job/etl" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:ap-northeast-1:123456789012:log-group:etl" }
  }
}

variables {
  name                = "etl"
  description         = "Does the work."
  script_path         = "testdata/job.py"
  package_path        = "testdata/package-1.zip"
  artifacts_bucket    = "artifacts"
  read_paths          = ["raw/readings/"]
  write_paths         = ["tables/readings/"]
  kms_key_arn         = "arn:aws:kms:ap-northeast-1:123456789012:key/lake"
  schedule_expression = "rate(15 minutes)"
  alarm_topic_arns    = ["arn:aws:sns:ap-northeast-1:123456789012:alarms"]
  arguments           = { "--raw_path" = "s3://raw/readings/", "--job-language" = "scala" }
}

run "runs_the_uploaded_script_with_the_uploaded_package" {
  assert {
    condition     = aws_glue_job.this.command[0].script_location == "s3://artifacts/glue/etl.py" && aws_s3_object.script.source_hash == filesha256("testdata/job.py")
    error_message = "The job must run the script that was uploaded, and a changed script must be uploaded again."
  }

  assert {
    condition     = aws_glue_job.this.default_arguments["--extra-py-files"] == "s3://artifacts/glue/package-1.zip" && aws_s3_object.package.key == "glue/package-1.zip"
    error_message = "The job must get the package that was uploaded."
  }

  assert {
    condition     = aws_glue_job.this.default_arguments["--raw_path"] == "s3://raw/readings/" && aws_glue_job.this.default_arguments["--job-language"] == "scala" && aws_glue_job.this.default_arguments["--enable-metrics"] == "true"
    error_message = "The given arguments must win over the module's, which must stay otherwise."
  }

  assert {
    condition     = aws_glue_job.this.glue_version == "5.1" && aws_glue_job.this.worker_type == "G.1X" && aws_glue_job.this.execution_property[0].max_concurrent_runs == 1
    error_message = "One run at a time, on Glue 5.1, unless asked otherwise."
  }
}

run "logs_into_groups_of_its_own" {
  assert {
    condition     = output.log_group_names == { output = "/aws-glue/jobs/etl/output", error = "/aws-glue/jobs/etl/error" } && aws_glue_job.this.default_arguments["--custom-logGroup-prefix"] == "/aws-glue/jobs/etl"
    error_message = "Glue appends /output and /error to the prefix."
  }

  assert {
    condition     = alltrue([for group in values(aws_cloudwatch_log_group.this) : group.kms_key_id == var.kms_key_arn && group.retention_in_days == 365])
    error_message = "Logs must be encrypted, and kept a year by default."
  }
}

run "the_role_writes_below_its_outputs_only" {
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
    ])) == toset(["arn:aws:s3:::tables/readings/*", "arn:aws:s3:::tables/readings_$folder$"])
    error_message = "The job must not write to its inputs or its code."
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Condition.StringEquals["cloudwatch:namespace"] == ["Glue"] if statement.Resource == "*"
    ])
    error_message = "Only metrics may go without a resource, and only into named namespaces."
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : toset(statement.Resource) == toset(["arn:aws:s3:::raw", "arn:aws:s3:::tables"]) if statement.Sid == "ListBuckets"
    ])
    error_message = "The job must list its own buckets only."
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Resource == ["arn:aws:s3:::tables"] if contains(flatten([statement.Action]), "s3:ListBucketMultipartUploads")
    ]) && contains(flatten([for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Action]), "s3:ListBucketMultipartUploads")
    error_message = "S3A's committers list unfinished uploads where they write."
  }
}

run "glue_can_assume_the_role" {
  assert {
    condition     = jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Principal.Service == "glue.amazonaws.com" && !can(jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Condition)
    error_message = "A condition on a key that Glue does not send would keep every run from starting."
  }
}

run "the_schedule_starts_this_job_and_nothing_else" {
  assert {
    condition     = aws_scheduler_schedule.this.target[0].arn == "arn:aws:scheduler:::aws-sdk:glue:startJobRun" && jsondecode(aws_scheduler_schedule.this.target[0].input) == { JobName = "etl" }
    error_message = "The schedule must start the job through the Glue API."
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.schedule.policy).Statement[0].Action == "glue:StartJobRun" && jsondecode(aws_iam_role_policy.schedule.policy).Statement[0].Resource == aws_glue_job.this.arn
    error_message = "The schedule's role must be good for this job only."
  }

  assert {
    condition     = aws_scheduler_schedule.this.state == "ENABLED" && aws_scheduler_schedule.this.target[0].retry_policy[0].maximum_retry_attempts == 0
    error_message = "A refused start must not be tried again: the next one takes what is left."
  }
}

run "a_disabled_schedule_waits" {
  command = plan

  variables {
    schedule_enabled = false
  }

  assert {
    condition     = aws_scheduler_schedule.this.state == "DISABLED"
    error_message = "The job must not start by itself."
  }
}

run "a_failed_run_tells_the_topic" {
  assert {
    condition     = toset(jsondecode(aws_cloudwatch_event_rule.failure.event_pattern).detail.state) == toset(["FAILED", "TIMEOUT", "ERROR"]) && jsondecode(aws_cloudwatch_event_rule.failure.event_pattern).detail.jobName == ["etl"]
    error_message = "Every bad end of this job must match."
  }

  assert {
    condition     = aws_cloudwatch_event_target.failure["0"].arn == "arn:aws:sns:ap-northeast-1:123456789012:alarms" && aws_cloudwatch_metric_alarm.failure.dimensions.RuleName == aws_cloudwatch_event_rule.failure.name
    error_message = "The topic must be told, and the alarm must follow the rule."
  }

  assert {
    condition     = aws_cloudwatch_event_target.failure["0"].input_transformer[0].input_template == "{\"job\": <job>, \"run\": <run>, \"state\": <state>, \"message\": <message>}"
    error_message = "A message with quotes must arrive whole."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.failure.alarm_actions == toset(["arn:aws:sns:ap-northeast-1:123456789012:alarms"])
    error_message = "The topic must be told even where the event does not reach it."
  }
}

run "refuses_bad_values" {
  command = plan

  variables {
    name                = "two words"
    artifacts_prefix    = "/glue"
    glue_version        = "4.0"
    worker_type         = "Standard"
    number_of_workers   = 1
    timeout_minutes     = 0
    max_concurrent_runs = 0
    max_retries         = 11
    arguments           = { raw_path = "s3://raw/" }
    read_paths          = ["s3://raw"]
    write_paths         = ["tables"]
    kms_key_arn         = "mine"
    schedule_expression = "hourly"
    log_retention_days  = 8
  }

  expect_failures = [
    var.name,
    var.artifacts_prefix,
    var.glue_version,
    var.worker_type,
    var.number_of_workers,
    var.timeout_minutes,
    var.max_concurrent_runs,
    var.max_retries,
    var.arguments,
    var.read_paths,
    var.write_paths,
    var.kms_key_arn,
    var.schedule_expression,
    var.log_retention_days,
  ]
}

run "refuses_a_script_and_a_package_that_do_not_exist" {
  command = plan

  variables {
    script_path  = "testdata/no.py"
    package_path = "testdata/no.zip"
  }

  expect_failures = [var.script_path, var.package_path]
}
