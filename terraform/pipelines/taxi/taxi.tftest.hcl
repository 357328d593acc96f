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

  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:ap-northeast-1:123456789012:key/1" }
  }

  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::bucket" }
  }

  mock_resource "aws_kinesis_stream" {
    defaults = { arn = "arn:aws:kinesis:ap-northeast-1:123456789012:stream/trips" }
  }

  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:ap-northeast-1:123456789012:alarms" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/somebody" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:ap-northeast-1:123456789012:log-group:group" }
  }

  mock_resource "aws_cloudwatch_metric_alarm" {
    defaults = { arn = "arn:aws:cloudwatch:ap-northeast-1:123456789012:alarm:alarm" }
  }

  mock_resource "aws_dynamodb_table" {
    defaults = { arn = "arn:aws:dynamodb:ap-northeast-1:123456789012:table/thresholds" }
  }

  mock_resource "aws_kinesis_firehose_delivery_stream" {
    defaults = { arn = "arn:aws:firehose:ap-northeast-1:123456789012:deliverystream/predictions" }
  }

  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:ap-northeast-1:123456789012:function:score" }
  }

  mock_resource "aws_opensearch_domain" {
    defaults = {
      arn      = "arn:aws:es:ap-northeast-1:123456789012:domain/trips"
      endpoint = "search-trips.ap-northeast-1.es.amazonaws.com"
    }
  }

  mock_resource "aws_iam_policy" {
    defaults = { arn = "arn:aws:iam::123456789012:policy/analyst" }
  }

  mock_resource "aws_sagemaker_pipeline" {
    defaults = { arn = "arn:aws:sagemaker:ap-northeast-1:123456789012:pipeline/training" }
  }

  mock_resource "aws_glue_job" {
    defaults = { arn = "arn:aws:glue:ap-northeast-1:123456789012:job/silver" }
  }
}

variables {
  stage       = "test"
  job_script  = "../../modules/glue_job/testdata/job.py"
  job_package = "../../modules/glue_job/testdata/package-1.zip"

  function_packages = {
    taxi_score         = "../../modules/lambda_function/testdata/package.zip"
    taxi_training_sets = "../../modules/lambda_function/testdata/package.zip"
    taxi_register      = "../../modules/lambda_function/testdata/package.zip"
    taxi_deploy        = "../../modules/lambda_function/testdata/package.zip"
    taxi_drift         = "../../modules/lambda_function/testdata/package.zip"
    taxi_retrain       = "../../modules/lambda_function/testdata/package.zip"
  }

  evaluation_archive = "testdata/taxi_evaluate-1.tar.gz"
}

run "every_name_holds_stage_and_pipeline" {
  assert {
    condition = {
      stream    = output.stream_name
      job       = output.job_name
      schedule  = output.schedule_name
      database  = output.database_name
      workgroup = output.workgroup_name
      training  = output.training_workgroup_name
      pipeline  = output.training_pipeline_name
      model     = output.model_package_group_name
      dashboard = output.dashboard_name
      raw       = output.raw_bucket
      processed = output.processed_bucket
      models    = output.models_bucket
      score     = output.function_names.score
      rules     = output.thresholds_table_name
      delivery  = output.delivery_stream_name
      endpoint  = output.endpoint_name
      } == {
      stream    = "datastreamer-test-taxi-stream"
      job       = "datastreamer-test-taxi-silver"
      schedule  = "datastreamer-test-taxi-silver"
      database  = "datastreamer_test_taxi"
      workgroup = "datastreamer-test-taxi"
      training  = "datastreamer-test-taxi-training"
      pipeline  = "datastreamer-test-taxi-training"
      model     = "datastreamer-test-taxi-fare"
      dashboard = "datastreamer-test-taxi"
      raw       = "datastreamer-test-taxi-raw-123456789012"
      processed = "datastreamer-test-taxi-processed-123456789012"
      models    = "datastreamer-test-taxi-models-123456789012"
      score     = "datastreamer-test-taxi-score"
      rules     = "datastreamer-test-taxi-thresholds"
      delivery  = "datastreamer-test-taxi-predictions"
      endpoint  = "datastreamer-test-taxi-fare"
    }
    error_message = "Commands find resources by these names."
  }

  assert {
    condition     = output.table_names == { raw = "taxi_raw", trips = "taxi_trips", quarantine = "taxi_trips_quarantine", predictions = "taxi_predictions", latest = "taxi_predictions_latest" }
    error_message = "Data scientists find the tables by these names."
  }

  assert {
    condition     = toset(keys(output.query_ids)) == toset(["fare_by_hour", "faults_by_month", "latest_outliers", "outliers_by_zone", "predictions_by_version", "quarantine_by_reason"])
    error_message = "Each file of queries/ must be a saved query."
  }
}

run "the_job_gets_the_paths_of_the_tables" {
  assert {
    condition = {
      for name in ["--stage", "--bronze_path", "--silver_path", "--quarantine_path", "--state_path"] : name => module.job.default_arguments[name]
      } == {
      "--stage"           = "test"
      "--bronze_path"     = "s3://datastreamer-test-taxi-raw-123456789012/yellow/"
      "--silver_path"     = "s3://datastreamer-test-taxi-processed-123456789012/taxi_trips/"
      "--quarantine_path" = "s3://datastreamer-test-taxi-processed-123456789012/taxi_trips_quarantine/"
      "--state_path"      = "s3://datastreamer-test-taxi-processed-123456789012/_state/taxi_silver/"
    }
    error_message = "What the job writes is what the tables read."
  }
}

run "the_alarms_watch_the_counts_of_the_job" {
  assert {
    condition     = aws_cloudwatch_metric_alarm.quarantine_rate.threshold == 1 && toset([for query in aws_cloudwatch_metric_alarm.quarantine_rate.metric_query : one(query.metric[*].metric_name)]) == toset([null, "RowsRead", "RowsQuarantined"])
    error_message = "The quarantine rate must compare quarantined with read rows."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.stray_objects.metric_name == "StrayObjects" && aws_cloudwatch_metric_alarm.stray_objects.threshold == 0 && aws_cloudwatch_metric_alarm.stray_objects.dimensions.Stage == "test"
    error_message = "One object that no run reads must ring."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.job_stalled[0].treat_missing_data == "breaching" && aws_cloudwatch_metric_alarm.job_stalled[0].evaluation_periods == 2
    error_message = "A job that counts nothing at all is stalled."
  }

  assert {
    condition     = alltrue([for alarm in [aws_cloudwatch_metric_alarm.quarantine_rate, aws_cloudwatch_metric_alarm.stray_objects, aws_cloudwatch_metric_alarm.job_stalled[0]] : alarm.alarm_actions == toset(["arn:aws:sns:ap-northeast-1:123456789012:alarms"])])
    error_message = "What rings must reach the topic."
  }

  assert {
    condition     = length(output.alarm_arns) == 35 && length(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.alarms) == 35
    error_message = "The dashboard must show every alarm."
  }
}

run "the_function_asks_this_endpoint_and_delivers_to_this_stream" {
  assert {
    condition = module.score.environment == tomap({
      STAGE                        = "test"
      ENDPOINT_NAME                = "datastreamer-test-taxi-fare"
      THRESHOLDS_TABLE             = "datastreamer-test-taxi-thresholds"
      DELIVERY_STREAM              = "datastreamer-test-taxi-predictions"
      PARKING_BUCKET               = "datastreamer-test-taxi-raw-123456789012"
      MAX_ROWS_PER_CALL            = "1000"
      THRESHOLDS_SECONDS           = "60"
      POWERTOOLS_METRICS_NAMESPACE = "Datastreamer/Taxi"
    })
    error_message = "The function must know its neighbours."
  }

  assert {
    condition = {
      for statement in module.score.statements : statement.Sid => flatten([statement.Resource]) if contains(["AskTheModel", "ReadThresholds", "DeliverPredictions", "ParkRecords"], statement.Sid)
      } == {
      AskTheModel        = ["arn:aws:sagemaker:ap-northeast-1:123456789012:endpoint/datastreamer-test-taxi-fare"]
      ReadThresholds     = ["arn:aws:dynamodb:ap-northeast-1:123456789012:table/thresholds"]
      DeliverPredictions = ["arn:aws:firehose:ap-northeast-1:123456789012:deliverystream/predictions"]
      ParkRecords        = ["arn:aws:s3:::bucket/failures/*"]
    }
    error_message = "The function must reach its neighbours, and nothing else."
  }
}

run "no_trip_is_lost_while_there_is_no_model" {
  variables {
    settings = { stream_retention_hours = 48 }
  }

  assert {
    condition     = module.live_trips.maximum_retries == -1 && module.live_trips.maximum_record_age_seconds == 47 * 3600
    error_message = "A batch must be tried until shortly before its records expire, and then be set aside, whole."
  }
}

run "predictions_lie_by_the_day_of_their_arrival" {
  assert {
    condition     = aws_glue_catalog_table.predictions.parameters["storage.location.template"] == "s3://datastreamer-test-taxi-processed-123456789012/taxi_predictions/$${arrival_date}/" && aws_glue_catalog_table.predictions.parameters["projection.arrival_date.range"] == "2026/01/01,NOW+1DAYS"
    error_message = "The table must find the folders that Firehose makes."
  }

  assert {
    condition     = jsondecode(base64decode(split(" ", aws_glue_catalog_table.latest["taxi_predictions_latest"].view_original_text)[3])).schema == "datastreamer_test_taxi"
    error_message = "The view must be as Athena keeps one."
  }
}

run "a_domain_gets_each_prediction_and_s3_all_of_them" {
  variables {
    settings = {
      opensearch_domain_arn = "arn:aws:es:ap-northeast-1:123456789012:domain/taxis"
      opensearch_rotation   = "OneWeek"
    }
  }

  assert {
    condition     = module.predictions.search[0].index_name == "taxi-predictions" && module.predictions.search[0].rotation == "OneWeek"
    error_message = "The indices must have the names that dashboards look for."
  }
}

run "refuses_a_stream_that_forgets_before_trips_are_set_aside" {
  command = plan

  variables {
    settings = { stream_retention_hours = 1 }
  }

  expect_failures = [var.settings]
}

run "refuses_a_bad_first_day" {
  command = plan

  variables {
    settings = { first_day = "2026-01-01" }
  }

  expect_failures = [var.settings]
}

run "a_job_that_nobody_schedules_cannot_stall" {
  command = plan

  variables {
    settings = { job_schedule_enabled = false }
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.job_stalled) == 0
    error_message = "Without a schedule there is nothing to miss."
  }
}

run "a_model_is_trained_evaluated_and_registered_only_if_it_is_better" {
  assert {
    condition     = module.training.definition.Steps[*].Name == ["MakeSets", "Train", "Evaluate", "Gate"] && module.training.definition.Steps[3].Arguments.IfSteps[0].Name == "Register" && module.training.definition.Steps[3].Arguments.ElseSteps[0].Type == "Fail"
    error_message = "A model that the gate refuses must not be registered."
  }

  assert {
    condition     = [for condition in module.training.definition.Steps[3].Arguments.Conditions : "${condition.LeftValue.Get} ${condition.Type}"] == ["Steps.Evaluate.FinalMetricDataList['candidate-rmse'].Value LessThan", "Steps.Evaluate.FinalMetricDataList['candidate-recall'].Value GreaterThanOrEqualTo", "Steps.Evaluate.FinalMetricDataList['candidate-false_alarms'].Value LessThanOrEqualTo"]
    error_message = "The gate must compare errors, recall and false alarms."
  }

  assert {
    condition     = module.training.definition.Steps[1].Arguments.InputDataConfig[*].ContentType == ["application/x-parquet", "application/x-parquet"] && module.training.definition.Steps[1].Arguments.HyperParameters.num_round == "200"
    error_message = "Sets are Parquet, which the built-in XGBoost takes by this name alone."
  }
}

run "a_canary_is_turned_back_by_alarms_of_the_endpoint_and_of_what_it_predicts" {
  assert {
    condition     = toset([for alarm in aws_cloudwatch_metric_alarm.canary : "${alarm.alarm_name} ${alarm.metric_name}"]) == toset(["datastreamer-test-taxi-fare-errors Invocation5XXErrors", "datastreamer-test-taxi-fare-refusals Invocation4XXErrors", "datastreamer-test-taxi-fare-latency ModelLatency", "datastreamer-test-taxi-fare-outliers OutlierRate", "datastreamer-test-taxi-fare-residual MedianResidual"])
    error_message = "Errors, refusals, latency, outliers and residuals must be watched."
  }

  assert {
    condition     = toset(split(",", module.deploy_function.environment.ALARMS)) == toset([for alarm in aws_cloudwatch_metric_alarm.canary : alarm.alarm_name]) && module.deploy_function.environment.CANARY_PERCENT == "10"
    error_message = "The function must name these alarms to the endpoint."
  }
}

run "the_deploy_function_looks_at_every_event_that_matters_and_now_and_then" {
  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.deploy["version"].event_pattern).detail == { ModelPackageGroupName = ["datastreamer-test-taxi-fare"], ModelApprovalStatus = ["Approved", "Rejected"] } && jsondecode(aws_cloudwatch_event_rule.deploy["endpoint"].event_pattern).detail.EndpointStatus == ["IN_SERVICE", "FAILED"]
    error_message = "Approval, rejection and the end of an update must reach the function."
  }

  assert {
    condition     = aws_cloudwatch_event_rule.deploy["clock"].schedule_expression == "rate(15 minutes)" && toset(keys(aws_lambda_permission.deploy)) == toset(["version", "endpoint", "calm", "clock"])
    error_message = "A lost event must be made up for."
  }
}

run "refuses_a_canary_of_more_than_half" {
  command = plan

  variables {
    settings = { canary_percent = 60 }
  }

  expect_failures = [var.settings]
}

run "refuses_a_period_that_cloudwatch_does_not_have" {
  command = plan

  variables {
    settings = { canary_alarm_seconds = 45 }
  }

  expect_failures = [var.settings]
}

run "drift_on_two_days_of_three_starts_a_training" {
  assert {
    condition     = aws_cloudwatch_metric_alarm.drift.metric_name == "LargestDrift" && aws_cloudwatch_metric_alarm.drift.threshold == 0.2 && aws_cloudwatch_metric_alarm.drift.evaluation_periods == 3 && aws_cloudwatch_metric_alarm.drift.datapoints_to_alarm == 2
    error_message = "One odd day is no drift."
  }

  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.retrain.event_pattern).detail == { alarmName = ["datastreamer-test-taxi-drift"], state = { value = ["ALARM"] } } && module.retrain_function.environment.COOLDOWN_HOURS == "72"
    error_message = "The alarm must reach the function, which knows the cooldown."
  }
}

run "refuses_a_drift_of_few_trips" {
  command = plan

  variables {
    settings = { drift_minimum_trips = 10 }
  }

  expect_failures = [var.settings]
}

run "refuses_bad_training_months" {
  command = plan

  variables {
    settings = { training_months = 0 }
  }

  expect_failures = [var.settings]
}

run "refuses_a_recall_that_is_none" {
  command = plan

  variables {
    settings = { first_model_recall = 60 }
  }

  expect_failures = [var.settings]
}

run "refuses_bad_values" {
  command = plan

  variables {
    stage = "Test_1"
  }

  expect_failures = [var.stage]
}

run "refuses_versions_and_results_that_are_not_kept_for_a_day" {
  command = plan

  variables {
    settings = { query_result_days = 0 }
  }

  expect_failures = [var.settings]
}

run "refuses_a_bad_quarantine_alarm_percent" {
  command = plan

  variables {
    settings = { quarantine_alarm_percent = 100 }
  }

  expect_failures = [var.settings]
}

run "refuses_a_bad_job_stalled_days" {
  command = plan

  variables {
    settings = { job_stalled_days = 8 }
  }

  expect_failures = [var.settings]
}

run "refuses_a_key_for_a_stream_that_is_not_encrypted" {
  command = plan

  variables {
    settings = { stream_encrypted = false }
  }

  expect_failures = [var.settings]
}

run "makes_no_search_domain_by_itself" {
  assert {
    condition     = output.search_domain_arn == null && output.search_endpoint == null
    error_message = "A domain costs more than the rest of the pipeline: only settings make one."
  }
}

run "makes_a_search_domain_where_asked" {
  variables {
    settings = {
      opensearch_domain = {
        master_user_arn = "arn:aws:iam::123456789012:role/search-admin"
        zones           = 1
        instance_count  = 1
      }
    }
  }

  assert {
    condition     = output.search_domain_arn == "arn:aws:es:ap-northeast-1:123456789012:domain/trips" && output.search_endpoint == "search-trips.ap-northeast-1.es.amazonaws.com"
    error_message = "The domain's address must be known outside."
  }

  assert {
    condition     = join(",", module.predictions.search[*].domain_arn) == output.search_domain_arn
    error_message = "Predictions must go to the domain that was made for them."
  }
}

run "refuses_a_domain_that_is_made_and_one_that_is_named" {
  command = plan

  variables {
    settings = {
      opensearch_domain     = { master_user_arn = "arn:aws:iam::123456789012:role/search-admin" }
      opensearch_domain_arn = "arn:aws:es:ap-northeast-1:123456789012:domain/taxis"
    }
  }

  expect_failures = [var.settings]
}
