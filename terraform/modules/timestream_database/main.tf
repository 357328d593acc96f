# A database of Timestream for LiveAnalytics with its tables, and the policies of whoever writes them and whoever reads them.
# AWS has closed LiveAnalytics to new customers; influxdb_instance is the module for the others.

resource "aws_timestreamwrite_database" "this" {
  database_name = var.name
  kms_key_id    = var.kms_key_arn
}

resource "aws_timestreamwrite_table" "this" {
  for_each = var.tables

  database_name = aws_timestreamwrite_database.this.database_name
  table_name    = each.key

  retention_properties {
    memory_store_retention_period_in_hours  = each.value.memory_hours
    magnetic_store_retention_period_in_days = each.value.magnetic_days
  }

  # Records older than the memory store's hours: without it they are refused, with it they are taken and judged later, and
  # what is refused then is reported to the bucket alone.
  magnetic_store_write_properties {
    enable_magnetic_store_writes = each.value.late_records

    dynamic "magnetic_store_rejected_data_location" {
      for_each = each.value.late_records ? [true] : []

      content {
        s3_configuration {
          bucket_name       = var.rejected_bucket
          object_key_prefix = "${var.rejected_prefix}${each.key}"
          encryption_option = "SSE_KMS"
          kms_key_id        = var.kms_key_arn
        }
      }
    }
  }
}
