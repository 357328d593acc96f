# Who may speak to whom, by group and never by address: clients (functions of the private tier) to endpoints and, with NAT
# gateways, to AWS. A database's module adds the rules from clients to itself.

resource "aws_security_group" "clients" {
  #checkov:skip=CKV2_AWS_5:Functions of the private tier are its members; they belong to the pipeline that has the network.
  name        = "${var.name}-clients"
  description = "Functions in the private tier of ${var.name}"
  vpc_id      = aws_vpc.this.id

  tags = { Name = "${var.name}-clients" }
}

resource "aws_security_group" "endpoints" {
  count = length(local.interface_endpoints) == 0 ? 0 : 1

  name        = "${var.name}-endpoints"
  description = "Interface endpoints of ${var.name}"
  vpc_id      = aws_vpc.this.id

  tags = { Name = "${var.name}-endpoints" }
}

resource "aws_vpc_security_group_ingress_rule" "endpoints" {
  count = length(aws_security_group.endpoints)

  security_group_id            = aws_security_group.endpoints[0].id
  referenced_security_group_id = aws_security_group.clients.id
  description                  = "HTTPS from clients"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
}

resource "aws_vpc_security_group_egress_rule" "endpoints" {
  count = length(aws_security_group.endpoints)

  security_group_id            = aws_security_group.clients.id
  referenced_security_group_id = aws_security_group.endpoints[0].id
  description                  = "HTTPS to interface endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
}

resource "aws_vpc_security_group_egress_rule" "gateway" {
  for_each = var.gateway_endpoints

  security_group_id = aws_security_group.clients.id
  prefix_list_id    = aws_vpc_endpoint.gateway[each.key].prefix_list_id
  description       = "HTTPS to ${each.key} through its gateway endpoint"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "nat" {
  count = local.has_nat ? 1 : 0

  security_group_id = aws_security_group.clients.id
  cidr_ipv4         = "0.0.0.0/0"
  description       = "HTTPS to AWS through the NAT gateways"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}
