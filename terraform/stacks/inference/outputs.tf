output "inference" {
  description = "Names and addresses of the stack's resources."
  value       = module.inference

  precondition {
    condition     = length(setsubtract(keys(var.settings), module.inference.setting_names)) == 0
    error_message = "The inference pipeline has no setting ${join(", ", setsubtract(keys(var.settings), module.inference.setting_names))}; terraform/pipelines/inference/variables.tf says what it has."
  }
}
