locals {
  unknown = {
    telemetry = setsubtract(try(keys(var.telemetry), []), try(module.telemetry[0].setting_names, []))
    inference = setsubtract(try(keys(var.inference), []), try(module.inference[0].setting_names, []))
    votes     = setsubtract(try(keys(var.votes), []), try(module.votes[0].setting_names, []))
  }
}

output "telemetry" {
  description = "Names and addresses of the telemetry pipeline's resources; null when the pipeline is off."
  value       = one(module.telemetry)

  precondition {
    condition     = length(local.unknown.telemetry) == 0
    error_message = "The telemetry pipeline has no setting ${join(", ", local.unknown.telemetry)}; terraform/pipelines/telemetry/variables.tf says what it has."
  }
}

output "inference" {
  description = "Names and addresses of the inference pipeline's resources; null when the pipeline is off."
  value       = one(module.inference)

  precondition {
    condition     = length(local.unknown.inference) == 0
    error_message = "The inference pipeline has no setting ${join(", ", local.unknown.inference)}; terraform/pipelines/inference/variables.tf says what it has."
  }
}

output "votes" {
  description = "Names and addresses of the votes pipeline's resources; null when the pipeline is off."
  value       = one(module.votes)

  precondition {
    condition     = length(local.unknown.votes) == 0
    error_message = "The votes pipeline has no setting ${join(", ", local.unknown.votes)}; terraform/pipelines/votes/variables.tf says what it has."
  }
}
