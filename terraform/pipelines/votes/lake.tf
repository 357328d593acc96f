# The raw votes, as they were taken: what analysts ask, and what the totals can be checked against.

locals {
  raw_prefix       = "votes/"
  raw_error_prefix = "votes_errors/"
  rounds_prefix    = "rounds/"
  results_prefix   = "query_results/"

  expire_old_versions = {
    id                     = "expire-old-versions"
    expire_noncurrent_days = var.settings.noncurrent_version_days
  }

  # Votes themselves are kept.
  lifecycle_rules = {
    raw = [
      local.expire_old_versions,
      {
        id          = "expire-results"
        prefix      = local.results_prefix
        expire_days = var.settings.query_result_days
      },
    ]
    dlq  = [local.expire_old_versions]
    site = [local.expire_old_versions]
  }

  columns = [
    { name = "vote_id", type = "string", comment = "UUIDv7 of the click; a vote that was sent again is here again" },
    { name = "candidate", type = "string", comment = "What was voted for" },
    { name = "client_id", type = "string", comment = "UUID of the browser" },
    { name = "cast_at", type = "string", comment = "When it was clicked by the browser's clock, ISO-8601, UTC" },
    { name = "received_at", type = "string", comment = "When it was taken, ISO-8601, UTC" },
    { name = "counted_for", type = "string", comment = "Set on a ruling only: the candidate that an id counts for which was sent for several, or came in several rounds" },
    { name = "round", type = "int", comment = "Round in which it was taken; none: the first one" },
    { name = "counted_in", type = "int", comment = "Set on a ruling only: the round that such an id counts in" },
  ]

  round_columns = [
    { name = "round", type = "int", comment = "Number of the round, from 1 on" },
    { name = "began_at", type = "string", comment = "When it began, ISO-8601, UTC; none of a first round that nobody began" },
    { name = "ended_at", type = "string", comment = "When the next one began, ISO-8601, UTC" },
    { name = "votes", type = "bigint", comment = "Votes in all" },
    { name = "totals", type = "map<string,bigint>", comment = "Votes by candidate" },
  ]
}

module "raw_bucket" {
  source = "../../modules/s3_bucket"

  name            = "${local.name}-raw-${local.account_id}"
  kms_key_arn     = module.key.arn
  force_destroy   = var.settings.force_destroy
  lifecycle_rules = [for rule in local.lifecycle_rules.raw : rule if var.settings.age_objects]
}

module "dlq_bucket" {
  source = "../../modules/s3_bucket"

  name            = "${local.name}-dlq-${local.account_id}"
  kms_key_arn     = module.key.arn
  force_destroy   = var.settings.force_destroy
  lifecycle_rules = [for rule in local.lifecycle_rules.dlq : rule if var.settings.age_objects]
}

module "delivery_stream" {
  source = "../../modules/firehose_delivery_stream"

  name                = "${local.name}-firehose"
  source_stream_arn   = module.stream.arn
  source_kms_key_arns = var.settings.stream_customer_key ? [module.key.arn] : []
  bucket_arn          = module.raw_bucket.arn
  kms_key_arn         = module.key.arn
  prefix              = local.raw_prefix
  error_prefix        = local.raw_error_prefix
  buffering_megabytes = var.settings.buffering_megabytes
  buffering_seconds   = var.settings.buffering_seconds
  log_retention_days  = var.settings.log_retention_days
  alarm_topic_arns    = local.alarm_topic_arns
}

resource "aws_glue_catalog_database" "this" {
  name        = replace(local.name, "-", "_")
  description = "The votes, stage ${var.stage}."
}

resource "aws_glue_catalog_table" "votes" {
  name          = "votes"
  database_name = aws_glue_catalog_database.this.name
  description   = "One vote as it was taken, copies included; an id counts once, for COALESCE(MAX(counted_for), MIN_BY(candidate, received_at)) of its rows, in round COALESCE(MAX(counted_in), MIN_BY(COALESCE(round, 1), received_at))."
  table_type    = "EXTERNAL_TABLE"

  parameters = {
    EXTERNAL                        = "TRUE"
    classification                  = "json"
    "projection.enabled"            = "true"
    "projection.hour.type"          = "date"
    "projection.hour.format"        = "yyyy/MM/dd/HH"
    "projection.hour.range"         = "${var.settings.first_hour},NOW+1HOURS"
    "projection.hour.interval"      = "1"
    "projection.hour.interval.unit" = "HOURS"
    "storage.location.template"     = "s3://${module.raw_bucket.name}/${local.raw_prefix}$${hour}/"
  }

  partition_keys {
    name    = "hour"
    type    = "string"
    comment = "Hour of arrival, UTC, as yyyy/MM/dd/HH"
  }

  storage_descriptor {
    location      = "s3://${module.raw_bucket.name}/${local.raw_prefix}"
    input_format  = "org.apache.hadoop.mapred.TextInputFormat"
    output_format = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"

    ser_de_info {
      serialization_library = "org.openx.data.jsonserde.JsonSerDe"
    }

    dynamic "columns" {
      for_each = local.columns

      content {
        name    = columns.value.name
        type    = columns.value.type
        comment = columns.value.comment
      }
    }
  }
}

# A row of each round that was archived: datastreamer votes archive.
resource "aws_glue_catalog_table" "rounds" {
  name          = "rounds"
  database_name = aws_glue_catalog_database.this.name
  description   = "One round that has ended and was archived, with its final totals."
  table_type    = "EXTERNAL_TABLE"

  parameters = {
    EXTERNAL       = "TRUE"
    classification = "json"
  }

  storage_descriptor {
    location      = "s3://${module.raw_bucket.name}/${local.rounds_prefix}"
    input_format  = "org.apache.hadoop.mapred.TextInputFormat"
    output_format = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"

    ser_de_info {
      serialization_library = "org.openx.data.jsonserde.JsonSerDe"
    }

    dynamic "columns" {
      for_each = local.round_columns

      content {
        name    = columns.value.name
        type    = columns.value.type
        comment = columns.value.comment
      }
    }
  }
}

module "workgroup" {
  source = "../../modules/athena_workgroup"

  name             = local.name
  description      = "Queries of the votes."
  results_bucket   = module.raw_bucket.name
  results_prefix   = local.results_prefix
  kms_key_arn      = module.key.arn
  scan_limit_bytes = var.settings.athena_scan_limit_bytes
  database_name    = aws_glue_catalog_database.this.name
  tables           = [aws_glue_catalog_table.votes.name, aws_glue_catalog_table.rounds.name]
  read_paths       = ["${module.raw_bucket.name}/${local.raw_prefix}", "${module.raw_bucket.name}/${local.rounds_prefix}"]
  force_destroy    = var.settings.force_destroy

  queries = {
    totals = {
      description = "The votes of each candidate in each round, each counted once."
      sql         = "SELECT counts_in AS round, counts_for AS candidate, COUNT(*) AS votes FROM (SELECT vote_id, COALESCE(MAX(counted_for), MIN_BY(candidate, received_at)) AS counts_for, COALESCE(MAX(counted_in), MIN_BY(COALESCE(round, 1), received_at)) AS counts_in FROM votes GROUP BY vote_id) GROUP BY counts_in, counts_for ORDER BY round DESC, votes DESC"
    }
  }
}
