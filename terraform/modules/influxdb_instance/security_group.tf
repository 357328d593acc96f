resource "aws_security_group" "this" {
  #checkov:skip=CKV2_AWS_5:The instance is its member; the checker does not know resources of Timestream for InfluxDB.
  name        = "${var.name}-influxdb"
  description = "The InfluxDB ${var.name}"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.name}-influxdb" }
}

# Counted, since ids of groups are not known before they are made.
resource "aws_vpc_security_group_ingress_rule" "clients" {
  count = length(var.client_security_group_ids)

  security_group_id            = aws_security_group.this.id
  referenced_security_group_id = var.client_security_group_ids[count.index]
  description                  = "Points and queries from clients"
  ip_protocol                  = "tcp"
  from_port                    = var.port
  to_port                      = var.port
}

resource "aws_vpc_security_group_egress_rule" "clients" {
  count = length(var.client_security_group_ids)

  security_group_id            = var.client_security_group_ids[count.index]
  referenced_security_group_id = aws_security_group.this.id
  description                  = "Points and queries to the InfluxDB ${var.name}"
  ip_protocol                  = "tcp"
  from_port                    = var.port
  to_port                      = var.port
}
