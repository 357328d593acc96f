output "name" {
  description = "Name of the table."
  value       = aws_glue_catalog_table.this.name
}

output "location" {
  description = "Where the table's files lie, as s3://bucket/prefix/."
  value       = local.location
}

output "path" {
  description = "Where the table's files lie, as bucket/prefix/."
  value       = "${var.bucket}/${var.prefix}"
}
