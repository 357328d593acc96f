data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  # 123456789012.dkr.ecr.<region>.amazonaws.com/<repository>:<tag>
  registry = regex("^(?P<account>[0-9]{12})[.]dkr[.]ecr[.](?P<region>[a-z0-9-]+)[.]amazonaws[.]com(?:[.]cn)?/(?P<repository>[^:@]+)", var.image)

  archive     = trimprefix(var.model_data_url, "s3://")
  bucket_arn  = "arn:${data.aws_partition.current.partition}:s3:::${split("/", local.archive)[0]}"
  archive_arn = "arn:${data.aws_partition.current.partition}:s3:::${local.archive}"
}

resource "aws_iam_role" "this" {
  name        = "${local.endpoint_name}-role"
  description = "What the containers of the endpoint ${local.endpoint_name} may do: read their image and archive, log, count."

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "sagemaker.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  name = "serve"
  role = aws_iam_role.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "ReadArchive"
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = local.archive_arn
      },
      {
        Sid      = "FindArchive"
        Effect   = "Allow"
        Action   = ["s3:GetBucketLocation", "s3:ListBucket"]
        Resource = local.bucket_arn
      },
      {
        Sid       = "DecryptArchive"
        Effect    = "Allow"
        Action    = "kms:Decrypt"
        Resource  = var.kms_key_arn
        Condition = { StringEquals = { "kms:ViaService" = "s3.${data.aws_region.current.name}.amazonaws.com" } }
      },
      {
        Sid      = "ReadImage"
        Effect   = "Allow"
        Action   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        Resource = "arn:${data.aws_partition.current.partition}:ecr:${local.registry.region}:${local.registry.account}:repository/${local.registry.repository}"
      },
      {
        # The token is the account's, not a repository's.
        Sid      = "SignInToRegistry"
        Effect   = "Allow"
        Action   = "ecr:GetAuthorizationToken"
        Resource = "*"
      },
      {
        Sid      = "Log"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
        Resource = [aws_cloudwatch_log_group.this.arn, "${aws_cloudwatch_log_group.this.arn}:*"]
      },
      {
        Sid       = "Count"
        Effect    = "Allow"
        Action    = "cloudwatch:PutMetricData"
        Resource  = "*"
        Condition = { StringEquals = { "cloudwatch:namespace" = ["/aws/sagemaker/Endpoints", "AWS/SageMaker"] } }
      },
    ]
  })
}
