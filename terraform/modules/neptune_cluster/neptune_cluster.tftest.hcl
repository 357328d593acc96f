mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_region" {
    defaults = { name = "ap-northeast-1" }
  }

  mock_resource "aws_neptune_cluster" {
    defaults = {
      cluster_resource_id = "cluster-ABCD1234EFGH5678IJKL90MNOP"
      endpoint            = "insight.cluster-abc.ap-northeast-1.neptune.amazonaws.com"
      reader_endpoint     = "insight.cluster-ro-abc.ap-northeast-1.neptune.amazonaws.com"
    }
  }

  mock_resource "aws_security_group" {
    defaults = { id = "sg-neptune" }
  }
}

variables {
  name                      = "insight"
  vpc_id                    = "vpc-1"
  subnet_ids                = ["subnet-1", "subnet-2"]
  availability_zones        = ["ap-northeast-1a", "ap-northeast-1c"]
  client_security_group_ids = ["sg-clients"]
  kms_key_arn               = "arn:aws:kms:ap-northeast-1:123456789012:key/1"
}

run "is_encrypted_backed_up_and_kept" {
  assert {
    condition     = aws_neptune_cluster.this.storage_encrypted && aws_neptune_cluster.this.kms_key_arn == var.kms_key_arn
    error_message = "The graph must be encrypted with the given key."
  }

  assert {
    condition     = aws_neptune_cluster.this.backup_retention_period == 7 && aws_neptune_cluster.this.copy_tags_to_snapshot
    error_message = "A week of backups must be kept, with their tags."
  }

  assert {
    condition     = aws_neptune_cluster.this.deletion_protection && !aws_neptune_cluster.this.skip_final_snapshot && aws_neptune_cluster.this.final_snapshot_identifier == "insight-final"
    error_message = "The graph must not go by accident, nor without a snapshot."
  }
}

run "goes_without_a_snapshot_where_data_does_not_matter" {
  variables {
    deletion_protection = false
  }

  assert {
    condition     = !aws_neptune_cluster.this.deletion_protection && aws_neptune_cluster.this.skip_final_snapshot
    error_message = "A stage for trials must be destroyed in one go."
  }
}

run "has_two_instances_in_two_zones_that_upgrade_themselves" {
  assert {
    condition     = aws_neptune_cluster_instance.this[*].availability_zone == ["ap-northeast-1a", "ap-northeast-1c"]
    error_message = "A zone that fails must leave an instance."
  }

  assert {
    condition     = alltrue([for instance in aws_neptune_cluster_instance.this : instance.auto_minor_version_upgrade && !instance.publicly_accessible && instance.instance_class == "db.r6g.large"])
    error_message = "Each instance must upgrade itself, and be private."
  }

  assert {
    condition     = toset(aws_neptune_subnet_group.this.subnet_ids) == toset(var.subnet_ids)
    error_message = "Instances must lie in the given subnets."
  }
}

run "a_third_instance_is_in_the_first_zone_again" {
  variables {
    instances = 3
  }

  assert {
    condition     = aws_neptune_cluster_instance.this[2].availability_zone == "ap-northeast-1a"
    error_message = "Instances must be spread over the zones in turn."
  }
}

run "may_be_serverless" {
  variables {
    serverless_capacity = { minimum = 1, maximum = 8 }
  }

  assert {
    condition     = alltrue([for instance in aws_neptune_cluster_instance.this : instance.instance_class == "db.serverless"]) && aws_neptune_cluster.this.serverless_v2_scaling_configuration[0].min_capacity == 1 && aws_neptune_cluster.this.serverless_v2_scaling_configuration[0].max_capacity == 8
    error_message = "Instances must grow and shrink between the given units."
  }

  assert {
    condition     = contains(keys(aws_cloudwatch_metric_alarm.this), "capacity")
    error_message = "A cluster at its limit must ring."
  }
}

run "instances_of_a_fixed_class_do_not_scale" {
  assert {
    condition     = length(aws_neptune_cluster.this.serverless_v2_scaling_configuration) == 0 && !contains(keys(aws_cloudwatch_metric_alarm.this), "capacity")
    error_message = "A class has no capacity units."
  }
}

run "logs_who_asks_and_what_is_slow" {
  assert {
    condition     = aws_neptune_cluster.this.enable_cloudwatch_logs_exports == toset(["audit", "slowquery"])
    error_message = "Both logs must be exported."
  }

  assert {
    condition     = { for parameter in aws_neptune_cluster_parameter_group.this.parameter : parameter.name => parameter.value } == { neptune_enable_audit_log = "1", neptune_enable_slow_query_log = "info", neptune_slow_query_log_threshold = "1000", neptune_query_timeout = "20000" }
    error_message = "Both logs must be written, and queries must end."
  }

  assert {
    condition     = aws_neptune_cluster_parameter_group.this.family == "neptune1.4" && aws_neptune_parameter_group.this.family == "neptune1.4"
    error_message = "Parameter groups must be of the engine's family."
  }

  assert {
    condition     = toset(values(aws_cloudwatch_log_group.this)[*].name) == toset(["/aws/neptune/insight/audit", "/aws/neptune/insight/slowquery"]) && alltrue([for group in values(aws_cloudwatch_log_group.this) : group.kms_key_id == var.kms_key_arn && group.retention_in_days == 365])
    error_message = "Logs must be encrypted, and end one day."
  }
}

run "clients_alone_come_in_and_are_let_out" {
  assert {
    condition     = aws_vpc_security_group_ingress_rule.clients[0].referenced_security_group_id == "sg-clients" && aws_vpc_security_group_ingress_rule.clients[0].security_group_id == "sg-neptune" && aws_vpc_security_group_ingress_rule.clients[0].from_port == 8182 && aws_vpc_security_group_ingress_rule.clients[0].to_port == 8182
    error_message = "The cluster must let its clients in, by group, to its port."
  }

  assert {
    condition     = aws_vpc_security_group_egress_rule.clients[0].security_group_id == "sg-clients" && aws_vpc_security_group_egress_rule.clients[0].referenced_security_group_id == "sg-neptune" && aws_vpc_security_group_egress_rule.clients[0].from_port == 8182
    error_message = "Clients must be let out to the cluster."
  }
}

run "iam_principals_ask_in_open_cypher" {
  assert {
    condition     = aws_neptune_cluster.this.iam_database_authentication_enabled
    error_message = "Nobody may ask without a signature."
  }

  assert {
    condition     = jsondecode(aws_iam_policy.this["reader"].policy).Statement[0].Action == ["neptune-db:ReadDataViaQuery"] && toset(jsondecode(aws_iam_policy.this["writer"].policy).Statement[0].Action) == toset(["neptune-db:ReadDataViaQuery", "neptune-db:WriteDataViaQuery", "neptune-db:DeleteDataViaQuery"])
    error_message = "A reader must read alone."
  }

  assert {
    condition = alltrue([
      for policy in values(aws_iam_policy.this) :
      jsondecode(policy.policy).Statement[0].Resource == "arn:aws:neptune-db:ap-northeast-1:123456789012:cluster-ABCD1234EFGH5678IJKL90MNOP/*" && jsondecode(policy.policy).Statement[0].Condition.StringEquals["neptune-db:QueryLanguage"] == "OpenCypher"
    ])
    error_message = "Policies must name this cluster, and the language that it is asked in."
  }

  assert {
    condition     = output.endpoint_url == "https://insight.cluster-abc.ap-northeast-1.neptune.amazonaws.com:8182"
    error_message = "Functions must be given an address that they can use as it is."
  }
}

run "alarms_tell_the_topic_and_watch_this_cluster" {
  variables {
    memory_alarm_megabytes = 1024
    alarm_topic_arns       = ["arn:aws:sns:ap-northeast-1:123456789012:alarms"]
  }

  assert {
    condition     = toset(keys(aws_cloudwatch_metric_alarm.this)) == toset(["cpu", "memory", "queue"])
    error_message = "Processors, memory and queue must be watched."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["memory"].threshold == 1073741824 && aws_cloudwatch_metric_alarm.this["memory"].comparison_operator == "LessThanThreshold"
    error_message = "Too little memory must ring; the metric counts bytes."
  }

  assert {
    condition     = alltrue([for alarm in values(aws_cloudwatch_metric_alarm.this) : alarm.dimensions.DBClusterIdentifier == "insight" && contains(alarm.alarm_actions, "arn:aws:sns:ap-northeast-1:123456789012:alarms")])
    error_message = "Every alarm must watch this cluster and tell the topic."
  }
}

run "refuses_bad_values" {
  command = plan

  variables {
    name                       = "Insight-"
    engine_version             = "1.2.0.0"
    instances                  = 17
    instance_class             = "db.serverless"
    storage_type               = "gp3"
    vpc_id                     = "insight"
    subnet_ids                 = ["subnet-1"]
    availability_zones         = ["ap-northeast-1a", "ap-northeast-1a"]
    client_security_group_ids  = ["0.0.0.0/0"]
    port                       = 80
    kms_key_arn                = "alias/insight"
    backup_days                = 0
    backup_window              = "daily"
    maintenance_window         = "17:00-17:30"
    query_timeout_milliseconds = 1
    slow_query_milliseconds    = 0
    log_retention_days         = 2
    cpu_alarm_percent          = 101
    memory_alarm_megabytes     = 0
    pending_alarm_requests     = -1
  }

  expect_failures = [
    var.name,
    var.engine_version,
    var.instances,
    var.instance_class,
    var.storage_type,
    var.vpc_id,
    var.subnet_ids,
    var.availability_zones,
    var.client_security_group_ids,
    var.port,
    var.kms_key_arn,
    var.backup_days,
    var.backup_window,
    var.maintenance_window,
    var.query_timeout_milliseconds,
    var.slow_query_milliseconds,
    var.log_retention_days,
    var.cpu_alarm_percent,
    var.memory_alarm_megabytes,
    var.pending_alarm_requests,
  ]
}

run "refuses_more_capacity_than_there_is" {
  command = plan

  variables {
    serverless_capacity = { minimum = 1, maximum = 129 }
  }

  expect_failures = [var.serverless_capacity]
}

run "refuses_a_minimum_above_the_maximum" {
  command = plan

  variables {
    serverless_capacity = { minimum = 8, maximum = 4 }
  }

  expect_failures = [var.serverless_capacity]
}

run "refuses_a_third_of_a_unit" {
  command = plan

  variables {
    serverless_capacity = { minimum = 1.3, maximum = 4 }
  }

  expect_failures = [var.serverless_capacity]
}
