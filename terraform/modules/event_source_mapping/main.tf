# What feeds a Kinesis stream to a function, batch by batch and in order, and where a batch goes that the function never takes.

resource "aws_lambda_event_source_mapping" "this" {
  function_name                      = var.function_name
  event_source_arn                   = var.enhanced_fan_out ? one(aws_kinesis_stream_consumer.this[*].arn) : var.stream_arn
  enabled                            = var.enabled
  starting_position                  = var.starting_position
  starting_position_timestamp        = var.starting_position == "AT_TIMESTAMP" ? var.starting_timestamp : null
  batch_size                         = var.batch_size
  maximum_batching_window_in_seconds = var.batching_window_seconds
  parallelization_factor             = var.parallelization_factor
  bisect_batch_on_function_error     = var.bisect_on_error
  maximum_retry_attempts             = var.maximum_retries
  maximum_record_age_in_seconds      = var.maximum_record_age_seconds
  tumbling_window_in_seconds         = var.tumbling_window_seconds
  function_response_types            = ["ReportBatchItemFailures"]

  destination_config {
    on_failure {
      destination_arn = var.failure_bucket_arn
    }
  }

  dynamic "filter_criteria" {
    for_each = length(var.filter_patterns) == 0 ? [] : [var.filter_patterns]

    content {
      dynamic "filter" {
        for_each = filter_criteria.value

        content {
          pattern = filter.value
        }
      }
    }
  }

  # How many records came in, were dropped and were sent to the bucket: without it only the function's own metrics exist.
  metrics_config {
    metrics = ["EventCount"]
  }

  # Lambda tries the role's permissions when the mapping is created.
  depends_on = [aws_iam_role_policy.this]
}

resource "aws_kinesis_stream_consumer" "this" {
  count = var.enhanced_fan_out ? 1 : 0

  name       = var.name
  stream_arn = var.stream_arn
}
