# An OpenSearch domain with fine-grained access control: who signs as a principal of the account comes in, and the domain's
# own roles say what each may do.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  domain_arn = "arn:${local.partition}:es:${data.aws_region.current.name}:${local.account_id}:domain/${var.name}"

  # The account's root stands for every principal of the account whose own policy allows it; nobody else is let in.
  policy = {
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "PrincipalsOfTheAccountByTheirOwnPolicies"
        Effect    = "Allow"
        Principal = { AWS = "arn:${local.partition}:iam::${local.account_id}:root" }
        Action    = ["es:ESHttpDelete", "es:ESHttpGet", "es:ESHttpHead", "es:ESHttpPatch", "es:ESHttpPost", "es:ESHttpPut"]
        Resource  = "${local.domain_arn}/*"
      },
    ]
  }
}

resource "aws_opensearch_domain" "this" {
  #checkov:skip=CKV_AWS_137:In a VPC where subnets are given; without, its endpoint is public, and lets in signed requests of this account alone.
  #checkov:skip=CKV_AWS_318:Three dedicated masters where a root asks for them; a small domain would pay more for them than for its data.
  #checkov:skip=CKV2_AWS_59:The same: dedicated_masters adds them.
  #checkov:skip=CKV_AWS_317:Audit logs are published, with the three others; the checker does not read a dynamic block. A test does.
  domain_name     = var.name
  engine_version  = var.engine_version
  access_policies = jsonencode(local.policy)

  cluster_config {
    instance_type            = var.instance_type
    instance_count           = var.instance_count
    zone_awareness_enabled   = var.zones > 1
    dedicated_master_enabled = var.dedicated_masters != null
    dedicated_master_count   = var.dedicated_masters == null ? null : 3
    dedicated_master_type    = var.dedicated_masters

    dynamic "zone_awareness_config" {
      for_each = var.zones > 1 ? [var.zones] : []

      content {
        availability_zone_count = zone_awareness_config.value
      }
    }
  }

  ebs_options {
    ebs_enabled = true
    volume_type = "gp3"
    volume_size = var.gigabytes_per_node
  }

  advanced_security_options {
    enabled = true
    # Principals of IAM sign; a user of the domain's own would have a password, in Terraform's state.
    internal_user_database_enabled = false

    master_user_options {
      master_user_arn = var.master_user_arn
    }
  }

  encrypt_at_rest {
    enabled    = true
    kms_key_id = var.kms_key_arn
  }

  node_to_node_encryption {
    enabled = true
  }

  domain_endpoint_options {
    enforce_https       = true
    tls_security_policy = "Policy-Min-TLS-1-2-PFS-2023-10"
  }

  dynamic "vpc_options" {
    for_each = var.vpc == null ? [] : [var.vpc]

    content {
      subnet_ids         = vpc_options.value.subnet_ids
      security_group_ids = [aws_security_group.this[0].id]
    }
  }

  dynamic "log_publishing_options" {
    for_each = local.log_types

    content {
      log_type                 = log_publishing_options.value
      cloudwatch_log_group_arn = aws_cloudwatch_log_group.this[log_publishing_options.key].arn
    }
  }

  off_peak_window_options {
    enabled = true
  }

  software_update_options {
    auto_software_update_enabled = true
  }

  # OpenSearch refuses to publish to a group that does not let it in.
  depends_on = [aws_cloudwatch_log_resource_policy.this]
}
