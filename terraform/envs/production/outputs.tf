output "telemetry" {
  description = "Names and addresses of the telemetry pipeline's resources; null when the pipeline is off."
  value       = one(module.telemetry)
}

output "inference" {
  description = "Names and addresses of the inference pipeline's resources; null when the pipeline is off."
  value       = one(module.inference)
}

output "votes" {
  description = "Names and addresses of the votes pipeline's resources; null when the pipeline is off."
  value       = one(module.votes)
}
