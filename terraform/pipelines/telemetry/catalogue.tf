# What analysts see: the database, its two tables, the crawler that keeps them up to date, and the workgroup.

locals {
  # Column for column what datastreamer/telemetry/schema.py says; a test compares the two.
  curated_columns = [
    { name = "event_id", type = "string", comment = "Unique id that the device gave the reading; no two rows share one" },
    { name = "device_id", type = "string", comment = "Device that measured" },
    { name = "event_time", type = "timestamp", comment = "When it measured, UTC" },
    { name = "temperature", type = "double", comment = "Degrees Celsius" },
    { name = "humidity", type = "double", comment = "Relative humidity, percent" },
    { name = "battery", type = "double", comment = "Charge of the battery, percent" },
    { name = "site", type = "string", comment = "Where the device stands" },
    { name = "firmware", type = "string", comment = "Firmware version of the device" },
    { name = "extra", type = "string", comment = "Fields that the contract does not know, as a JSON object" },
    { name = "ingest_time", type = "timestamp", comment = "When its raw object reached the lake, UTC" },
    { name = "source_object", type = "string", comment = "Raw object that the reading came in" },
  ]

  quarantine_columns = [
    { name = "reason", type = "string", comment = "Why the line is not a valid reading" },
    { name = "line", type = "string", comment = "The whole line; null when it is not UTF-8" },
    { name = "line_base64", type = "string", comment = "The whole line in Base64 when it is not UTF-8, else null" },
    { name = "source_object", type = "string", comment = "Raw object that the line came in" },
    { name = "line_number", type = "bigint", comment = "Number of the line in its object, from 1" },
    { name = "ingest_time", type = "timestamp", comment = "When its raw object reached the lake, UTC" },
    { name = "run_id", type = "string", comment = "Job run that read the line" },
  ]

  query_files = fileset("${path.module}/queries", "*.sql")

  # The first line of each file is a comment that says what the query answers.
  queries = { for file in local.query_files : trimsuffix(file, ".sql") => {
    description = trimprefix(split("\n", file("${path.module}/queries/${file}"))[0], "-- ")
    sql         = file("${path.module}/queries/${file}")
  } }
}

resource "aws_glue_catalog_database" "this" {
  name        = "datastreamer_${var.stage}"
  description = "Tables of the data lake, stage ${var.stage}."
}

module "curated_table" {
  source = "../../modules/lake_table"

  name              = "device_telemetry"
  database_name     = aws_glue_catalog_database.this.name
  description       = "One valid reading of a device; each event_id once."
  bucket            = module.analytics_bucket.name
  prefix            = local.curated_prefix
  columns           = local.curated_columns
  partition_comment = "Date of event_time, UTC"
}

module "quarantine_table" {
  source = "../../modules/lake_table"

  name              = "device_telemetry_quarantine"
  database_name     = aws_glue_catalog_database.this.name
  description       = "One line that is not a valid reading, whole, with the reason."
  bucket            = module.analytics_bucket.name
  prefix            = local.quarantine_prefix
  columns           = local.quarantine_columns
  partition_comment = "Date of ingest_time, UTC"
}

module "crawler" {
  source = "../../modules/glue_crawler"

  name             = "${local.name}-curated-device-telemetry"
  description      = "Registers new partitions and columns of the curated table, for engines without partition projection."
  database_name    = aws_glue_catalog_database.this.name
  tables           = [module.curated_table.name]
  read_paths       = [module.curated_table.path]
  schedule         = var.settings.crawler_schedule
  kms_key_arn      = module.key.arn
  alarm_topic_arns = [module.alarm_topic.arn]
}

module "workgroup" {
  source = "../../modules/athena_workgroup"

  name             = "${local.name}-telemetry"
  description      = "Queries of the telemetry tables."
  results_bucket   = module.results_bucket.name
  kms_key_arn      = module.key.arn
  scan_limit_bytes = var.settings.athena_scan_limit_bytes
  database_name    = aws_glue_catalog_database.this.name
  tables           = [module.curated_table.name, module.quarantine_table.name]
  read_paths       = [module.curated_table.path, module.quarantine_table.path]
  queries          = local.queries
  force_destroy    = var.settings.force_destroy
}
