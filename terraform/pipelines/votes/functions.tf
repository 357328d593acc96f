# The functions: one takes votes, one counts them, one tells the browsers, one keeps their connections.

locals {
  environment = {
    cast = {
      KINESIS_STREAM_NAME    = module.stream.name
      AGGREGATION_TABLE_NAME = module.aggregation_table.name
      CONNECTIONS_TABLE_NAME = module.connections_table.name
      ALLOWED_ORIGIN         = local.site_url
      CANDIDATES             = jsonencode(var.settings.candidates)
    }
    aggregate = {
      ORDERS_TABLE_NAME      = module.orders_table.name
      RAW_BUCKET_NAME        = module.raw_bucket.name
      AGGREGATION_TABLE_NAME = module.aggregation_table.name
      CANDIDATES             = jsonencode(var.settings.candidates)
    }
    publish = {
      SOCKETS_PER_ADDRESS    = tostring(var.settings.sockets_per_address)
      AGGREGATION_TABLE_NAME = module.aggregation_table.name
      CONNECTIONS_TABLE_NAME = module.connections_table.name
      WEBSOCKET_ENDPOINT     = replace(module.socket.url, "/^ws/", "http")
      CANDIDATES             = jsonencode(var.settings.candidates)
    }
    socket = {
      ALLOWED_ORIGIN         = local.site_url
      SOCKETS_PER_ADDRESS    = tostring(var.settings.sockets_per_address)
      AGGREGATION_TABLE_NAME = module.aggregation_table.name
      CONNECTIONS_TABLE_NAME = module.connections_table.name
      WEBSOCKET_ENDPOINT     = replace(module.socket.url, "/^ws/", "http")
      CANDIDATES             = jsonencode(var.settings.candidates)
    }
  }

  use_key = {
    actions   = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"]
    resources = [module.key.arn]
  }
}

module "cast" {
  source = "../../modules/lambda_function"

  name                 = "${local.name}-cast"
  description          = "Takes votes onto ${local.name}-stream, and tells the totals."
  package_path         = var.function_packages.votes_cast
  architecture         = var.settings.architecture
  memory_megabytes     = var.settings.memory_megabytes
  timeout_seconds      = 10
  reserved_concurrency = var.settings.cast_concurrency
  kms_key_arn          = module.key.arn
  log_retention_days   = var.settings.log_retention_days
  alarm_topic_arns     = local.alarm_topic_arns

  environment = merge(local.environment.cast, { POWERTOOLS_SERVICE_NAME = "${local.name}-cast" })

  permissions = [
    { sid = "TakeVotes", actions = ["kinesis:PutRecord"], resources = [module.stream.arn] },
    {
      sid       = "TellTotals"
      actions   = ["dynamodb:Query"]
      resources = [module.aggregation_table.arn]
    },
    {
      sid       = "CountBrowsers"
      actions   = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Scan", "dynamodb:UpdateItem"]
      resources = [module.connections_table.arn]
    },
    merge(local.use_key, { sid = "ReadTables", string_equals = { "kms:ViaService" = "dynamodb.${local.region}.amazonaws.com" } }),
    merge(local.use_key, { sid = "EncryptVotes", string_equals = { "kms:ViaService" = "kinesis.${local.region}.amazonaws.com" } }),
  ]
}

module "aggregate" {
  source = "../../modules/lambda_function"

  name               = "${local.name}-aggregate"
  description        = "Counts the votes of ${local.name}-stream exactly once."
  package_path       = var.function_packages.votes_aggregate
  architecture       = var.settings.architecture
  memory_megabytes   = var.settings.memory_megabytes
  timeout_seconds    = 60
  kms_key_arn        = module.key.arn
  log_retention_days = var.settings.log_retention_days
  alarm_topic_arns   = local.alarm_topic_arns

  environment = merge(local.environment.aggregate, {
    PUBLISH_FUNCTION_NAME        = module.publish.name
    POWERTOOLS_SERVICE_NAME      = "${local.name}-aggregate"
    POWERTOOLS_METRICS_NAMESPACE = local.metric_namespace
  })

  permissions = [
    {
      # A transaction needs the right to each of its writes.
      sid       = "Count"
      actions   = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"]
      resources = [module.aggregation_table.arn, module.orders_table.arn]
    },
    { sid = "PutRulings", actions = ["s3:PutObject"], resources = ["${module.raw_bucket.arn}/${local.raw_prefix}*"] },
    merge(local.use_key, { sid = "EncryptRulings", string_equals = { "kms:ViaService" = "s3.${local.region}.amazonaws.com" } }),
    { sid = "HavePublished", actions = ["lambda:InvokeFunction"], resources = [module.publish.arn] },
    merge(local.use_key, { sid = "UseTables", string_equals = { "kms:ViaService" = "dynamodb.${local.region}.amazonaws.com" } }),
  ]
}

module "publish" {
  source = "../../modules/lambda_function"

  name               = "${local.name}-publish"
  description        = "Tells every browser the totals, at most four times a second."
  package_path       = var.function_packages.votes_publish
  architecture       = var.settings.architecture
  memory_megabytes   = var.settings.publish_memory_megabytes
  timeout_seconds    = 60
  kms_key_arn        = module.key.arn
  log_retention_days = var.settings.log_retention_days
  alarm_topic_arns   = local.alarm_topic_arns

  environment = merge(local.environment.publish, {
    POWERTOOLS_SERVICE_NAME      = "${local.name}-publish"
    POWERTOOLS_METRICS_NAMESPACE = local.metric_namespace
  })

  permissions = [
    { sid = "ReadTotals", actions = ["dynamodb:Query"], resources = [module.aggregation_table.arn] },
    { sid = "TakeTurns", actions = ["dynamodb:UpdateItem"], resources = [module.aggregation_table.arn] },
    {
      sid       = "KnowBrowsers"
      actions   = ["dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:Scan", "dynamodb:UpdateItem"]
      resources = [module.connections_table.arn]
    },
    { sid = "TellBrowsers", actions = ["execute-api:ManageConnections"], resources = [module.socket.connections_arn] },
    merge(local.use_key, { sid = "UseTables", string_equals = { "kms:ViaService" = "dynamodb.${local.region}.amazonaws.com" } }),
  ]
}

module "greet" {
  source = "../../modules/lambda_function"

  name                 = "${local.name}-socket"
  description          = "Keeps the connections of browsers, and gives each the totals at once."
  package_path         = var.function_packages.votes_socket
  architecture         = var.settings.architecture
  memory_megabytes     = var.settings.memory_megabytes
  timeout_seconds      = 10
  reserved_concurrency = var.settings.socket_concurrency
  kms_key_arn          = module.key.arn
  log_retention_days   = var.settings.log_retention_days
  alarm_topic_arns     = local.alarm_topic_arns

  environment = local.environment.socket

  permissions = [
    {
      sid       = "TellTotals"
      actions   = ["dynamodb:Query"]
      resources = [module.aggregation_table.arn]
    },
    {
      sid       = "KnowBrowsers"
      actions   = ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Scan", "dynamodb:UpdateItem"]
      resources = [module.connections_table.arn]
    },
    { sid = "AnswerBrowsers", actions = ["execute-api:ManageConnections"], resources = [module.socket.connections_arn] },
    merge(local.use_key, { sid = "UseTables", string_equals = { "kms:ViaService" = "dynamodb.${local.region}.amazonaws.com" } }),
  ]
}

module "votes" {
  source = "../../modules/event_source_mapping"

  name                    = "${local.name}-aggregate"
  function_name           = module.aggregate.name
  function_role_name      = module.aggregate.role_name
  stream_arn              = module.stream.arn
  stream_kms_key_arns     = var.settings.stream_customer_key ? [module.key.arn] : []
  enhanced_fan_out        = var.settings.enhanced_fan_out
  failure_bucket_arn      = module.dlq_bucket.arn
  failure_kms_key_arn     = module.key.arn
  starting_position       = "TRIM_HORIZON"
  batch_size              = var.settings.batch_size
  batching_window_seconds = 0
  # One batch of a shard at a time: the shard's checkpoint tells what is counted, so its batches must come in order.
  parallelization_factor = 1
  # Neither halves nor an end to retries: no vote is poison, and a batch that waits is better than one that is set aside.
  bisect_on_error            = false
  maximum_retries            = -1
  maximum_record_age_seconds = -1
  iterator_age_alarm_seconds = var.settings.iterator_age_alarm_seconds
  alarm_topic_arns           = local.alarm_topic_arns
}
