output "name" {
  description = "Name of the workgroup."
  value       = aws_athena_workgroup.this.name
}

output "arn" {
  description = "ARN of the workgroup."
  value       = aws_athena_workgroup.this.arn
}

output "query_ids" {
  description = "Ids of the saved queries, by name."
  value       = { for name, query in aws_athena_named_query.this : name => query.id }
}

output "analyst_policy_arn" {
  description = "ARN of the policy that lets a principal query the tables in the workgroup."
  value       = aws_iam_policy.analyst.arn
}
