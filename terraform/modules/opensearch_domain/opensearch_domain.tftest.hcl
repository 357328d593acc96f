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

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:ap-northeast-1:123456789012:log-group:group" }
  }

  mock_resource "aws_opensearch_domain" {
    defaults = { arn = "arn:aws:es:ap-northeast-1:123456789012:domain/trips" }
  }

  mock_resource "aws_security_group" {
    defaults = { id = "sg-domain" }
  }
}

variables {
  name            = "trips"
  master_user_arn = "arn:aws:iam::123456789012:role/search-admin"
  kms_key_arn     = "arn:aws:kms:ap-northeast-1:123456789012:key/1"
}

run "is_encrypted_everywhere_and_answers_over_tls_alone" {
  assert {
    condition     = aws_opensearch_domain.this.encrypt_at_rest[0].enabled && aws_opensearch_domain.this.encrypt_at_rest[0].kms_key_id == var.kms_key_arn
    error_message = "Data must be encrypted with the given key."
  }

  assert {
    condition     = aws_opensearch_domain.this.node_to_node_encryption[0].enabled
    error_message = "Nodes must speak to each other encrypted."
  }

  assert {
    condition     = aws_opensearch_domain.this.domain_endpoint_options[0].enforce_https && aws_opensearch_domain.this.domain_endpoint_options[0].tls_security_policy == "Policy-Min-TLS-1-2-PFS-2023-10"
    error_message = "Clients must come by TLS 1.2 or later, with perfect forward secrecy."
  }
}

run "lets_in_principals_of_the_account_and_nobody_else" {
  assert {
    condition = [for statement in jsondecode(aws_opensearch_domain.this.access_policies).Statement : [statement.Effect, statement.Principal, statement.Resource]] == [
      ["Allow", { AWS = "arn:aws:iam::123456789012:root" }, "arn:aws:es:ap-northeast-1:123456789012:domain/trips/*"],
    ]
    error_message = "The policy must name the account and this domain, and no wildcard for everybody."
  }

  assert {
    condition     = aws_opensearch_domain.this.advanced_security_options[0].enabled && !aws_opensearch_domain.this.advanced_security_options[0].internal_user_database_enabled
    error_message = "Access must be fine-grained, without users that have passwords."
  }

  assert {
    condition     = aws_opensearch_domain.this.advanced_security_options[0].master_user_options[0].master_user_arn == var.master_user_arn
    error_message = "The master user must be the one given."
  }
}

run "spreads_nodes_over_two_zones_and_over_one_where_asked" {
  assert {
    condition     = aws_opensearch_domain.this.cluster_config[0].zone_awareness_enabled && aws_opensearch_domain.this.cluster_config[0].zone_awareness_config[0].availability_zone_count == 2
    error_message = "A zone may fail."
  }
}

run "is_small_where_asked" {
  variables {
    zones          = 1
    instance_count = 1
    instance_type  = "t3.small.search"
  }

  assert {
    condition     = !aws_opensearch_domain.this.cluster_config[0].zone_awareness_enabled && length(aws_opensearch_domain.this.cluster_config[0].zone_awareness_config) == 0
    error_message = "One node has one zone."
  }
}

run "has_three_dedicated_masters_where_asked" {
  variables {
    dedicated_masters = "m6g.large.search"
  }

  assert {
    condition     = aws_opensearch_domain.this.cluster_config[0].dedicated_master_enabled && aws_opensearch_domain.this.cluster_config[0].dedicated_master_count == 3
    error_message = "Fewer than three could not agree when one fails."
  }
}

run "publishes_every_log_encrypted" {
  assert {
    condition     = toset(aws_opensearch_domain.this.log_publishing_options[*].log_type) == toset(["AUDIT_LOGS", "ES_APPLICATION_LOGS", "INDEX_SLOW_LOGS", "SEARCH_SLOW_LOGS"])
    error_message = "Audit, error and slow logs must be published."
  }

  assert {
    condition     = alltrue([for group in aws_cloudwatch_log_group.this : group.kms_key_id == var.kms_key_arn && group.retention_in_days == 365])
    error_message = "Logs must be encrypted, and end one day."
  }

  assert {
    condition     = jsondecode(aws_cloudwatch_log_resource_policy.this.policy_document).Statement[0].Condition.ArnLike["aws:SourceArn"] == "arn:aws:es:ap-northeast-1:123456789012:domain/trips"
    error_message = "OpenSearch must write for this domain alone."
  }
}

run "is_in_a_vpc_where_subnets_are_given" {
  variables {
    vpc = {
      id                        = "vpc-1"
      subnet_ids                = ["subnet-1", "subnet-2"]
      client_security_group_ids = ["sg-clients"]
    }
  }

  assert {
    condition     = aws_opensearch_domain.this.vpc_options[0].subnet_ids == toset(["subnet-1", "subnet-2"]) && output.security_group_id == "sg-domain"
    error_message = "The domain must be in the subnets, behind a group of its own."
  }

  assert {
    condition     = [for rule in aws_vpc_security_group_ingress_rule.clients : [rule.referenced_security_group_id, rule.from_port, rule.to_port]] == [["sg-clients", 443, 443]]
    error_message = "Clients must come by HTTPS, and nobody else."
  }
}

run "has_no_security_group_outside" {
  assert {
    condition     = length(aws_opensearch_domain.this.vpc_options) == 0 && output.security_group_id == null
    error_message = "Without subnets there is nothing to guard."
  }
}

run "alarms_reach_the_topics" {
  variables {
    alarm_topic_arns   = ["arn:aws:sns:ap-northeast-1:123456789012:alarms"]
    gigabytes_per_node = 100
  }

  assert {
    condition     = keys(aws_cloudwatch_metric_alarm.this) == ["cpu", "key", "memory", "red", "snapshot", "storage", "writes-blocked", "yellow"]
    error_message = "Each of what AWS recommends must be watched."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_actions == toset(var.alarm_topic_arns) && alarm.dimensions == tomap({ DomainName = "trips", ClientId = "123456789012" })])
    error_message = "Alarms must watch this domain and be sent."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["storage"].threshold == 25600
    error_message = "A quarter of 100 GiB is 25,600 MiB."
  }
}

run "refuses_a_name_that_is_too_long" {
  command = plan

  variables {
    name = "a-name-that-is-longer-than-28-letters"
  }

  expect_failures = [var.name]
}

run "refuses_another_engine" {
  command = plan

  variables {
    engine_version = "Elasticsearch_7.10"
  }

  expect_failures = [var.engine_version]
}

run "refuses_everybody_as_master_user" {
  command = plan

  variables {
    master_user_arn = "*"
  }

  expect_failures = [var.master_user_arn]
}

run "refuses_a_key_that_is_none" {
  command = plan

  variables {
    kms_key_arn = "alias/aws/es"
  }

  expect_failures = [var.kms_key_arn]
}

run "refuses_a_type_without_fine_grained_access_control" {
  command = plan

  variables {
    instance_type = "t2.small.search"
  }

  expect_failures = [var.instance_type]
}

run "refuses_four_zones" {
  command = plan

  variables {
    zones          = 4
    instance_count = 4
  }

  expect_failures = [var.zones]
}

run "refuses_nodes_that_zones_do_not_share_equally" {
  command = plan

  variables {
    instance_count = 3
  }

  expect_failures = [var.instance_count]
}

run "refuses_masters_of_another_service" {
  command = plan

  variables {
    dedicated_masters = "m6g.large"
  }

  expect_failures = [var.dedicated_masters]
}

run "refuses_too_little_storage" {
  command = plan

  variables {
    gigabytes_per_node = 5
  }

  expect_failures = [var.gigabytes_per_node]
}

run "refuses_fewer_subnets_than_zones" {
  command = plan

  variables {
    vpc = { id = "vpc-1", subnet_ids = ["subnet-1"] }
  }

  expect_failures = [var.vpc]
}

run "refuses_a_retention_that_cloudwatch_logs_lacks" {
  command = plan

  variables {
    log_retention_days = 8
  }

  expect_failures = [var.log_retention_days]
}
