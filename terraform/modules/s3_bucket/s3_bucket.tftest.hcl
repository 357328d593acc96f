mock_provider "aws" {
  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::readings" }
  }

  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_region" {
    defaults = { name = "ap-northeast-1" }
  }
}

variables {
  name        = "readings"
  kms_key_arn = "arn:aws:kms:ap-northeast-1:123456789012:key/1"
}

run "is_private_encrypted_versioned_and_kept" {
  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.this.block_public_acls,
      aws_s3_bucket_public_access_block.this.block_public_policy,
      aws_s3_bucket_public_access_block.this.ignore_public_acls,
      aws_s3_bucket_public_access_block.this.restrict_public_buckets,
    ])
    error_message = "Every way to make the bucket public must be blocked."
  }

  assert {
    condition     = one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default[0].kms_master_key_id == var.kms_key_arn && one(aws_s3_bucket_server_side_encryption_configuration.this.rule).bucket_key_enabled
    error_message = "Objects must be encrypted with the given key, through a bucket key."
  }

  assert {
    condition     = aws_s3_bucket_versioning.this.versioning_configuration[0].status == "Enabled"
    error_message = "An overwritten object must be recoverable."
  }

  assert {
    condition     = aws_s3_bucket.this.force_destroy == false
    error_message = "Data must not be deleted with the bucket unless asked for."
  }

  assert {
    condition     = length(aws_s3_bucket_lifecycle_configuration.this) == 0
    error_message = "Without rules nothing ages."
  }
}

run "refuses_every_request_without_tls" {
  assert {
    condition = anytrue([
      for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement :
      statement.Effect == "Deny" && try(statement.Condition.Bool["aws:SecureTransport"], "") == "false" && toset(statement.Resource) == toset(["arn:aws:s3:::readings", "arn:aws:s3:::readings/*"])
    ])
    error_message = "Plain HTTP must be refused for the bucket and its objects."
  }
}

run "lets_log_delivery_write_for_this_account_alone" {
  variables {
    log_delivery = true
  }

  assert {
    condition = {
      for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement : statement.Sid => statement.Resource
      if statement.Effect == "Allow" && statement.Principal == { Service = "delivery.logs.amazonaws.com" } && try(statement.Condition.StringEquals["aws:SourceAccount"], "") == "123456789012" && try(statement.Condition.ArnLike["aws:SourceArn"], "") == "arn:aws:logs:ap-northeast-1:123456789012:*"
    } == { LogDeliveryWrites = "arn:aws:s3:::readings/AWSLogs/*", LogDeliveryChecks = "arn:aws:s3:::readings" }
    error_message = "Logs of this account must be let in, and none of others."
  }
}

run "lets_no_service_in_unless_asked" {
  assert {
    condition     = alltrue([for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement : statement.Effect == "Deny"])
    error_message = "A bucket must allow nothing by itself."
  }
}

run "lets_its_distribution_read_and_nobody_else" {
  variables {
    reading_distributions = ["arn:aws:cloudfront::123456789012:distribution/E1"]
  }

  assert {
    condition = [
      for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement : [statement.Principal.Service, statement.Action, statement.Condition.StringEquals["aws:SourceArn"]]
      if statement.Effect == "Allow"
    ] == [["cloudfront.amazonaws.com", "s3:GetObject", "arn:aws:cloudfront::123456789012:distribution/E1"]]
    error_message = "CloudFront may read for this one distribution."
  }
}

run "ages_and_expires_objects_as_told" {
  variables {
    lifecycle_rules = [
      {
        id = "age"
        transitions = [
          { days = 30, storage_class = "STANDARD_IA" },
          { days = 120, storage_class = "GLACIER" },
        ]
        expire_noncurrent_days = 30
      },
      { id = "expire", expire_days = 30, expire_noncurrent_days = 1 },
    ]
  }

  assert {
    condition     = toset([for move in aws_s3_bucket_lifecycle_configuration.this[0].rule[0].transition : "${move.days} ${move.storage_class}"]) == toset(["30 STANDARD_IA", "120 GLACIER"])
    error_message = "Both transitions must be there."
  }

  assert {
    condition     = aws_s3_bucket_lifecycle_configuration.this[0].rule[0].abort_incomplete_multipart_upload[0].days_after_initiation == 7
    error_message = "Unfinished uploads must not be paid for for ever."
  }

  assert {
    condition     = [for end in aws_s3_bucket_lifecycle_configuration.this[0].rule[0].expiration : "${end.days} ${end.expired_object_delete_marker}"] == ["0 true"]
    error_message = "Nothing current may expire unless asked for; a delete marker without versions must go."
  }

  assert {
    condition     = [for end in aws_s3_bucket_lifecycle_configuration.this[0].rule[1].expiration : "${end.days} ${end.expired_object_delete_marker}"] == ["30 false"]
    error_message = "S3 refuses days and delete markers in one expiration."
  }
}

run "refuses_bad_values" {
  command = plan

  variables {
    name            = "Readings_"
    kms_key_arn     = "alias/aws/s3"
    lifecycle_rules = [{ id = "twice" }, { id = "twice" }]
  }

  expect_failures = [var.name, var.kms_key_arn, var.lifecycle_rules]
}

run "refuses_an_unknown_storage_class" {
  command = plan

  variables {
    lifecycle_rules = [{ id = "a", transitions = [{ days = 30, storage_class = "CELLAR" }] }]
  }

  expect_failures = [var.lifecycle_rules]
}

run "refuses_infrequent_access_before_30_days" {
  command = plan

  variables {
    lifecycle_rules = [{ id = "a", transitions = [{ days = 29, storage_class = "STANDARD_IA" }] }]
  }

  expect_failures = [var.lifecycle_rules]
}

run "refuses_to_abort_uploads_at_once" {
  command = plan

  variables {
    lifecycle_rules = [{ id = "a", abort_multipart_days = 0 }]
  }

  expect_failures = [var.lifecycle_rules]
}

run "refuses_two_distributions" {
  command = plan

  variables {
    reading_distributions = ["arn:aws:cloudfront::123456789012:distribution/E1", "arn:aws:cloudfront::123456789012:distribution/E2"]
  }

  expect_failures = [var.reading_distributions]
}
