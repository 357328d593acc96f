mock_provider "aws" {}

variables {
  name        = "predictions"
  kms_key_arn = "arn:aws:kms:ap-northeast-1:123456789012:key/1"
}

run "is_encrypted_restorable_and_protected_by_default" {
  assert {
    condition     = aws_dynamodb_table.this.server_side_encryption[0].enabled && aws_dynamodb_table.this.server_side_encryption[0].kms_key_arn == var.kms_key_arn
    error_message = "The table must be encrypted with the customer key."
  }

  assert {
    condition     = aws_dynamodb_table.this.point_in_time_recovery[0].enabled && aws_dynamodb_table.this.point_in_time_recovery[0].recovery_period_in_days == 35
    error_message = "The table must be restorable as far back as DynamoDB allows."
  }

  assert {
    condition     = aws_dynamodb_table.this.deletion_protection_enabled
    error_message = "A table must not go by mistake."
  }

  assert {
    condition     = aws_dynamodb_table.this.billing_mode == "PAY_PER_REQUEST" && length(aws_dynamodb_table.this.ttl) == 0
    error_message = "The table must be billed by the request, and must keep every item unless told otherwise."
  }
}

run "has_two_string_keys" {
  assert {
    condition     = aws_dynamodb_table.this.hash_key == "pk" && aws_dynamodb_table.this.range_key == "sk"
    error_message = "Items are found by pk and ordered by sk."
  }

  assert {
    condition     = toset([for attribute in aws_dynamodb_table.this.attribute : "${attribute.name}=${attribute.type}"]) == toset(["pk=S", "sk=S"])
    error_message = "Both keys must be Strings."
  }
}

run "has_one_item_for_each_hash_key_without_a_range_key" {
  variables {
    hash_key  = "connection_id"
    range_key = ""
  }

  assert {
    condition     = aws_dynamodb_table.this.range_key == null && [for attribute in aws_dynamodb_table.this.attribute : attribute.name] == ["connection_id"]
    error_message = "The hash key must be the only key."
  }
}

run "lets_items_expire_when_told_by_which_attribute" {
  variables {
    ttl_attribute       = "expires_at"
    deletion_protection = false
    recovery_days       = 7
  }

  assert {
    condition     = one(aws_dynamodb_table.this.ttl).enabled && one(aws_dynamodb_table.this.ttl).attribute_name == "expires_at"
    error_message = "The attribute must be the table's TTL."
  }

  assert {
    condition     = !aws_dynamodb_table.this.deletion_protection_enabled && aws_dynamodb_table.this.point_in_time_recovery[0].recovery_period_in_days == 7
    error_message = "Protection and recovery must follow their variables."
  }
}

run "refuses_bad_values" {
  command = plan

  variables {
    name          = "two words"
    range_key     = "pk"
    kms_key_arn   = "alias/mine"
    recovery_days = 36
  }

  expect_failures = [
    var.name,
    var.range_key,
    var.kms_key_arn,
    var.recovery_days,
  ]
}

run "refuses_to_let_items_expire_by_a_key" {
  command = plan

  variables {
    ttl_attribute = "sk"
  }

  expect_failures = [var.ttl_attribute]
}
