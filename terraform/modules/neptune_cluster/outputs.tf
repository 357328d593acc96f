locals {
  # An endpoint with a scheme is an address already.
  endpoint_urls = {
    for role, endpoint in { writer = aws_neptune_cluster.this.endpoint, reader = aws_neptune_cluster.this.reader_endpoint } :
    role => startswith(endpoint, "http") ? endpoint : "https://${endpoint}:${aws_neptune_cluster.this.port}"
  }
}

output "cluster_identifier" {
  description = "Identifier of the cluster."
  value       = aws_neptune_cluster.this.cluster_identifier
}

output "resource_id" {
  description = "Id by which IAM policies name the cluster."
  value       = aws_neptune_cluster.this.cluster_resource_id
}

# A cluster without an instance answers nothing.
output "endpoint_url" {
  description = "Address of the instance that writes, for AWS_ENDPOINT_URL_NEPTUNEDATA."
  value       = local.endpoint_urls.writer
  depends_on  = [aws_neptune_cluster_instance.this]
}

output "reader_endpoint_url" {
  description = "Address of the instances that read, in turn; the one that writes where there is no other."
  value       = local.endpoint_urls.reader
  depends_on  = [aws_neptune_cluster_instance.this]
}

output "security_group_id" {
  description = "Id of the cluster's security group."
  value       = aws_security_group.this.id
}

output "reader_policy_arn" {
  description = "ARN of the policy that lets a principal read the graph."
  value       = aws_iam_policy.this["reader"].arn
}

output "writer_policy_arn" {
  description = "ARN of the policy that lets a principal read and change the graph."
  value       = aws_iam_policy.this["writer"].arn
}

output "log_group_names" {
  description = "Log groups of the cluster."
  value       = values(aws_cloudwatch_log_group.this)[*].name
}

output "alarm_arns" {
  description = "ARNs of the cluster's alarms."
  value       = values(aws_cloudwatch_metric_alarm.this)[*].arn
}
