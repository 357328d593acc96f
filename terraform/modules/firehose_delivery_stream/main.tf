# A Firehose stream that writes gzip objects to S3, below a prefix of the arrival time: what it reads from a Kinesis stream, or
# what is put on it. With a search domain each record is a document there as well, and S3 has all of them.

resource "aws_kinesis_firehose_delivery_stream" "this" {
  #checkov:skip=CKV_AWS_240:A stream that Firehose reads has its own encryption, and Firehose takes none beside it; what is put is encrypted unless a root says otherwise, as the local stage does.
  #checkov:skip=CKV_AWS_241:The key is the customer's wherever there is encryption.
  name        = var.name
  destination = length(var.search) == 0 ? "extended_s3" : "opensearch"

  dynamic "kinesis_source_configuration" {
    for_each = local.reads ? [var.source_stream_arn] : []

    content {
      kinesis_stream_arn = kinesis_source_configuration.value
      role_arn           = aws_iam_role.this.arn
    }
  }

  # Of a stream that is read, its own encryption covers this; Firehose refuses a second one.
  dynamic "server_side_encryption" {
    for_each = !local.reads && var.encrypted ? [var.kms_key_arn] : []

    content {
      enabled  = true
      key_type = "CUSTOMER_MANAGED_CMK"
      key_arn  = server_side_encryption.value
    }
  }

  dynamic "extended_s3_configuration" {
    for_each = length(var.search) == 0 ? [true] : []

    content {
      role_arn            = aws_iam_role.this.arn
      bucket_arn          = var.bucket_arn
      prefix              = "${var.prefix}!{timestamp:yyyy/MM/dd/HH}/"
      error_output_prefix = "${var.error_prefix}!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd/HH}/"
      custom_time_zone    = "UTC"
      buffering_size      = var.buffering_megabytes
      buffering_interval  = var.buffering_seconds
      compression_format  = "GZIP"
      s3_backup_mode      = "Disabled"

      # Added to every record, also to one that ends in a newline of its own.
      dynamic "processing_configuration" {
        for_each = var.append_newline ? [true] : []

        content {
          enabled = true

          processors {
            type = "AppendDelimiterToRecord"

            parameters {
              parameter_name  = "Delimiter"
              parameter_value = "\\n"
            }
          }
        }
      }

      cloudwatch_logging_options {
        enabled         = true
        log_group_name  = aws_cloudwatch_log_group.this.name
        log_stream_name = aws_cloudwatch_log_stream.this.name
      }
    }
  }

  dynamic "opensearch_configuration" {
    for_each = var.search

    content {
      role_arn              = aws_iam_role.this.arn
      domain_arn            = opensearch_configuration.value.domain_arn
      index_name            = opensearch_configuration.value.index_name
      index_rotation_period = opensearch_configuration.value.rotation
      retry_duration        = opensearch_configuration.value.retry_seconds
      buffering_size        = var.buffering_megabytes
      buffering_interval    = var.buffering_seconds
      s3_backup_mode        = "AllDocuments"

      # Without an expression in it Firehose adds yyyy/MM/dd/HH/ itself, in UTC. What the domain refuses for good lies below
      # <prefix>AmazonOpenSearchService-failed/, in no folder of a year.
      s3_configuration {
        role_arn           = aws_iam_role.this.arn
        bucket_arn         = var.bucket_arn
        prefix             = var.prefix
        buffering_size     = var.buffering_megabytes
        buffering_interval = var.buffering_seconds
        compression_format = "GZIP"

        cloudwatch_logging_options {
          enabled         = true
          log_group_name  = aws_cloudwatch_log_group.this.name
          log_stream_name = aws_cloudwatch_log_stream.this.name
        }
      }

      cloudwatch_logging_options {
        enabled         = true
        log_group_name  = aws_cloudwatch_log_group.this.name
        log_stream_name = aws_cloudwatch_log_stream.this.name
      }
    }
  }

  # Firehose tries the role's permissions when it is created.
  depends_on = [aws_iam_role_policy.this]
}

resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_338:Logs are kept for a year unless a root says otherwise, as the local stage does.
  name              = "/aws/kinesisfirehose/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_cloudwatch_log_stream" "this" {
  name           = "DestinationDelivery"
  log_group_name = aws_cloudwatch_log_group.this.name
}
