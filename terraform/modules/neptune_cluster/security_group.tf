resource "aws_security_group" "this" {
  name        = "${var.name}-neptune"
  description = "The Neptune cluster ${var.name}"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.name}-neptune" }
}

# Counted, since ids of groups are not known before they are made.
resource "aws_vpc_security_group_ingress_rule" "clients" {
  count = length(var.client_security_group_ids)

  security_group_id            = aws_security_group.this.id
  referenced_security_group_id = var.client_security_group_ids[count.index]
  description                  = "Queries from clients"
  ip_protocol                  = "tcp"
  from_port                    = var.port
  to_port                      = var.port
}

resource "aws_vpc_security_group_egress_rule" "clients" {
  count = length(var.client_security_group_ids)

  security_group_id            = var.client_security_group_ids[count.index]
  referenced_security_group_id = aws_security_group.this.id
  description                  = "Queries to the Neptune cluster ${var.name}"
  ip_protocol                  = "tcp"
  from_port                    = var.port
  to_port                      = var.port
}
