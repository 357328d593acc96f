variable "inference" {
  description = "Settings of the stage's own inference pipeline; null leaves it off."
  type        = any
  default     = null
}

module "inference" {
  source = "../pipelines/inference"
  count  = var.inference == null ? 0 : 1

  providers = {
    aws = aws.inference
  }

  stack_name       = local.inference_stack
  settings         = var.inference
  function_package = "${var.packages}/${lookup(local.built, "inference_score", "inference_score.zip")}"
}

locals {
  # Commands find the stage's own inference stack by this name, as they find any other stack.
  inference_stack = "datastreamer-${var.stage}-inference"

  unknown_inference = setsubtract(try(keys(var.inference), []), try(module.inference[0].setting_names, []))
}

output "inference" {
  description = "Names and addresses of the inference pipeline's resources; null when the pipeline is off."
  value       = one(module.inference)

  precondition {
    condition     = length(local.unknown_inference) == 0
    error_message = "The inference pipeline has no setting ${join(", ", local.unknown_inference)}; terraform/pipelines/inference/variables.tf says what it has."
  }
}
