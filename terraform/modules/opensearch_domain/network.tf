# In a VPC the domain has addresses of its subnets, and a security group of its own.

resource "aws_security_group" "this" {
  count = var.vpc == null ? 0 : 1

  name_prefix = "${var.name}-opensearch-"
  description = "The OpenSearch domain ${var.name}: HTTPS from its clients, nothing out"
  vpc_id      = var.vpc.id

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "clients" {
  for_each = var.vpc == null ? {} : { for place, id in var.vpc.client_security_group_ids : place => id }

  security_group_id            = aws_security_group.this[0].id
  referenced_security_group_id = each.value
  description                  = "HTTPS from clients"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
}
