data "aws_region" "current" {}

resource "aws_iam_role_policy" "this" {
  name = "read-stream"
  role = var.function_role_name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      {
        Sid    = "ReadStream"
        Effect = "Allow"
        Action = [
          "kinesis:DescribeStream",
          "kinesis:DescribeStreamSummary",
          "kinesis:GetRecords",
          "kinesis:GetShardIterator",
          "kinesis:ListShards",
        ]
        Resource = var.stream_arn
      },
      {
        # Lambda puts the object with the function's own role, below this prefix of its choice.
        Sid      = "KeepFailedBatches"
        Effect   = "Allow"
        Action   = "s3:PutObject"
        Resource = "${var.failure_bucket_arn}/aws/lambda/*"
      },
      {
        Sid      = "FindFailureBucket"
        Effect   = "Allow"
        Action   = "s3:ListBucket"
        Resource = var.failure_bucket_arn
      },
      {
        Sid       = "EncryptFailedBatches"
        Effect    = "Allow"
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = var.failure_kms_key_arn
        Condition = { StringEquals = { "kms:ViaService" = "s3.${data.aws_region.current.name}.amazonaws.com" } }
      },
      ], [
      for arn in aws_kinesis_stream_consumer.this[*].arn : {
        Sid      = "GetRecordsPushed"
        Effect   = "Allow"
        Action   = "kinesis:SubscribeToShard"
        Resource = arn
      }
      ], [
      for arn in var.stream_kms_key_arns : {
        Sid       = "DecryptStream"
        Effect    = "Allow"
        Action    = "kms:Decrypt"
        Resource  = arn
        Condition = { StringEquals = { "kms:EncryptionContext:aws:kinesis:arn" = var.stream_arn } }
      }
    ])
  })
}
