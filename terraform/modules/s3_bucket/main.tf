# A private bucket: encrypted with a customer key, versioned, reachable over TLS only, never public.

data "aws_caller_identity" "current" {
  count = var.log_delivery ? 1 : 0
}

data "aws_partition" "current" {
  count = var.log_delivery ? 1 : 0
}

data "aws_region" "current" {
  count = var.log_delivery ? 1 : 0
}

locals {
  log_sources = var.log_delivery ? "arn:${data.aws_partition.current[0].partition}:logs:${data.aws_region.current[0].name}:${data.aws_caller_identity.current[0].account_id}:*" : ""
}

resource "aws_s3_bucket" "this" {
  #checkov:skip=CKV_AWS_18:Object reads are audited by CloudTrail data events of the account; server access logs would need a bucket without KMS.
  #checkov:skip=CKV_AWS_144:The lake lives in one region by design; the raw bucket's versions and Glacier copies are its safety net.
  #checkov:skip=CKV2_AWS_62:Nothing reacts to single objects: the job runs on a schedule and finds new objects itself.
  bucket        = var.name
  force_destroy = var.force_destroy
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket                  = aws_s3_bucket.this.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    # One data key serves many objects for a while: KMS is billed by the call.
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = var.kms_key_arn
    }
  }
}

resource "aws_s3_bucket_versioning" "this" {
  bucket = aws_s3_bucket.this.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_policy" "this" {
  bucket = aws_s3_bucket.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      {
        Sid       = "RefusePlainHttp"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [aws_s3_bucket.this.arn, "${aws_s3_bucket.this.arn}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
      {
        Sid       = "RefuseOldTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [aws_s3_bucket.this.arn, "${aws_s3_bucket.this.arn}/*"]
        Condition = { NumericLessThan = { "s3:TlsVersion" = "1.2" } }
      },
      ], [
      for arn in var.reading_distributions : {
        Sid       = "CloudFrontReads"
        Effect    = "Allow"
        Principal = { Service = "cloudfront.amazonaws.com" }
        Action    = "s3:GetObject"
        Resource  = "${aws_s3_bucket.this.arn}/*"
        Condition = { StringEquals = { "aws:SourceArn" = arn } }
      }
      ], [
      # What log delivery would else write into the policy itself, for Terraform to find and remove (VPC User Guide, "Amazon S3
      # bucket permissions for flow logs").
      for account in data.aws_caller_identity.current : {
        Sid       = "LogDeliveryWrites"
        Effect    = "Allow"
        Principal = { Service = "delivery.logs.amazonaws.com" }
        Action    = "s3:PutObject"
        Resource  = "${aws_s3_bucket.this.arn}/AWSLogs/*"
        Condition = {
          StringEquals = { "aws:SourceAccount" = account.account_id, "s3:x-amz-acl" = "bucket-owner-full-control" }
          ArnLike      = { "aws:SourceArn" = local.log_sources }
        }
      }
      ], [
      for account in data.aws_caller_identity.current : {
        Sid       = "LogDeliveryChecks"
        Effect    = "Allow"
        Principal = { Service = "delivery.logs.amazonaws.com" }
        Action    = "s3:GetBucketAcl"
        Resource  = aws_s3_bucket.this.arn
        Condition = {
          StringEquals = { "aws:SourceAccount" = account.account_id }
          ArnLike      = { "aws:SourceArn" = local.log_sources }
        }
      }
    ])
  })

  # S3 refuses a policy and a public access block that arrive at the same moment.
  depends_on = [aws_s3_bucket_public_access_block.this]
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  #checkov:skip=CKV_AWS_300:Every rule aborts unfinished uploads; the checker does not see into a dynamic block.
  count = length(var.lifecycle_rules) == 0 ? 0 : 1

  bucket = aws_s3_bucket.this.id

  dynamic "rule" {
    for_each = var.lifecycle_rules

    content {
      id     = rule.value.id
      status = "Enabled"

      filter {
        prefix = rule.value.prefix
      }

      abort_incomplete_multipart_upload {
        days_after_initiation = rule.value.abort_multipart_days
      }

      dynamic "transition" {
        for_each = rule.value.transitions

        content {
          days          = transition.value.days
          storage_class = transition.value.storage_class
        }
      }

      dynamic "expiration" {
        for_each = rule.value.expire_days == null ? [] : [rule.value.expire_days]

        content {
          days = expiration.value
        }
      }

      # A delete marker whose versions are all gone hides nothing and slows down listings. S3 takes no days beside it, and
      # `expire_days` removes such markers by itself.
      dynamic "expiration" {
        for_each = rule.value.expire_days == null && rule.value.expire_noncurrent_days != null ? [true] : []

        content {
          expired_object_delete_marker = true
        }
      }

      dynamic "noncurrent_version_expiration" {
        for_each = rule.value.expire_noncurrent_days == null ? [] : [rule.value.expire_noncurrent_days]

        content {
          noncurrent_days = noncurrent_version_expiration.value
        }
      }
    }
  }

  # Rules about noncurrent versions need versioning to be on first.
  depends_on = [aws_s3_bucket_versioning.this]
}
