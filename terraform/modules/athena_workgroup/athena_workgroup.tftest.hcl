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

  mock_resource "aws_athena_workgroup" {
    defaults = { arn = "arn:aws:athena:ap-northeast-1:123456789012:workgroup/analysts" }
  }
}

variables {
  name           = "analysts"
  description    = "Whoever asks."
  results_bucket = "results"
  kms_key_arn    = "arn:aws:kms:ap-northeast-1:123456789012:key/lake"
  database_name  = "lake"
  tables         = ["readings"]
  read_paths     = ["tables/readings/"]
}

run "bounds_what_a_query_reads_and_encrypts_its_answer" {
  variables {
    scan_limit_bytes = 1073741824
  }

  assert {
    condition     = aws_athena_workgroup.this.configuration[0].bytes_scanned_cutoff_per_query == 1073741824
    error_message = "A query that reads too much must be stopped."
  }

  assert {
    condition     = aws_athena_workgroup.this.configuration[0].enforce_workgroup_configuration
    error_message = "A client must not get round the workgroup's settings."
  }

  assert {
    condition     = aws_athena_workgroup.this.configuration[0].result_configuration[0].encryption_configuration[0].encryption_option == "SSE_KMS" && aws_athena_workgroup.this.configuration[0].result_configuration[0].output_location == "s3://results/results/"
    error_message = "Results must be encrypted, in their own place."
  }
}

run "holds_the_saved_queries" {
  variables {
    queries = {
      all = { description = "Everything.", sql = "SELECT * FROM readings" }
    }
  }

  assert {
    condition     = aws_athena_named_query.this["all"].database == "lake" && aws_athena_named_query.this["all"].query == "SELECT * FROM readings" && keys(output.query_ids) == ["all"]
    error_message = "A saved query must run in the database, as written."
  }
}

run "an_analyst_reads_the_tables_and_writes_results_only" {
  assert {
    condition = alltrue([
      for action in flatten([for statement in jsondecode(aws_iam_policy.analyst.policy).Statement : statement.Action]) :
      !strcontains(action, "*")
    ])
    error_message = "No action may hold a star."
  }

  assert {
    condition = toset(flatten([
      for statement in jsondecode(aws_iam_policy.analyst.policy).Statement : statement.Resource if contains(flatten([statement.Action]), "s3:PutObject")
    ])) == toset(["arn:aws:s3:::results/results/*"])
    error_message = "An analyst must write results and nothing else."
  }

  assert {
    condition     = alltrue([for statement in jsondecode(aws_iam_policy.analyst.policy).Statement : statement.Resource == "arn:aws:athena:ap-northeast-1:123456789012:workgroup/analysts" if statement.Sid == "Query"])
    error_message = "An analyst must query in this workgroup only."
  }

  assert {
    condition = toset(flatten([
      for statement in jsondecode(aws_iam_policy.analyst.policy).Statement : statement.Resource if contains(flatten([statement.Action]), "glue:CreateDatabase")
      ])) == toset([
      "arn:aws:glue:ap-northeast-1:123456789012:catalog",
      "arn:aws:glue:ap-northeast-1:123456789012:database/default",
    ])
    error_message = "Athena needs the database default, and an analyst no other of their own."
  }
}

run "refuses_bad_values" {
  command = plan

  variables {
    name             = "two words"
    results_prefix   = "/results"
    kms_key_arn      = "mine"
    scan_limit_bytes = 1000
    tables           = []
    read_paths       = []
    queries          = { empty = { description = "Nothing.", sql = " " } }
  }

  expect_failures = [
    var.name,
    var.results_prefix,
    var.kms_key_arn,
    var.scan_limit_bytes,
    var.tables,
    var.read_paths,
    var.queries,
  ]
}
