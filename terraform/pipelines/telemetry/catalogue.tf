# What analysts see: the database, its two tables, the crawler that keeps them up to date, and the workgroup.

locals {
  # The columns of both tables, which the job writes: make contract puts them here, from the contract of readings.
  columns = jsondecode(file("${path.module}/tables.json"))

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
  columns           = local.columns["device_telemetry"]
  partition_comment = "Date of event_time, UTC"
}

module "quarantine_table" {
  source = "../../modules/lake_table"

  name              = "device_telemetry_quarantine"
  database_name     = aws_glue_catalog_database.this.name
  description       = "One line that is not a valid reading, whole, with the reason."
  bucket            = module.analytics_bucket.name
  prefix            = local.quarantine_prefix
  columns           = local.columns["device_telemetry_quarantine"]
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
