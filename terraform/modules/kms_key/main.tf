# One customer-managed key that a pipeline's data, logs and notifications are encrypted with.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  root_arn   = "arn:${data.aws_partition.current.partition}:iam::${local.account_id}:root"

  events = "events.amazonaws.com"

  # What each service says of itself when it uses the key. CloudFront, which reads a bucket's objects by it, names the
  # distribution and no account (CloudFront Developer Guide, "Restrict access to an Amazon S3 origin", SSE-KMS).
  by_distribution = {
    "cloudfront.amazonaws.com" = {
      ArnLike = { "aws:SourceArn" = "arn:${data.aws_partition.current.partition}:cloudfront::${local.account_id}:distribution/*" }
    }
  }
  by_account = { StringEquals = { "aws:SourceAccount" = local.account_id } }

  # In a key policy "*" as the resource means this key and no other.
  this_key = "*"

  # Everything the account needs to run and, one day, to retire the key. Named one by one: kms:* would also allow
  # actions that AWS has yet to add. Without PutKeyPolicy nobody could ever change this policy again.
  administration = [
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:CreateGrant",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:DisableKeyRotation",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListAliases",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListKeyRotations",
    "kms:ListResourceTags",
    "kms:ListRetirableGrants",
    "kms:PutKeyPolicy",
    "kms:RevokeGrant",
    "kms:RotateKeyOnDemand",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
  ]

  use = [
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
  ]

  policy = {
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid       = "AccountAdministersTheKeyThroughIam"
          Effect    = "Allow"
          Principal = { AWS = local.root_arn }
          Action    = concat(local.administration, local.use)
          Resource  = local.this_key
        },
        {
          Sid       = "LogGroupsOfThisAccount"
          Effect    = "Allow"
          Principal = { Service = "logs.${data.aws_region.current.name}.amazonaws.com" }
          Action    = local.use
          Resource  = local.this_key
          Condition = {
            ArnLike = {
              "kms:EncryptionContext:aws:logs:arn" = "arn:${data.aws_partition.current.partition}:logs:${data.aws_region.current.name}:${local.account_id}:log-group:*"
            }
          }
        },
      ],
      [
        for service in var.publishing_services : {
          Sid       = "PublishFor${join("", split(".", service))}"
          Effect    = "Allow"
          Principal = { Service = service }
          Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
          Resource  = local.this_key
          Condition = lookup(local.by_distribution, service, local.by_account)
        } if service != local.events
      ],
      [
        # EventBridge names no source account when it publishes to an encrypted topic: a condition would shut it out.
        for service in var.publishing_services : {
          Sid       = "EventsPublishToTheEncryptedTopic"
          Effect    = "Allow"
          Principal = { Service = service }
          Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
          Resource  = local.this_key
        } if service == local.events
      ],
    )
  }
}

resource "aws_kms_key" "this" {
  description             = var.description
  deletion_window_in_days = var.deletion_window_days
  enable_key_rotation     = true
  policy                  = jsonencode(local.policy)
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.name}"
  target_key_id = aws_kms_key.this.key_id
}
