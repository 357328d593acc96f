# Predictions: delivered to S3, and to OpenSearch where there is a domain; a table of them all, and a view of each trip's latest.

locals {
  views = jsondecode(file("${path.module}/views.json"))

  # Which day a file arrived is where it lies; when a trip ended, which a replay may have years back, is a column.
  arrival_date = "arrival_date"

  # Types as Athena's views name them, where that is not as Glue does.
  view_types = { string = "varchar", int = "integer" }
}

module "predictions" {
  source = "../../modules/firehose_delivery_stream"

  name                = "${local.name}-predictions"
  direct_put          = true
  bucket_arn          = module.processed_bucket.arn
  kms_key_arn         = module.key.arn
  encrypted           = var.settings.stream_encrypted
  prefix              = local.gold_prefix
  error_prefix        = local.gold_error_prefix
  buffering_megabytes = var.settings.buffering_megabytes
  buffering_seconds   = var.settings.buffering_seconds
  log_retention_days  = var.settings.log_retention_days
  alarm_topic_arns    = local.alarm_topic_arns

  search = [for arn in local.search_domain_arns : {
    domain_arn    = arn
    index_name    = "taxi-predictions"
    rotation      = var.settings.opensearch_rotation
    retry_seconds = var.settings.opensearch_retry_seconds
  }]
}

resource "aws_glue_catalog_table" "predictions" {
  name          = "taxi_predictions"
  database_name = aws_glue_catalog_database.this.name
  description   = "One prediction of a live trip; a trip that was scored again is there again."
  table_type    = "EXTERNAL_TABLE"

  parameters = {
    EXTERNAL                                         = "TRUE"
    classification                                   = "json"
    "projection.enabled"                             = "true"
    "projection.${local.arrival_date}.type"          = "date"
    "projection.${local.arrival_date}.format"        = "yyyy/MM/dd"
    "projection.${local.arrival_date}.range"         = "${var.settings.first_day},NOW+1DAYS"
    "projection.${local.arrival_date}.interval"      = "1"
    "projection.${local.arrival_date}.interval.unit" = "DAYS"
    "storage.location.template"                      = "s3://${module.processed_bucket.name}/${local.gold_prefix}$${${local.arrival_date}}/"
  }

  partition_keys {
    name    = local.arrival_date
    type    = "string"
    comment = "Day on which it was delivered, UTC, as yyyy/MM/dd"
  }

  storage_descriptor {
    location      = "s3://${module.processed_bucket.name}/${local.gold_prefix}"
    input_format  = "org.apache.hadoop.mapred.TextInputFormat"
    output_format = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"

    ser_de_info {
      serialization_library = "org.openx.data.jsonserde.JsonSerDe"
    }

    dynamic "columns" {
      for_each = local.columns["taxi_predictions"]

      content {
        name    = columns.value.name
        type    = columns.value.type
        comment = columns.value.comment
      }
    }
  }
}

# As Athena itself keeps a view: what CREATE VIEW would have put into the catalogue.
resource "aws_glue_catalog_table" "latest" {
  for_each = local.views

  name          = each.key
  database_name = aws_glue_catalog_database.this.name
  description   = each.value.description
  table_type    = "VIRTUAL_VIEW"
  parameters    = { presto_view = "true", comment = "Presto View" }

  view_expanded_text = "/* Presto View */"
  view_original_text = "/* Presto View: ${base64encode(jsonencode({
    originalSql = each.value.sql
    catalog     = "awsdatacatalog"
    schema      = aws_glue_catalog_database.this.name
    columns     = [for column in each.value.columns : { name = column.name, type = lookup(local.view_types, column.type, column.type) }]
  }))} */"

  storage_descriptor {
    dynamic "columns" {
      for_each = each.value.columns

      content {
        name    = columns.value.name
        type    = columns.value.type
        comment = columns.value.comment
      }
    }
  }

  depends_on = [aws_glue_catalog_table.predictions]
}
