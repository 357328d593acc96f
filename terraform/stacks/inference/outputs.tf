output "inference" {
  description = "Names and addresses of the stack's resources."
  value       = module.inference
}
