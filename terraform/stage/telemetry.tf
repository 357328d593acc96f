variable "telemetry" {
  description = "Settings of the telemetry pipeline; null leaves it off."
  type        = any
  default     = null
}

module "telemetry" {
  source = "../pipelines/telemetry"
  count  = var.telemetry == null ? 0 : 1

  providers = {
    aws = aws.telemetry
  }

  stage       = var.stage
  settings    = var.telemetry
  job_script  = "${path.module}/../../glue_jobs/temperature_etl.py"
  job_package = "${var.packages}/${lookup(local.built, "temperature_etl", "temperature_etl.zip")}"
}

locals {
  unknown_telemetry = setsubtract(try(keys(var.telemetry), []), try(module.telemetry[0].setting_names, []))
}

output "telemetry" {
  description = "Names and addresses of the telemetry pipeline's resources; null when the pipeline is off."
  value       = one(module.telemetry)

  precondition {
    condition     = length(local.unknown_telemetry) == 0
    error_message = "The telemetry pipeline has no setting ${join(", ", local.unknown_telemetry)}; terraform/pipelines/telemetry/variables.tf says what it has."
  }
}
