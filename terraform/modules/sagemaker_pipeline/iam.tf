# Two roles: the pipeline starts jobs and invokes functions, the jobs read and write data. Neither can do what the other does.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  region     = data.aws_region.current.name

  # 123456789012.dkr.ecr.<region>.amazonaws.com/<repository>:<tag>
  registry = regex("^(?P<account>[0-9]{12})[.]dkr[.]ecr[.](?P<region>[a-z0-9-]+)[.]amazonaws[.]com(?:[.]cn)?/(?P<repository>[^:@]+)", var.image)

  bucket_arn_prefix = "arn:${local.partition}:s3:::"
  buckets           = distinct([for path in concat(var.read_paths, var.write_paths) : split("/", path)[0]])

  # SageMaker names the jobs of a pipeline pipelines-<execution>-<step>-<random>.
  jobs_arn = "arn:${local.partition}:sagemaker:${local.region}:${local.account_id}:training-job/pipelines-*"
  log_arn  = "arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group:/aws/sagemaker/TrainingJobs"

  trust = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "sagemaker.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role" "pipeline" {
  name               = "${var.name}-pipeline"
  description        = "What the pipeline ${var.name} may do: start its training jobs, invoke its functions."
  assume_role_policy = local.trust
}

resource "aws_iam_role_policy" "pipeline" {
  name = "run"
  role = aws_iam_role.pipeline.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid      = "Train"
          Effect   = "Allow"
          Action   = ["sagemaker:AddTags", "sagemaker:CreateTrainingJob", "sagemaker:DescribeTrainingJob", "sagemaker:StopTrainingJob"]
          Resource = local.jobs_arn
        },
        {
          Sid       = "PassTheJobsRole"
          Effect    = "Allow"
          Action    = "iam:PassRole"
          Resource  = aws_iam_role.jobs.arn
          Condition = { StringEquals = { "iam:PassedToService" = "sagemaker.amazonaws.com" } }
        },
      ],
      length(var.function_arns) == 0 ? [] : [
        {
          Sid      = "InvokeFunctions"
          Effect   = "Allow"
          Action   = "lambda:InvokeFunction"
          Resource = var.function_arns
        },
      ],
    )
  })
}

resource "aws_iam_role" "jobs" {
  name               = "${var.name}-jobs"
  description        = "What the training jobs of the pipeline ${var.name} may do: read their sets, write models, log, count."
  assume_role_policy = local.trust
}

resource "aws_iam_role_policy" "jobs" {
  name = "train"
  role = aws_iam_role.jobs.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "ReadInputs"
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = [for path in concat(var.read_paths, var.write_paths) : "${local.bucket_arn_prefix}${path}*"]
      },
      {
        Sid      = "WriteOutputs"
        Effect   = "Allow"
        Action   = ["s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject"]
        Resource = [for path in var.write_paths : "${local.bucket_arn_prefix}${path}*"]
      },
      {
        Sid      = "ListBuckets"
        Effect   = "Allow"
        Action   = ["s3:GetBucketLocation", "s3:ListBucket"]
        Resource = [for bucket in local.buckets : "${local.bucket_arn_prefix}${bucket}"]
      },
      {
        Sid       = "DecryptInputsAndEncryptOutputs"
        Effect    = "Allow"
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = var.kms_key_arn
        Condition = { StringEquals = { "kms:ViaService" = "s3.${local.region}.amazonaws.com" } }
      },
      {
        Sid      = "ReadImage"
        Effect   = "Allow"
        Action   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        Resource = "arn:${local.partition}:ecr:${local.registry.region}:${local.registry.account}:repository/${local.registry.repository}"
      },
      {
        # The token is the account's, not a repository's.
        Sid      = "SignInToRegistry"
        Effect   = "Allow"
        Action   = "ecr:GetAuthorizationToken"
        Resource = "*"
      },
      {
        # One group for all training jobs of the account, which SageMaker makes with the first of them.
        Sid      = "Log"
        Effect   = "Allow"
        Action   = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
        Resource = [local.log_arn, "${local.log_arn}:*"]
      },
      {
        Sid       = "Count"
        Effect    = "Allow"
        Action    = "cloudwatch:PutMetricData"
        Resource  = "*"
        Condition = { StringEquals = { "cloudwatch:namespace" = "/aws/sagemaker/TrainingJobs" } }
      },
    ]
  })
}
