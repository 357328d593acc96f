output "site_url" {
  description = "Address of the page."
  value       = local.site_url
}

output "api_url" {
  description = "Address of the REST API."
  value       = local.api_url
}

output "socket_url" {
  description = "Address of the WebSocket API."
  value       = module.socket.url
}

output "stream_name" {
  description = "Kinesis stream of the votes."
  value       = module.stream.name
}

output "function_names" {
  description = "The four functions."
  value = {
    aggregate = module.aggregate.name
    cast      = module.cast.name
    publish   = module.publish.name
    socket    = module.greet.name
  }
}

output "table_names" {
  description = "The three tables."
  value = {
    aggregation = module.aggregation_table.name
    connections = module.connections_table.name
    orders      = module.orders_table.name
  }
}

output "site_bucket" {
  description = "Bucket of the site's files."
  value       = module.site.bucket_name
}

output "raw_bucket" {
  description = "Bucket of the raw votes."
  value       = module.raw_bucket.name
}

output "database_name" {
  description = "Glue database with the table votes."
  value       = aws_glue_catalog_database.this.name
}

output "workgroup_name" {
  description = "Athena workgroup of whoever queries the votes."
  value       = module.workgroup.name
}

output "analyst_policy_arn" {
  description = "ARN of the policy that lets a principal query the votes."
  value       = module.workgroup.analyst_policy_arn
}

output "alarm_topic_arn" {
  description = "SNS topic that alarms are sent to."
  value       = module.alarm_topic.arn
}

output "alarm_arns" {
  description = "ARNs of the pipeline's alarms."
  value       = local.alarm_arns
}

output "setting_names" {
  description = "Names of all that `settings` can set: whoever passes it on can tell a name that the pipeline does not have."
  value       = keys(var.settings)
}
