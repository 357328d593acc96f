# No output waits for the stage: the function that answers it knows its address before there is one.
output "id" {
  description = "Id of the API."
  value       = aws_apigatewayv2_api.this.id
}

output "stage_name" {
  description = "Stage of the API."
  value       = var.stage_name
}

output "endpoint" {
  description = "Address of the API without a stage, as API Gateway answers it: wss://<id>.execute-api.<region>.amazonaws.com on AWS."
  value       = aws_apigatewayv2_api.this.api_endpoint
}

output "url" {
  description = "Address that browsers connect to."
  value       = "${aws_apigatewayv2_api.this.api_endpoint}/${var.stage_name}"
}

output "connections_arn" {
  description = "ARN by which a policy allows messages to the connections of the stage."
  value       = "${aws_apigatewayv2_api.this.execution_arn}/${var.stage_name}/POST/@connections/*"
}

output "alarm_arns" {
  description = "ARNs of the API's alarms."
  value       = [aws_cloudwatch_metric_alarm.errors.arn]
}
