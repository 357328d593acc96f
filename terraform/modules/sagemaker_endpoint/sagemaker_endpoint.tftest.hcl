mock_provider "aws" {
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_region" {
    defaults = { name = "ap-northeast-1" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/ml-endpoint-role" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:ap-northeast-1:123456789012:log-group:group" }
  }
}

variables {
  name           = "ml"
  image          = "354813040037.dkr.ecr.ap-northeast-1.amazonaws.com/sagemaker-xgboost:3.0-5"
  model_data_url = "s3://ml-models-123456789012/1/model.tar.gz"
  kms_key_arn    = "arn:aws:kms:ap-northeast-1:123456789012:key/1"
}

run "serves_the_archive_on_instances_that_grow_with_the_load" {
  assert {
    condition     = aws_sagemaker_endpoint.this.name == "ml-endpoint" && startswith(aws_sagemaker_model.this.name, "ml-model-") && startswith(aws_sagemaker_endpoint_configuration.this.name, "ml-config-")
    error_message = "Callers find the endpoint by its name; model and configuration carry the same word."
  }

  assert {
    condition     = aws_sagemaker_model.this.primary_container[0].model_data_url == var.model_data_url && aws_sagemaker_model.this.primary_container[0].image == var.image && aws_sagemaker_model.this.enable_network_isolation
    error_message = "The model must be the archive, served by the image, cut off from any network."
  }

  assert {
    condition     = aws_sagemaker_endpoint_configuration.this.production_variants[0].instance_type == "ml.m5.large" && length(aws_sagemaker_endpoint_configuration.this.production_variants[0].serverless_config) == 0 && aws_sagemaker_endpoint_configuration.this.kms_key_arn == var.kms_key_arn
    error_message = "Without further words the endpoint has encrypted instances."
  }

  assert {
    condition     = aws_appautoscaling_target.this[0].resource_id == "endpoint/ml-endpoint/variant/AllTraffic" && aws_appautoscaling_target.this[0].min_capacity == 1 && aws_appautoscaling_target.this[0].max_capacity == 4
    error_message = "The variant's instances must be scaled between the two numbers."
  }

  assert {
    condition     = one(one(aws_appautoscaling_policy.this[0].target_tracking_scaling_policy_configuration).predefined_metric_specification).predefined_metric_type == "SageMakerVariantInvocationsPerInstance" && one(aws_appautoscaling_policy.this[0].target_tracking_scaling_policy_configuration).target_value == 600
    error_message = "Calls per instance must decide."
  }
}

run "an_endpoint_that_may_not_grow_is_not_scaled" {
  command = plan

  variables {
    minimum_instances = 2
    maximum_instances = 2
  }

  assert {
    condition     = length(aws_appautoscaling_target.this) == 0 && aws_sagemaker_endpoint_configuration.this.production_variants[0].initial_instance_count == 2
    error_message = "A fixed number of instances needs no autoscaling."
  }
}

run "a_serverless_endpoint_has_no_instances_and_no_volumes" {
  variables {
    serverless             = true
    serverless_concurrency = 5
  }

  assert {
    condition     = aws_sagemaker_endpoint_configuration.this.production_variants[0].serverless_config[0].max_concurrency == 5 && aws_sagemaker_endpoint_configuration.this.production_variants[0].serverless_config[0].memory_size_in_mb == 2048
    error_message = "Memory and concurrency must follow their variables."
  }

  assert {
    condition     = !aws_sagemaker_model.this.enable_network_isolation && aws_sagemaker_model.this.name != run.serves_the_archive_on_instances_that_grow_with_the_load.model_name
    error_message = "Serverless endpoints exclude network isolation, and a model cannot be changed: it must be another one."
  }

  assert {
    condition     = terraform_data.hosting.output == "serverless"
    error_message = "The endpoint must be replaced when this changes: SageMaker does not move one from instances to serverless hosting."
  }

  assert {
    condition     = aws_sagemaker_endpoint_configuration.this.production_variants[0].instance_type == null && aws_sagemaker_endpoint_configuration.this.kms_key_arn == null && length(aws_appautoscaling_target.this) == 0
    error_message = "SageMaker refuses instances, volumes' keys and instance scaling for serverless endpoints."
  }
}

run "another_archive_makes_another_model_and_configuration_for_the_same_endpoint" {
  variables {
    model_data_url = "s3://ml-models-123456789012/2/model.tar.gz"
  }

  assert {
    condition     = aws_sagemaker_model.this.name != run.serves_the_archive_on_instances_that_grow_with_the_load.model_name && aws_sagemaker_endpoint_configuration.this.name != run.serves_the_archive_on_instances_that_grow_with_the_load.config_name
    error_message = "Neither can be changed, and an endpoint moves to a configuration of another name only."
  }

  assert {
    condition     = aws_sagemaker_endpoint.this.name == run.serves_the_archive_on_instances_that_grow_with_the_load.name
    error_message = "The endpoint must stay, or there would be a gap."
  }
}

run "another_instance_type_makes_another_configuration_of_the_same_model" {
  variables {
    instance_type = "ml.c5.xlarge"
  }

  assert {
    condition     = aws_sagemaker_model.this.name == run.serves_the_archive_on_instances_that_grow_with_the_load.model_name && aws_sagemaker_endpoint_configuration.this.name != run.serves_the_archive_on_instances_that_grow_with_the_load.config_name
    error_message = "The model is the same, its hosting is not."
  }
}

run "the_containers_may_read_their_image_and_archive_log_and_count" {
  assert {
    condition = { for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Sid => statement.Resource } == {
      ReadArchive      = "arn:aws:s3:::ml-models-123456789012/1/model.tar.gz"
      FindArchive      = "arn:aws:s3:::ml-models-123456789012"
      DecryptArchive   = "arn:aws:kms:ap-northeast-1:123456789012:key/1"
      ReadImage        = "arn:aws:ecr:ap-northeast-1:354813040037:repository/sagemaker-xgboost"
      SignInToRegistry = "*"
      Log              = ["arn:aws:logs:ap-northeast-1:123456789012:log-group:group", "arn:aws:logs:ap-northeast-1:123456789012:log-group:group:*"]
      Count            = "*"
    }
    error_message = "Each statement must name its one resource, where AWS lets it."
  }

  assert {
    condition     = jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Principal.Service == "sagemaker.amazonaws.com" && aws_cloudwatch_log_group.this.name == "/aws/sagemaker/Endpoints/ml-endpoint"
    error_message = "SageMaker takes the role, and logs to the group that is kept as long as we say."
  }
}

run "alarms_tell_of_server_errors_and_of_a_slow_model" {
  variables {
    latency_alarm_milliseconds = 200
    alarm_topic_arns           = ["arn:aws:sns:ap-northeast-1:123456789012:alarms"]
  }

  assert {
    condition     = { for name, alarm in aws_cloudwatch_metric_alarm.this : name => [alarm.metric_name, alarm.threshold] } == { server-errors = ["Invocation5XXErrors", 0], latency = ["ModelLatency", 200000] }
    error_message = "Errors of the endpoint and a slow model must raise an alarm; the metric counts microseconds."
  }

  assert {
    condition     = alltrue([for alarm in values(aws_cloudwatch_metric_alarm.this) : alarm.dimensions == tomap({ EndpointName = "ml-endpoint", VariantName = "AllTraffic" }) && length(alarm.alarm_actions) == 1])
    error_message = "Every alarm must watch this endpoint's variant and tell the topic."
  }
}

run "refuses_bad_values" {
  command = plan

  variables {
    name                        = "-ml"
    image                       = "xgboost"
    model_data_url              = "s3://ml-models/model.pkl"
    kms_key_arn                 = "mine"
    serverless_memory_megabytes = 1000
    serverless_concurrency      = 201
    instance_type               = "m5.large"
    minimum_instances           = 0
    invocations_per_instance    = 0
    latency_alarm_milliseconds  = 0
    log_retention_days          = 8
  }

  expect_failures = [
    var.name,
    var.image,
    var.model_data_url,
    var.kms_key_arn,
    var.serverless_memory_megabytes,
    var.serverless_concurrency,
    var.instance_type,
    var.minimum_instances,
    var.invocations_per_instance,
    var.latency_alarm_milliseconds,
    var.log_retention_days,
  ]
}

run "refuses_a_maximum_below_the_minimum" {
  command = plan

  variables {
    minimum_instances = 5
  }

  expect_failures = [var.maximum_instances]
}
