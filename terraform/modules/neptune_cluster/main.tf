# A Neptune cluster that is asked in openCypher by IAM principals, in private subnets, encrypted, backed up and logged.

locals {
  serverless     = var.serverless_capacity != null
  instance_class = local.serverless ? "db.serverless" : var.instance_class

  # "neptune1.4" for 1.4.5.1.
  family = "neptune${join(".", slice(split(".", var.engine_version), 0, 2))}"
}

resource "aws_neptune_cluster" "this" {
  #checkov:skip=CKV_AWS_101:Both logs are exported; the checker reads each name of a list beside a dynamic block as a list of its own.
  cluster_identifier                   = var.name
  engine                               = "neptune"
  engine_version                       = var.engine_version
  port                                 = var.port
  storage_type                         = var.storage_type
  storage_encrypted                    = true
  kms_key_arn                          = var.kms_key_arn
  iam_database_authentication_enabled  = true
  neptune_subnet_group_name            = aws_neptune_subnet_group.this.name
  vpc_security_group_ids               = [aws_security_group.this.id]
  neptune_cluster_parameter_group_name = aws_neptune_cluster_parameter_group.this.name
  enable_cloudwatch_logs_exports       = ["audit", "slowquery"]
  backup_retention_period              = var.backup_days
  preferred_backup_window              = var.backup_window
  preferred_maintenance_window         = var.maintenance_window
  copy_tags_to_snapshot                = true
  deletion_protection                  = var.deletion_protection
  skip_final_snapshot                  = !var.deletion_protection
  final_snapshot_identifier            = var.deletion_protection ? "${var.name}-final" : null

  dynamic "serverless_v2_scaling_configuration" {
    for_each = local.serverless ? [var.serverless_capacity] : []

    content {
      min_capacity = serverless_v2_scaling_configuration.value.minimum
      max_capacity = serverless_v2_scaling_configuration.value.maximum
    }
  }

  lifecycle {
    # AWS installs minor versions by itself, and refuses to go back to the one that is written here.
    ignore_changes = [engine_version]
  }

  # Neptune would make groups that keep logs for ever.
  depends_on = [aws_cloudwatch_log_group.this]
}

# The first that is there writes and the others read; when it fails, one of them takes over.
resource "aws_neptune_cluster_instance" "this" {
  count = var.instances

  identifier                   = "${var.name}-${count.index + 1}"
  cluster_identifier           = aws_neptune_cluster.this.id
  engine                       = "neptune"
  instance_class               = local.instance_class
  availability_zone            = var.availability_zones[count.index % length(var.availability_zones)]
  neptune_subnet_group_name    = aws_neptune_subnet_group.this.name
  neptune_parameter_group_name = aws_neptune_parameter_group.this.name
  auto_minor_version_upgrade   = true
  publicly_accessible          = false
}

resource "aws_neptune_subnet_group" "this" {
  name        = var.name
  description = "Subnets of the Neptune cluster ${var.name}"
  subnet_ids  = var.subnet_ids
}

resource "aws_neptune_cluster_parameter_group" "this" {
  name        = var.name
  family      = local.family
  description = "Logs and limits of the Neptune cluster ${var.name}"

  parameter {
    # Static: in force once the instances have started, which they do after it.
    name         = "neptune_enable_audit_log"
    value        = "1"
    apply_method = "pending-reboot"
  }

  parameter {
    name         = "neptune_enable_slow_query_log"
    value        = "info"
    apply_method = "immediate"
  }

  parameter {
    name         = "neptune_slow_query_log_threshold"
    value        = tostring(var.slow_query_milliseconds)
    apply_method = "immediate"
  }

  parameter {
    name         = "neptune_query_timeout"
    value        = tostring(var.query_timeout_milliseconds)
    apply_method = "pending-reboot"
  }
}

resource "aws_neptune_parameter_group" "this" {
  name        = var.name
  family      = local.family
  description = "Instances of the Neptune cluster ${var.name}"

  parameter {
    name         = "neptune_query_timeout"
    value        = tostring(var.query_timeout_milliseconds)
    apply_method = "pending-reboot"
  }
}

resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_338:Logs are kept for a year unless a root says otherwise, as the local stage does.
  for_each = toset(["audit", "slowquery"])

  name              = "/aws/neptune/${var.name}/${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}
