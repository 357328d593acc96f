# A model behind an endpoint: the model, how it is hosted, and the endpoint that callers name.

locals {
  endpoint_name = "${var.name}-endpoint"
  variant_name  = "AllTraffic"

  # Models and configurations cannot be changed, and an endpoint moves to a configuration of another name only: their names
  # hold what they are made of, so that a change makes new ones, moves the endpoint over, and removes the old.
  model_hash = substr(sha256(jsonencode(concat(
    [var.image, var.model_data_url, var.environment],
    var.serverless ? ["serverless"] : [],
  ))), 0, 8)

  config_hash = substr(sha256(jsonencode(concat(
    [local.model_hash, var.serverless],
    var.serverless ? [var.serverless_memory_megabytes, var.serverless_concurrency] : [var.instance_type, var.minimum_instances],
  ))), 0, 8)
}

resource "aws_sagemaker_model" "this" {
  #checkov:skip=CKV_AWS_370:Isolated unless serverless, which cannot be; checkov does not follow the expression.
  name               = "${var.name}-model-${local.model_hash}"
  execution_role_arn = aws_iam_role.this.arn
  # Serverless endpoints do not support it (SageMaker's developer guide, "Serverless Inference", "Feature exclusions").
  enable_network_isolation = !var.serverless

  primary_container {
    image          = var.image
    mode           = "SingleModel"
    model_data_url = var.model_data_url
    environment    = var.environment
  }

  lifecycle {
    create_before_destroy = true
  }

  # SageMaker tries to read the archive when the model is made.
  depends_on = [aws_iam_role_policy.this]
}

resource "aws_sagemaker_endpoint_configuration" "this" {
  name        = "${var.name}-config-${local.config_hash}"
  kms_key_arn = var.serverless ? null : var.kms_key_arn

  production_variants {
    variant_name           = local.variant_name
    model_name             = aws_sagemaker_model.this.name
    initial_variant_weight = 1
    instance_type          = var.serverless ? null : var.instance_type
    initial_instance_count = var.serverless ? null : var.minimum_instances

    dynamic "serverless_config" {
      for_each = var.serverless ? [true] : []

      content {
        memory_size_in_mb = var.serverless_memory_megabytes
        max_concurrency   = var.serverless_concurrency
      }
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

# SageMaker moves no endpoint from instances to serverless hosting: such a change takes the old one away first.
resource "terraform_data" "hosting" {
  input = var.serverless ? "serverless" : "instances"
}

resource "aws_sagemaker_endpoint" "this" {
  name                 = local.endpoint_name
  endpoint_config_name = aws_sagemaker_endpoint_configuration.this.name

  lifecycle {
    replace_triggered_by = [terraform_data.hosting]
  }

  # The containers' logs must find their group, or SageMaker makes one that is kept for ever.
  depends_on = [aws_cloudwatch_log_group.this]
}

resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_338:Logs are kept for a year unless a root says otherwise, as the local stage does.
  name              = "/aws/sagemaker/Endpoints/${local.endpoint_name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}
