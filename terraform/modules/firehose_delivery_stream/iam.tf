data "aws_caller_identity" "current" {}

resource "aws_iam_role" "this" {
  name        = var.name
  description = "What the delivery stream ${var.name} may do: read its source, write below its prefixes, log."

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "firehose.amazonaws.com" }
      Action    = "sts:AssumeRole"
      # No other account's delivery stream can borrow the role.
      Condition = { StringEquals = { "sts:ExternalId" = data.aws_caller_identity.current.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  name = "deliver"
  role = aws_iam_role.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      for arn in local.reads ? [var.source_stream_arn] : [] : {
        Sid    = "ReadSource"
        Effect = "Allow"
        Action = [
          "kinesis:DescribeStream",
          "kinesis:GetRecords",
          "kinesis:GetShardIterator",
          "kinesis:ListShards",
        ]
        Resource = arn
      }
      ], [
      {
        Sid      = "FindBucket"
        Effect   = "Allow"
        Action   = ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"]
        Resource = var.bucket_arn
      },
      {
        Sid      = "WriteObjects"
        Effect   = "Allow"
        Action   = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"]
        Resource = ["${var.bucket_arn}/${var.prefix}*", "${var.bucket_arn}/${var.error_prefix}*"]
      },
      {
        Sid      = "EncryptObjects"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = var.kms_key_arn
      },
      {
        Sid      = "LogErrors"
        Effect   = "Allow"
        Action   = "logs:PutLogEvents"
        Resource = "${aws_cloudwatch_log_group.this.arn}:log-stream:${aws_cloudwatch_log_stream.this.name}"
      },
      ], [
      for arn in var.source_kms_key_arns : {
        Sid       = "DecryptSource"
        Effect    = "Allow"
        Action    = "kms:Decrypt"
        Resource  = arn
        Condition = { StringEquals = { "kms:EncryptionContext:aws:kinesis:arn" = var.source_stream_arn } }
      }
      ], [
      for arn in var.search[*].domain_arn : {
        Sid      = "IndexDocuments"
        Effect   = "Allow"
        Action   = ["es:DescribeDomain", "es:DescribeDomainConfig", "es:DescribeDomains", "es:ESHttpPost", "es:ESHttpPut"]
        Resource = [arn, "${arn}/*"]
      }
      ], [
      # What Firehose looks at: https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html#using-iam-es
      for domain in var.search : {
        Sid    = "LookAtDomain"
        Effect = "Allow"
        Action = "es:ESHttpGet"
        Resource = [for path in [
          "_all/_settings",
          "_cluster/stats",
          "_nodes",
          "_nodes/stats",
          "_nodes/*/stats",
          "_stats",
          "${domain.index_name}*/_mapping/*",
          "${domain.index_name}*/_stats",
        ] : "${domain.domain_arn}/${path}"]
      }
    ])
  })
}
