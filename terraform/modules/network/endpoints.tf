# Gateway endpoints cost nothing and keep S3's traffic off the NAT gateways; interface endpoints are paid for by the hour,
# the zone and the gigabyte.

locals {
  endpoint_prefix = "com.amazonaws.${data.aws_region.current.name}"
}

resource "aws_vpc_endpoint" "gateway" {
  for_each = var.gateway_endpoints

  vpc_id            = aws_vpc.this.id
  vpc_endpoint_type = "Gateway"
  service_name      = "${local.endpoint_prefix}.${each.key}"
  route_table_ids   = values(aws_route_table.private)[*].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      # Credentials of another account, brought into the VPC, carry no data out of it.
      Sid       = "PrincipalsOfThisAccount"
      Effect    = "Allow"
      Principal = "*"
      Action    = "${each.key}:*"
      Resource  = "*"
      Condition = { StringEquals = { "aws:PrincipalAccount" = data.aws_caller_identity.current.account_id } }
    }]
  })

  tags = { Name = "${var.name}-${each.key}" }
}

resource "aws_vpc_endpoint" "interface" {
  for_each = local.interface_endpoints

  vpc_id              = aws_vpc.this.id
  vpc_endpoint_type   = "Interface"
  service_name        = "${local.endpoint_prefix}.${each.key}"
  subnet_ids          = local.subnet_ids["private"]
  security_group_ids  = [aws_security_group.endpoints[0].id]
  private_dns_enabled = true

  tags = { Name = "${var.name}-${each.key}" }
}
