# Timestream for InfluxDB: an InfluxDB 2 that AWS runs, in private subnets, with the secrets that it is reached by. AWS encrypts
# its disk with a key of its own: the provider's resource names none before version 6.

# Read again at each plan, and used when the instance is made.
data "aws_secretsmanager_random_password" "administrator" {
  password_length     = 48
  exclude_punctuation = true
}

resource "aws_timestreaminfluxdb_db_instance" "this" {
  name                   = var.name
  db_instance_type       = var.instance_type
  db_storage_type        = var.storage_type
  allocated_storage      = var.storage_gigabytes
  deployment_type        = var.multi_az ? "WITH_MULTIAZ_STANDBY" : "SINGLE_AZ"
  vpc_subnet_ids         = var.subnet_ids
  vpc_security_group_ids = [aws_security_group.this.id]
  publicly_accessible    = false
  network_type           = "IPV4"
  port                   = var.port
  organization           = var.organization
  bucket                 = var.bucket
  username               = "administrator"
  password               = data.aws_secretsmanager_random_password.administrator.random_password

  dynamic "log_delivery_configuration" {
    for_each = var.log_bucket == "" ? [] : [var.log_bucket]

    content {
      s3_configuration {
        bucket_name = log_delivery_configuration.value
        enabled     = true
      }
    }
  }

  lifecycle {
    # AWS keeps what it was made with in a secret of its own, and a change would make the instance again.
    ignore_changes = [password]
  }
}

# What functions sign in with: a token of the bucket alone, which InfluxDB gives out and no API of AWS: it is put here once.
resource "aws_secretsmanager_secret" "token" {
  #checkov:skip=CKV2_AWS_57:InfluxDB's tokens do not end, and are taken back in InfluxDB; Secrets Manager has no function that makes one.
  name                    = "${var.name}-influxdb-token"
  description             = "Token with which functions read and write the bucket ${var.bucket} of the InfluxDB ${var.name}."
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = var.secret_recovery_days
}
