mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_region" {
    defaults = { name = "ap-northeast-1" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:ap-northeast-1:123456789012:log-group:/aws/vpc/insight" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/insight-flow-logs-role" }
  }
}

variables {
  name                = "insight"
  availability_zones  = ["ap-northeast-1a", "ap-northeast-1c"]
  flow_log_bucket_arn = "arn:aws:s3:::insight-flow-logs"
  kms_key_arn         = "arn:aws:kms:ap-northeast-1:123456789012:key/1"
}

run "has_three_tiers_in_each_zone_and_gives_nothing_a_public_address" {
  assert {
    condition     = length(aws_subnet.this) == 6 && length(distinct(values(aws_subnet.this)[*].cidr_block)) == 6 && alltrue([for subnet in values(aws_subnet.this) : !subnet.map_public_ip_on_launch])
    error_message = "Each tier must have a subnet in each zone, with addresses of its own, none of them public."
  }

  assert {
    condition     = aws_subnet.this["data-ap-northeast-1c"].cidr_block == "10.64.144.0/20" && aws_subnet.this["data-ap-northeast-1c"].availability_zone == "ap-northeast-1c"
    error_message = "The second zone of the third tier must be the tenth sixteenth."
  }

  assert {
    condition     = aws_vpc.this.enable_dns_support && aws_vpc.this.enable_dns_hostnames
    error_message = "Private names need DNS."
  }
}

run "a_new_zone_moves_no_subnet" {
  variables {
    availability_zones = ["ap-northeast-1a", "ap-northeast-1c", "ap-northeast-1d"]
  }

  assert {
    condition     = length(aws_subnet.this) == 9 && aws_subnet.this["data-ap-northeast-1c"].cidr_block == "10.64.144.0/20"
    error_message = "Subnets that are there must keep their addresses."
  }
}

run "each_zone_has_its_own_way_out_and_the_data_tier_has_none" {
  assert {
    condition     = toset(keys(aws_nat_gateway.this)) == toset(var.availability_zones) && length(aws_eip.nat) == 2
    error_message = "Each zone must have a NAT gateway."
  }

  assert {
    condition     = alltrue([for zone, route in aws_route.nat : route.nat_gateway_id == aws_nat_gateway.this[zone].id && route.route_table_id == aws_route_table.private[zone].id])
    error_message = "A zone's route must lead to its own gateway."
  }

  assert {
    condition = alltrue(concat(
      [for key, association in aws_route_table_association.this : association.route_table_id == aws_route_table.data.id if startswith(key, "data-")],
      [aws_route.internet[0].route_table_id == aws_route_table.public.id, aws_route_table.data.id != aws_route_table.public.id],
      [for table in values(aws_route_table.private) : table.id != aws_route_table.data.id],
    ))
    error_message = "No table with a route out may be the data tier's."
  }

  assert {
    condition     = length(aws_vpc_endpoint.interface) == 0 && length(aws_security_group.endpoints) == 0
    error_message = "With NAT gateways nobody pays for endpoints."
  }
}

run "one_gateway_may_serve_all_zones" {
  variables {
    single_nat_gateway = true
  }

  assert {
    condition     = keys(aws_nat_gateway.this) == ["ap-northeast-1a"] && alltrue([for route in values(aws_route.nat) : route.nat_gateway_id == aws_nat_gateway.this["ap-northeast-1a"].id])
    error_message = "Both zones must go out through the first."
  }

  assert {
    condition     = length(aws_route.nat) == 2 && length(aws_eip.nat) == 1
    error_message = "Each zone keeps a route, and one address is enough."
  }
}

run "endpoints_take_the_place_of_the_internet" {
  variables {
    egress              = "endpoints"
    interface_endpoints = ["secretsmanager", "timestream.query-cell1"]
  }

  assert {
    condition     = toset([for endpoint in values(aws_vpc_endpoint.interface) : endpoint.service_name]) == toset(["com.amazonaws.ap-northeast-1.secretsmanager", "com.amazonaws.ap-northeast-1.timestream.query-cell1"])
    error_message = "Each service must have its endpoint."
  }

  assert {
    condition     = alltrue([for endpoint in values(aws_vpc_endpoint.interface) : endpoint.private_dns_enabled && toset(endpoint.subnet_ids) == toset(local.subnet_ids["private"])])
    error_message = "Endpoints must be found under AWS's own names, in each private subnet."
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 0 && length(aws_internet_gateway.this) == 0 && length(aws_route.internet) == 0 && length(aws_vpc_security_group_egress_rule.nat) == 0
    error_message = "Nothing may lead to the internet."
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.endpoints[0].referenced_security_group_id == aws_security_group.clients.id && aws_vpc_security_group_ingress_rule.endpoints[0].from_port == 443
    error_message = "Clients alone may speak to endpoints, by HTTPS."
  }
}

run "none_leaves_the_gateway_endpoints_alone" {
  variables {
    egress              = "none"
    interface_endpoints = ["secretsmanager"]
    gateway_endpoints   = ["s3", "dynamodb"]
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 0 && length(aws_vpc_endpoint.interface) == 0 && toset(keys(aws_vpc_endpoint.gateway)) == toset(["s3", "dynamodb"])
    error_message = "Nothing that is paid for may be left."
  }

  assert {
    condition     = toset(keys(aws_vpc_security_group_egress_rule.gateway)) == toset(["s3", "dynamodb"])
    error_message = "Clients must be let out to what is left."
  }

  assert {
    condition     = jsondecode(aws_vpc_endpoint.gateway["s3"].policy).Statement[0].Condition.StringEquals["aws:PrincipalAccount"] == "123456789012"
    error_message = "Credentials of another account must not pass."
  }
}

run "nobody_comes_in_and_the_default_group_is_closed" {
  assert {
    condition     = aws_default_security_group.this.vpc_id == aws_vpc.this.id && length(aws_default_security_group.this.ingress) == 0 && length(aws_default_security_group.this.egress) == 0
    error_message = "The default group must have no rule."
  }

  assert {
    condition     = aws_vpc_security_group_egress_rule.nat[0].from_port == 443 && aws_vpc_security_group_egress_rule.nat[0].to_port == 443
    error_message = "Out of the VPC there is HTTPS alone."
  }

  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.endpoints) == 0
    error_message = "Without endpoints nothing comes in at all."
  }
}

run "every_connection_is_logged_to_the_bucket_as_parquet" {
  assert {
    condition     = aws_flow_log.this.traffic_type == "ALL" && aws_flow_log.this.log_destination_type == "s3" && aws_flow_log.this.log_destination == var.flow_log_bucket_arn
    error_message = "All traffic must be logged to the bucket."
  }

  assert {
    condition     = aws_flow_log.this.destination_options[0].file_format == "parquet" && aws_flow_log.this.destination_options[0].hive_compatible_partitions
    error_message = "Athena must be able to read the logs as they are."
  }

  assert {
    condition     = length(aws_cloudwatch_log_group.flow) == 0 && length(aws_iam_role.flow) == 0
    error_message = "Log delivery to a bucket needs no role."
  }
}

run "or_to_an_encrypted_log_group_that_ends" {
  variables {
    flow_logs           = "cloudwatch"
    flow_log_bucket_arn = ""
    log_retention_days  = 30
  }

  assert {
    condition     = aws_flow_log.this.log_destination_type == "cloud-watch-logs" && aws_flow_log.this.log_destination == aws_cloudwatch_log_group.flow[0].arn && aws_flow_log.this.iam_role_arn == aws_iam_role.flow[0].arn
    error_message = "The logs must go to the group, by a role."
  }

  assert {
    condition     = aws_cloudwatch_log_group.flow[0].kms_key_id == var.kms_key_arn && aws_cloudwatch_log_group.flow[0].retention_in_days == 30
    error_message = "The group must be encrypted, and its logs end."
  }

  assert {
    condition     = jsondecode(aws_iam_role.flow[0].assume_role_policy).Statement[0].Condition.StringEquals["aws:SourceAccount"] == "123456789012" && alltrue([for resource in jsondecode(aws_iam_role_policy.flow[0].policy).Statement[0].Resource : startswith(resource, aws_cloudwatch_log_group.flow[0].arn)])
    error_message = "The role must serve this account, and write to this group."
  }
}

run "alarms_tell_the_topic_of_a_gateway_without_ports" {
  variables {
    alarm_topic_arns = ["arn:aws:sns:ap-northeast-1:123456789012:alarms"]
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.ports) == 2 && alltrue([for zone, alarm in aws_cloudwatch_metric_alarm.ports : alarm.dimensions.NatGatewayId == aws_nat_gateway.this[zone].id && contains(alarm.alarm_actions, "arn:aws:sns:ap-northeast-1:123456789012:alarms")])
    error_message = "Each gateway must have its alarm."
  }
}

run "refuses_bad_values" {
  command = plan

  variables {
    name               = "sg-insight"
    cidr_block         = "10.0.0.0/25"
    availability_zones = ["ap-northeast-1a"]
    egress             = "vpn"
    gateway_endpoints  = ["sqs"]
    flow_logs          = "firehose"
    kms_key_arn        = "alias/insight"
    log_retention_days = 2
  }

  expect_failures = [
    var.name,
    var.cidr_block,
    var.availability_zones,
    var.egress,
    var.gateway_endpoints,
    var.flow_logs,
    var.kms_key_arn,
    var.log_retention_days,
  ]
}

run "refuses_what_is_no_zone" {
  command = plan

  variables {
    availability_zones = ["ap-northeast-1a", "Tokyo"]
  }

  expect_failures = [var.availability_zones]
}

run "refuses_endpoints_without_a_service" {
  command = plan

  variables {
    egress = "endpoints"
  }

  expect_failures = [var.interface_endpoints]
}

run "refuses_a_service_with_its_region" {
  command = plan

  variables {
    interface_endpoints = ["com.amazonaws.ap-northeast-1.secretsmanager"]
  }

  expect_failures = [var.interface_endpoints]
}

run "refuses_timestream_without_its_cell" {
  command = plan

  variables {
    egress              = "endpoints"
    interface_endpoints = ["timestream.query"]
  }

  expect_failures = [var.interface_endpoints]
}

run "refuses_a_bucket_that_is_not_named" {
  command = plan

  variables {
    flow_log_bucket_arn = ""
  }

  expect_failures = [var.flow_log_bucket_arn]
}
