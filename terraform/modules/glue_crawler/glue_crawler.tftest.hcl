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
    defaults = { arn = "arn:aws:iam::123456789012:role/crawl" }
  }

  mock_resource "aws_glue_crawler" {
    defaults = { arn = "arn:aws:glue:ap-northeast-1:123456789012:crawler/crawl" }
  }
}

variables {
  name          = "crawl"
  description   = "Keeps readings up to date."
  database_name = "lake"
  tables        = ["readings"]
  read_paths    = ["tables/readings/"]
  schedule      = "cron(0 * * * ? *)"
  kms_key_arn   = "arn:aws:kms:ap-northeast-1:123456789012:key/lake"
}

run "crawls_the_tables_that_exist_and_makes_none" {
  assert {
    condition     = aws_glue_crawler.this.catalog_target[0].tables == tolist(["readings"]) && length(aws_glue_crawler.this.s3_target) == 0
    error_message = "An S3 target would make a second table beside the declared one."
  }

  assert {
    condition     = aws_glue_crawler.this.schema_change_policy[0].delete_behavior == "LOG" && jsondecode(aws_glue_crawler.this.configuration).Grouping.TableGroupingPolicy == "CombineCompatibleSchemas"
    error_message = "Glue demands both of a crawler with a catalogue target."
  }

  assert {
    condition     = jsondecode(aws_glue_crawler.this.configuration).CrawlerOutput.Tables.AddOrUpdateBehavior == "MergeNewColumns"
    error_message = "The crawler may add columns, never take one away."
  }

  assert {
    condition     = jsondecode(aws_glue_crawler.this.configuration).CreatePartitionIndex == false
    error_message = "The role may make no partition index, so the crawler must not try."
  }
}

run "the_role_touches_its_database_tables_and_files_only" {
  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : alltrue([
        for action in flatten([statement.Action]) : !strcontains(action, "*") && !strcontains(action, "Delete") && action != "glue:CreateTable"
      ])
    ])
    error_message = "The crawler must neither delete nor make tables, and its actions must be named."
  }

  assert {
    condition = toset(flatten([
      for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Resource if statement.Sid == "RegisterPartitionsAndColumns"
      ])) == toset([
      "arn:aws:glue:ap-northeast-1:123456789012:catalog",
      "arn:aws:glue:ap-northeast-1:123456789012:database/lake",
      "arn:aws:glue:ap-northeast-1:123456789012:table/lake/readings",
    ])
    error_message = "The crawler must reach its own tables and no other."
  }

  assert {
    condition     = alltrue([for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Resource == ["arn:aws:s3:::tables/readings/*"] if statement.Sid == "ReadFiles"])
    error_message = "The crawler must read its own files and no other."
  }
}

run "glue_can_assume_the_role_and_log" {
  assert {
    condition     = jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Principal.Service == "glue.amazonaws.com" && !can(jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Condition)
    error_message = "A condition on a key that Glue does not send would keep the crawler from being made."
  }

  assert {
    condition     = alltrue([for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : contains(statement.Resource, "arn:aws:logs:ap-northeast-1:123456789012:log-group:/aws-glue/crawlers:*") if statement.Sid == "Log"])
    error_message = "Permissions on a log group are given on its ARN with :* at the end."
  }
}

run "a_failed_crawl_tells_the_topic" {
  variables {
    alarm_topic_arns = ["arn:aws:sns:ap-northeast-1:123456789012:alarms"]
  }

  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.failure.event_pattern).detail.crawlerName == ["crawl"] && aws_cloudwatch_event_target.failure["0"].arn == "arn:aws:sns:ap-northeast-1:123456789012:alarms"
    error_message = "A failure of this crawler must reach the topic."
  }

  assert {
    condition     = aws_cloudwatch_event_target.failure["0"].input_transformer[0].input_template == "{\"crawler\": <crawler>, \"message\": <message>}"
    error_message = "A message with quotes must arrive whole."
  }
}

run "refuses_bad_values" {
  command = plan

  variables {
    name        = "two words"
    tables      = []
    read_paths  = ["s3://tables"]
    schedule    = "rate(1 hour)"
    kms_key_arn = "mine"
  }

  expect_failures = [var.name, var.tables, var.read_paths, var.schedule, var.kms_key_arn]
}
