resource "aws_cloudwatch_metric_alarm" "ports" {
  for_each = aws_nat_gateway.this

  alarm_name          = "${var.name}-nat-${each.key}-ports"
  alarm_description   = "The NAT gateway of ${var.name} in ${each.key} has no port left for new connections to one address: clients cannot reach it."
  namespace           = "AWS/NATGateway"
  metric_name         = "ErrorPortAllocation"
  dimensions          = { NatGatewayId = each.value.id }
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 5
  datapoints_to_alarm = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topic_arns
  ok_actions          = var.alarm_topic_arns
}
