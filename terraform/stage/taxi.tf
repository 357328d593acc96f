variable "taxi" {
  description = "Settings of the taxi pipeline; null leaves it off."
  type        = any
  default     = null
}

module "taxi" {
  source = "../pipelines/taxi"
  count  = var.taxi == null ? 0 : 1

  providers = {
    aws = aws.taxi
  }

  stage       = var.stage
  settings    = var.taxi
  job_script  = "${path.module}/../../glue_jobs/taxi_silver.py"
  job_package = "${var.packages}/${lookup(local.built, "taxi_silver", "taxi_silver.zip")}"

  function_packages = {
    for name in ["taxi_deploy", "taxi_drift", "taxi_register", "taxi_retrain", "taxi_score", "taxi_training_sets"] : name => "${var.packages}/${lookup(local.built, name, "${name}.zip")}"
  }

  evaluation_archive = "${var.packages}/${lookup(local.built, "taxi_evaluate", "taxi_evaluate.tar.gz")}"
}

locals {
  unknown_taxi = setsubtract(try(keys(var.taxi), []), try(module.taxi[0].setting_names, []))
}

output "taxi" {
  description = "Names and addresses of the taxi pipeline's resources; null when the pipeline is off."
  value       = one(module.taxi)

  precondition {
    condition     = length(local.unknown_taxi) == 0
    error_message = "The taxi pipeline has no setting ${join(", ", local.unknown_taxi)}; terraform/pipelines/taxi/variables.tf says what it has."
  }
}
