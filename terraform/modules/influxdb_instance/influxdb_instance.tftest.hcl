mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { name = "ap-northeast-1" }
  }

  mock_data "aws_secretsmanager_random_password" {
    defaults = { random_password = "kuLqSTsv9XoY2mJ4w7ZbN8cR5tDgHf3A" }
  }

  mock_resource "aws_security_group" {
    defaults = { id = "sg-influxdb" }
  }

  mock_resource "aws_secretsmanager_secret" {
    defaults = { arn = "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:insight-influxdb-token-AbCdEf" }
  }

  mock_resource "aws_timestreaminfluxdb_db_instance" {
    defaults = { endpoint = "insight-abc.timestream-influxdb.ap-northeast-1.on.aws" }
  }
}

variables {
  name                      = "insight"
  organization              = "datastreamer"
  bucket                    = "metrics"
  vpc_id                    = "vpc-1"
  subnet_ids                = ["subnet-1", "subnet-2"]
  client_security_group_ids = ["sg-clients"]
  kms_key_arn               = "arn:aws:kms:ap-northeast-1:123456789012:key/1"
}

run "is_private_and_has_a_standby" {
  assert {
    condition     = !aws_timestreaminfluxdb_db_instance.this.publicly_accessible && toset(aws_timestreaminfluxdb_db_instance.this.vpc_subnet_ids) == toset(var.subnet_ids)
    error_message = "The instance must be private."
  }

  assert {
    condition     = aws_timestreaminfluxdb_db_instance.this.deployment_type == "WITH_MULTIAZ_STANDBY"
    error_message = "A zone that fails must leave a standby."
  }

  assert {
    condition     = output.url == "https://insight-abc.timestream-influxdb.ap-northeast-1.on.aws:8086"
    error_message = "Functions must be given an address that they can use as it is."
  }
}

run "may_be_alone_in_one_subnet" {
  variables {
    multi_az   = false
    subnet_ids = ["subnet-1"]
  }

  assert {
    condition     = aws_timestreaminfluxdb_db_instance.this.deployment_type == "SINGLE_AZ"
    error_message = "Without a standby there must be one instance."
  }
}

run "functions_sign_in_with_a_token_and_not_as_the_administrator" {
  assert {
    condition     = aws_timestreaminfluxdb_db_instance.this.password == data.aws_secretsmanager_random_password.administrator.random_password && data.aws_secretsmanager_random_password.administrator.password_length == 48
    error_message = "Nobody must think of the administrator's password."
  }

  assert {
    condition     = aws_secretsmanager_secret.token.kms_key_id == var.kms_key_arn && aws_secretsmanager_secret.token.recovery_window_in_days == 30
    error_message = "The token must be encrypted with the given key, and not be lost by accident."
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_policy.client.policy).Statement : [statement.Action, statement.Resource]] == [["secretsmanager:GetSecretValue", aws_secretsmanager_secret.token.arn], ["kms:Decrypt", var.kms_key_arn]]
    error_message = "A client must read the token, and no other secret."
  }

  assert {
    condition     = jsondecode(aws_iam_policy.client.policy).Statement[1].Condition.StringEquals["kms:ViaService"] == "secretsmanager.ap-northeast-1.amazonaws.com"
    error_message = "The key may be used through Secrets Manager alone."
  }
}

run "clients_alone_come_in_and_are_let_out" {
  assert {
    condition     = aws_vpc_security_group_ingress_rule.clients[0].referenced_security_group_id == "sg-clients" && aws_vpc_security_group_ingress_rule.clients[0].security_group_id == "sg-influxdb" && aws_vpc_security_group_ingress_rule.clients[0].from_port == 8086
    error_message = "The instance must let its clients in, by group, to its port."
  }

  assert {
    condition     = aws_vpc_security_group_egress_rule.clients[0].security_group_id == "sg-clients" && aws_vpc_security_group_egress_rule.clients[0].referenced_security_group_id == "sg-influxdb"
    error_message = "Clients must be let out to the instance."
  }
}

run "logs_go_to_a_bucket_where_there_is_one" {
  variables {
    log_bucket = "insight-influxdb-logs"
  }

  assert {
    condition     = aws_timestreaminfluxdb_db_instance.this.log_delivery_configuration[0].s3_configuration[0].bucket_name == "insight-influxdb-logs" && aws_timestreaminfluxdb_db_instance.this.log_delivery_configuration[0].s3_configuration[0].enabled
    error_message = "Logs must be delivered."
  }
}

run "alarms_tell_the_topic_and_watch_this_instance" {
  variables {
    disk_alarm_percent = 70
    alarm_topic_arns   = ["arn:aws:sns:ap-northeast-1:123456789012:alarms"]
  }

  assert {
    condition     = { for name, alarm in aws_cloudwatch_metric_alarm.this : name => alarm.threshold } == { cpu = 80, memory = 80, disk = 70 }
    error_message = "Processors, memory and disk must be watched."
  }

  assert {
    condition     = alltrue([for alarm in values(aws_cloudwatch_metric_alarm.this) : alarm.dimensions.DbInstanceName == "insight" && contains(alarm.alarm_actions, "arn:aws:sns:ap-northeast-1:123456789012:alarms")])
    error_message = "Every alarm must watch this instance and tell the topic."
  }
}

run "refuses_bad_values" {
  command = plan

  variables {
    name                      = "in"
    instance_type             = "db.r6g.large"
    storage_type              = "gp3"
    storage_gigabytes         = 19
    organization              = "two words"
    bucket                    = "m"
    vpc_id                    = "insight"
    subnet_ids                = ["subnet-1"]
    client_security_group_ids = ["0.0.0.0/0"]
    port                      = 80
    kms_key_arn               = "alias/insight"
    secret_recovery_days      = 3
    log_bucket                = "Logs"
    cpu_alarm_percent         = 0
    memory_alarm_percent      = 101
    disk_alarm_percent        = 101
  }

  expect_failures = [
    var.name,
    var.instance_type,
    var.storage_type,
    var.storage_gigabytes,
    var.organization,
    var.bucket,
    var.vpc_id,
    var.subnet_ids,
    var.client_security_group_ids,
    var.port,
    var.kms_key_arn,
    var.secret_recovery_days,
    var.log_bucket,
    var.cpu_alarm_percent,
    var.memory_alarm_percent,
    var.disk_alarm_percent,
  ]
}
