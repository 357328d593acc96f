# The endpoint that scores, where the stack has one of its own.

locals {
  # Read by the function from the model that serves (datastreamer/scoring/score_range.py); no container heeds it.
  model_environment = merge(
    var.settings.model_environment,
    var.settings.model_score_range == "" ? {} : { DATASTREAMER_SCORE_RANGE = var.settings.model_score_range },
  )
}

module "endpoint" {
  source = "../../modules/sagemaker_endpoint"
  count  = var.settings.endpoint_enabled ? 1 : 0

  name                        = var.stack_name
  image                       = var.settings.model_image
  model_data_url              = var.settings.model_data_url
  environment                 = local.model_environment
  kms_key_arn                 = module.key.arn
  serverless                  = var.settings.endpoint_serverless
  serverless_memory_megabytes = var.settings.serverless_memory_megabytes
  serverless_concurrency      = var.settings.serverless_concurrency
  instance_type               = var.settings.instance_type
  minimum_instances           = var.settings.minimum_instances
  maximum_instances           = var.settings.maximum_instances
  invocations_per_instance    = var.settings.invocations_per_instance
  latency_alarm_milliseconds  = var.settings.latency_alarm_milliseconds
  log_retention_days          = var.settings.log_retention_days
  alarm_topic_arns            = local.alarm_topic_arns

  # The archive lies in the stack's bucket.
  depends_on = [module.models_bucket]
}
