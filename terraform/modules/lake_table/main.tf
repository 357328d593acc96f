# A table of Parquet files below s3://…/year=YYYY/month=MM/day=DD/, or without days, whose partitions are computed, not
# registered: a query sees a new one at once, and planning costs no catalogue calls.

locals {
  location = "s3://${var.bucket}/${var.prefix}"

  dates      = ["year", "month", "day"]
  partitions = slice(local.dates, 0, var.daily ? 3 : 2)

  projection = merge(
    {
      "projection.enabled"        = "true"
      "projection.year.type"      = "integer"
      "projection.year.range"     = join(",", var.year_range)
      "projection.month.type"     = "integer"
      "projection.month.range"    = "1,12"
      "projection.month.digits"   = "2"
      "storage.location.template" = "${local.location}${join("", [for name in local.partitions : "${name}=$${${name}}/"])}"
    },
    var.daily ? {
      "projection.day.type"   = "integer"
      "projection.day.range"  = "1,31"
      "projection.day.digits" = "2"
    } : {},
  )
}

resource "aws_glue_catalog_table" "this" {
  name          = var.name
  database_name = var.database_name
  description   = var.description
  table_type    = "EXTERNAL_TABLE"

  parameters = merge(local.projection, {
    EXTERNAL              = "TRUE"
    classification        = "parquet"
    "parquet.compression" = "ZSTD"
    # Of the files as wholes, not of the columns in them. A crawler that finds it missing takes the table for another one,
    # marks it deprecated and registers nothing.
    compressionType = "none"
  })

  dynamic "partition_keys" {
    for_each = local.partitions

    content {
      name    = partition_keys.value
      type    = "string"
      comment = var.partition_comment
    }
  }

  storage_descriptor {
    location      = local.location
    input_format  = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat"
    output_format = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat"

    ser_de_info {
      serialization_library = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
      parameters            = { "serialization.format" = "1" }
    }

    dynamic "columns" {
      for_each = var.columns

      content {
        name    = columns.value.name
        type    = columns.value.type
        comment = columns.value.comment
      }
    }
  }

  lifecycle {
    # The crawler writes what it found about the files into the table; that is its own, and no drift.
    ignore_changes = [
      owner,
      parameters["CRAWL_RUN_ID"],
      parameters["CrawlerSchemaDeserializerVersion"],
      parameters["CrawlerSchemaSerializerVersion"],
      parameters["UPDATED_BY_CRAWLER"],
      parameters["averageRecordSize"],
      parameters["objectCount"],
      parameters["partition_filtering.enabled"],
      parameters["recordCount"],
      parameters["sizeKey"],
      parameters["transient_lastDdlTime"],
      parameters["typeOfData"],
      storage_descriptor[0].parameters,
    ]
  }
}
