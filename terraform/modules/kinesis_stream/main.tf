# A Kinesis data stream, encrypted at rest, with the policy of whoever may write to it.

resource "aws_kinesis_stream" "this" {
  #checkov:skip=CKV_AWS_43:Encrypted unless a root says otherwise, as the local stage does, which encrypts nothing.
  name                      = var.name
  shard_count               = var.mode == "PROVISIONED" ? var.shard_count : null
  retention_period          = var.retention_hours
  shard_level_metrics       = var.shard_level_metrics
  encryption_type           = var.encrypted ? "KMS" : "NONE"
  kms_key_id                = var.encrypted ? var.kms_key_id : null
  enforce_consumer_deletion = var.force_destroy

  stream_mode_details {
    stream_mode = var.mode
  }
}

resource "aws_iam_policy" "producer" {
  name        = "${var.name}-producer"
  description = "Write records to the stream ${var.name}."

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid    = "WriteRecords"
          Effect = "Allow"
          Action = [
            "kinesis:DescribeStreamSummary",
            "kinesis:ListShards",
            "kinesis:PutRecord",
            "kinesis:PutRecords",
          ]
          Resource = aws_kinesis_stream.this.arn
        },
      ],
      local.has_customer_key ? [
        {
          Sid      = "EncryptRecords"
          Effect   = "Allow"
          Action   = "kms:GenerateDataKey"
          Resource = var.kms_key_id
          Condition = {
            StringEquals = { "kms:EncryptionContext:aws:kinesis:arn" = aws_kinesis_stream.this.arn }
          }
        },
      ] : [],
    )
  })
}

locals {
  # The key that AWS manages for Kinesis may be used by every principal that may use the stream.
  has_customer_key = var.encrypted && startswith(var.kms_key_id, "arn:")
}
