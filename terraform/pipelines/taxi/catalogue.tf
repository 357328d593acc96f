# What data scientists see: the database, its tables and the workgroup.

locals {
  # The columns of the tables, from the contract of trips: make contract puts them here.
  columns = jsondecode(file("${path.module}/tables.json"))

  # TLC's files of yellow taxis are read from this year on.
  year_range = [2019, 2050]

  query_files = fileset("${path.module}/queries", "*.sql")

  # The first line of each file is a comment that says what the query answers.
  queries = { for file in local.query_files : trimsuffix(file, ".sql") => {
    description = trimprefix(split("\n", file("${path.module}/queries/${file}"))[0], "-- ")
    sql         = file("${path.module}/queries/${file}")
  } }
}

resource "aws_glue_catalog_database" "this" {
  name        = replace(local.name, "-", "_")
  description = "Trips of New York's yellow taxis, stage ${var.stage}."
}

# Bronze, as far as one table can read files of all years: the columns that have one type in all of them.
module "raw_table" {
  source = "../../modules/lake_table"

  name              = "taxi_raw"
  database_name     = aws_glue_catalog_database.this.name
  description       = "One row of TLC's Parquet files as published, without the columns whose types change over the years."
  bucket            = module.raw_bucket.name
  prefix            = local.bronze_prefix
  columns           = local.columns["taxi_raw"]
  partition_comment = "Month of the file"
  daily             = false
  year_range        = local.year_range
}

module "trips_table" {
  source = "../../modules/lake_table"

  name              = "taxi_trips"
  database_name     = aws_glue_catalog_database.this.name
  description       = "One trip; each trip_id once. What is strange about it is in faults."
  bucket            = module.processed_bucket.name
  prefix            = local.silver_prefix
  columns           = local.columns["taxi_trips"]
  partition_comment = "Month of the pick-up, New York time"
  daily             = false
  year_range        = local.year_range
}

module "quarantine_table" {
  source = "../../modules/lake_table"

  name              = "taxi_trips_quarantine"
  database_name     = aws_glue_catalog_database.this.name
  description       = "One row of a file that cannot be a trip, whole, with the reason."
  bucket            = module.processed_bucket.name
  prefix            = local.quarantine_prefix
  columns           = local.columns["taxi_trips_quarantine"]
  partition_comment = "Month of the file"
  daily             = false
  year_range        = local.year_range
}

module "workgroup" {
  source = "../../modules/athena_workgroup"

  name             = local.name
  description      = "Queries of the taxi tables."
  results_bucket   = module.processed_bucket.name
  results_prefix   = local.results_prefix
  kms_key_arn      = module.key.arn
  scan_limit_bytes = var.settings.athena_scan_limit_bytes
  database_name    = aws_glue_catalog_database.this.name
  queries          = local.queries
  force_destroy    = var.settings.force_destroy

  tables = concat(
    [module.raw_table.name, module.trips_table.name, module.quarantine_table.name, aws_glue_catalog_table.predictions.name],
    values(aws_glue_catalog_table.latest)[*].name,
  )
  read_paths = [
    module.raw_table.path,
    module.trips_table.path,
    module.quarantine_table.path,
    "${module.processed_bucket.name}/${local.gold_prefix}",
  ]
}

# Training sets are made in a workgroup of their own. It decides where a CREATE TABLE AS writes: below the query's id, so
# that no run finds the files of another one, and none of them expires with the results of queries.
module "training_workgroup" {
  source = "../../modules/athena_workgroup"

  name             = "${local.name}-training"
  description      = "Makes training sets of the table of trips."
  results_bucket   = module.processed_bucket.name
  results_prefix   = local.training_prefix
  kms_key_arn      = module.key.arn
  scan_limit_bytes = var.settings.athena_scan_limit_bytes
  database_name    = aws_glue_catalog_database.this.name
  tables           = [module.trips_table.name]
  read_paths       = [module.trips_table.path]
  force_destroy    = var.settings.force_destroy
}
