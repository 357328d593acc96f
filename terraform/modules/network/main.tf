# A VPC of three tiers in two zones or more: public (nothing but the way out), private (functions and endpoints) and data
# (databases, with no way out at all).

data "aws_caller_identity" "current" {}

data "aws_region" "current" {}

locals {
  tiers = ["public", "private", "data"]

  # A sixteenth of the range each: four blocks for each tier, so that a zone can be added and no subnet moves.
  subnets = merge([
    for tier_number, tier in local.tiers : {
      for zone_number, zone in var.availability_zones : "${tier}-${zone}" => {
        tier = tier
        zone = zone
        cidr = cidrsubnet(var.cidr_block, 4, tier_number * 4 + zone_number)
      }
    }
  ]...)

  subnet_ids = {
    for tier in local.tiers : tier => [for zone in var.availability_zones : aws_subnet.this["${tier}-${zone}"].id]
  }
}

resource "aws_vpc" "this" {
  cidr_block = var.cidr_block

  # Private names of interface endpoints and of Neptune need both.
  enable_dns_support   = true
  enable_dns_hostnames = true

  tags = { Name = var.name }
}

resource "aws_subnet" "this" {
  for_each = local.subnets

  vpc_id                  = aws_vpc.this.id
  availability_zone       = each.value.zone
  cidr_block              = each.value.cidr
  map_public_ip_on_launch = false

  tags = { Name = "${var.name}-${each.key}", TIER = each.value.tier }
}

# What is started without a security group gets this one, which lets nothing in and nothing out.
resource "aws_default_security_group" "this" {
  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.name}-default-closed" }
}
