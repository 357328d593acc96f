output "name" {
  description = "Name of the database."
  value       = aws_timestreamwrite_database.this.database_name
}

output "table_names" {
  description = "Names of the tables."
  value       = [for table in values(aws_timestreamwrite_table.this) : table.table_name]
}

output "table_arns" {
  description = "ARNs of the tables, by name."
  value       = { for name, table in aws_timestreamwrite_table.this : name => table.arn }
}

output "writer_policy_arn" {
  description = "ARN of the policy that lets a principal write records."
  value       = aws_iam_policy.writer.arn
}

output "reader_policy_arn" {
  description = "ARN of the policy that lets a principal query."
  value       = aws_iam_policy.reader.arn
}

output "alarm_arns" {
  description = "ARNs of the database's alarms."
  value       = values(aws_cloudwatch_metric_alarm.this)[*].arn
}
