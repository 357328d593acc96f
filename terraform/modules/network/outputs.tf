output "vpc_id" {
  description = "Id of the VPC."
  value       = aws_vpc.this.id
}

output "private_subnet_ids" {
  description = "Ids of the subnets for functions, one for each zone."
  value       = local.subnet_ids["private"]
  # A function that starts before its way out cannot reach AWS.
  depends_on = [aws_route.nat, aws_route_table_association.this, aws_vpc_endpoint.interface]
}

output "data_subnet_ids" {
  description = "Ids of the subnets for databases, one for each zone."
  value       = local.subnet_ids["data"]
}

output "availability_zones" {
  description = "Zones of the subnets, in the order of their ids."
  value       = var.availability_zones
}

output "client_security_group_id" {
  description = "Id of the security group of functions in the private tier."
  value       = aws_security_group.clients.id
}

output "nat_addresses" {
  description = "Public addresses from which the private tier is seen, by zone; empty without NAT gateways."
  value       = { for zone, address in aws_eip.nat : zone => address.public_ip }
}

output "interface_endpoint_ids" {
  description = "Ids of the interface endpoints, by the name of their service."
  value       = { for name, endpoint in aws_vpc_endpoint.interface : name => endpoint.id }
}

output "alarm_arns" {
  description = "ARNs of the network's alarms."
  value       = values(aws_cloudwatch_metric_alarm.ports)[*].arn
}
