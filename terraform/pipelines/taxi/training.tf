# How a model of the fare comes into the registry: sets, training, evaluation, gate, registration.

locals {
  # Of the endpoint, which is made when the first version is approved and not here, of the model package group, and of whatever is
  # made of a version.
  model_name = "${local.name}-fare"

  artifacts_prefix   = "artifacts/"
  current_prefix     = "current/"
  evaluations_prefix = "evaluations/"
  source_key         = "code/${basename(var.evaluation_archive)}"

  arn_prefix   = "${local.region}:${local.account_id}"
  group_arn    = "arn:${local.partition}:sagemaker:${local.arn_prefix}:model-package-group/${local.model_name}"
  versions_arn = "arn:${local.partition}:sagemaker:${local.arn_prefix}:model-package/${local.model_name}/*"
  endpoint_arn = "arn:${local.partition}:sagemaker:${local.arn_prefix}:endpoint/${local.model_name}"
  training_arn = "arn:${local.partition}:sagemaker:${local.arn_prefix}:pipeline/${local.name}-training"
  glue_arn     = "arn:${local.partition}:glue:${local.arn_prefix}"

  # What every function around the model is given.
  place = { STAGE = var.stage, ACCOUNT_ID = local.account_id }

  # What the gate compares, by the metrics that the evaluation prints.
  figures = { for pair in setproduct(["candidate", "allowed"], ["rmse", "recall", "false_alarms"]) : "${pair[0]}-${pair[1]}" => {
    Get = "Steps.Evaluate.FinalMetricDataList['${pair[0]}-${pair[1]}'].Value"
  } }

  training_resources = {
    InstanceCount  = 1
    InstanceType   = var.settings.training_instance_type
    VolumeSizeInGB = 30
    VolumeKmsKeyId = module.key.arn
  }

  set_channel = { for name in ["training", "validation"] : name => {
    ContentType = "application/x-parquet"
    DataSource = { S3DataSource = {
      S3DataType             = "S3Prefix"
      S3Uri                  = { Get = "Steps.MakeSets.OutputParameters['${name}_uri']" }
      S3DataDistributionType = "FullyReplicated"
    } }
  } }

  training_parameters = [
    # Month to validate on, such as 2025-03; empty for the newest of the table.
    { Name = "ValidationMonth", Type = "String", DefaultValue = "" },
    { Name = "TrainingMonths", Type = "Integer", DefaultValue = var.settings.training_months },
    # Where sets lie already, below training/ and validation/; empty has them made.
    { Name = "SetsUri", Type = "String", DefaultValue = "" },
    { Name = "ModelsUri", Type = "String", DefaultValue = "s3://${module.models_bucket.name}/${local.artifacts_prefix}" },
    { Name = "EndpointName", Type = "String", DefaultValue = local.model_name },
    # Of the code that trains, where somebody who has it starts the pipeline.
    { Name = "GitRevision", Type = "String", DefaultValue = "unknown" },
    # Why this execution was started: by hand, schedule or drift.
    { Name = "Reason", Type = "String", DefaultValue = "schedule" },
  ]

  training_steps = [
    {
      Name        = "MakeSets"
      Type        = "Lambda"
      FunctionArn = module.training_sets_function.arn
      Arguments = {
        execution        = { Get = "Execution.PipelineExecutionArn" }
        pipeline         = "${local.name}-training"
        endpoint         = { Get = "Parameters.EndpointName" }
        validation_month = { Get = "Parameters.ValidationMonth" }
        training_months  = { Get = "Parameters.TrainingMonths" }
        sets_uri         = { Get = "Parameters.SetsUri" }
      }
      OutputParameters = [
        for name in ["training_uri", "validation_uri", "training_from", "training_to", "validation_month", "current_uri", "current_version", "feature_hash", "run"] :
        { OutputName = name, OutputType = "String" }
      ]
    },
    {
      Name = "Train"
      Type = "Training"
      Arguments = {
        RoleArn                = { Get = "Parameters.JobRole" }
        AlgorithmSpecification = { TrainingImage = var.settings.model_image, TrainingInputMode = "File" }
        HyperParameters        = merge(var.settings.hyperparameters, { num_round = tostring(var.settings.training_rounds) })
        InputDataConfig        = [merge(local.set_channel["training"], { ChannelName = "train" }), merge(local.set_channel["validation"], { ChannelName = "validation" })]
        OutputDataConfig       = { S3OutputPath = { Get = "Parameters.ModelsUri" }, KmsKeyId = module.key.arn }
        ResourceConfig         = local.training_resources
        StoppingCondition      = { MaxRuntimeInSeconds = var.settings.training_timeout_minutes * 60 }
      }
    },
    {
      Name = "Evaluate"
      Type = "Training"
      Arguments = {
        RoleArn = { Get = "Parameters.JobRole" }
        AlgorithmSpecification = {
          TrainingImage     = var.settings.model_image
          TrainingInputMode = "File"
          MetricDefinitions = [for name in keys(local.figures) : { Name = name, Regex = "${name}: ([-+0-9.eE]+)" }]
        }
        HyperParameters = {
          sagemaker_program          = "taxi_evaluate.py"
          sagemaker_submit_directory = "s3://${module.models_bucket.name}/${local.source_key}"
          feature_hash               = { Get = "Steps.MakeSets.OutputParameters['feature_hash']" }
          rmse                       = tostring(var.settings.first_model_rmse)
          recall                     = tostring(var.settings.first_model_recall)
          false_alarms               = tostring(var.settings.false_alarms_per_thousand)
        }
        InputDataConfig = [
          merge(local.set_channel["validation"], { ChannelName = "validation" }),
          {
            ChannelName = "model"
            DataSource = { S3DataSource = {
              S3DataType             = "S3Prefix"
              S3Uri                  = { Get = "Steps.Train.ModelArtifacts.S3ModelArtifacts" }
              S3DataDistributionType = "FullyReplicated"
            } }
          },
          {
            ChannelName = "current"
            DataSource = { S3DataSource = {
              S3DataType             = "S3Prefix"
              S3Uri                  = { Get = "Steps.MakeSets.OutputParameters['current_uri']" }
              S3DataDistributionType = "FullyReplicated"
            } }
          },
        ]
        OutputDataConfig  = { S3OutputPath = { Get = "Parameters.ModelsUri" }, KmsKeyId = module.key.arn }
        ResourceConfig    = local.training_resources
        StoppingCondition = { MaxRuntimeInSeconds = var.settings.training_timeout_minutes * 60 }
      }
    },
    {
      Name = "Gate"
      Type = "Condition"
      Arguments = {
        Conditions = [
          { Type = "LessThan", LeftValue = local.figures["candidate-rmse"], RightValue = local.figures["allowed-rmse"] },
          { Type = "GreaterThanOrEqualTo", LeftValue = local.figures["candidate-recall"], RightValue = local.figures["allowed-recall"] },
          { Type = "LessThanOrEqualTo", LeftValue = local.figures["candidate-false_alarms"], RightValue = local.figures["allowed-false_alarms"] },
        ]
        IfSteps = [{
          Name        = "Register"
          Type        = "Lambda"
          FunctionArn = module.register_function.arn
          Arguments = {
            execution         = { Get = "Execution.PipelineExecutionArn" }
            image             = var.settings.model_image
            model_uri         = { Get = "Steps.Train.ModelArtifacts.S3ModelArtifacts" }
            evaluation_output = { Get = "Steps.Evaluate.OutputDataConfig.S3OutputPath" }
            evaluation_job    = { Get = "Steps.Evaluate.TrainingJobName" }
            facts = {
              training_from    = { Get = "Steps.MakeSets.OutputParameters['training_from']" }
              training_to      = { Get = "Steps.MakeSets.OutputParameters['training_to']" }
              validation_month = { Get = "Steps.MakeSets.OutputParameters['validation_month']" }
              compared_with    = { Get = "Steps.MakeSets.OutputParameters['current_version']" }
              git_revision     = { Get = "Parameters.GitRevision" }
              reason           = { Get = "Parameters.Reason" }
              evaluation_code  = basename(var.evaluation_archive)
            }
          }
          OutputParameters = [for name in ["version", "package_arn"] : { OutputName = name, OutputType = "String" }]
        }]
        ElseSteps = [{
          Name = "Refuse"
          Type = "Fail"
          Arguments = { ErrorMessage = { "Std:Join" = { On = "", Values = [
            "The model is not registered. RMSE ", local.figures["candidate-rmse"], " must be below ", local.figures["allowed-rmse"],
            " dollars; recall of injected anomalies ", local.figures["candidate-recall"], " at least ", local.figures["allowed-recall"],
            "; false alarms per 1,000 ", local.figures["candidate-false_alarms"], " at most ", local.figures["allowed-false_alarms"], ".",
          ] } } }
        }]
      }
    },
  ]
}

resource "aws_sagemaker_model_package_group" "this" {
  model_package_group_name        = local.model_name
  model_package_group_description = "Versions of the model of a taxi trip's fare, stage ${var.stage}."
}

# Its name holds a hash of its content.
resource "aws_s3_object" "evaluation" {
  #checkov:skip=CKV_AWS_186:The bucket encrypts what is put into it with its own customer key.
  bucket = module.models_bucket.name
  key    = local.source_key
  source = var.evaluation_archive
}

module "training" {
  source = "../../modules/sagemaker_pipeline"

  name                = "${local.name}-training"
  description         = "Trains a model of the fare and registers it where it is better than the one in service."
  parameters          = local.training_parameters
  steps               = local.training_steps
  image               = var.settings.model_image
  function_arns       = [module.training_sets_function.arn, module.register_function.arn]
  read_paths          = ["${module.processed_bucket.name}/${local.training_prefix}", "${module.models_bucket.name}/${local.current_prefix}", "${module.models_bucket.name}/code/"]
  write_paths         = ["${module.models_bucket.name}/${local.artifacts_prefix}"]
  kms_key_arn         = module.key.arn
  schedule_expression = var.settings.training_schedule
  schedule_enabled    = var.settings.training_schedule_enabled
  alarm_topic_arns    = local.alarm_topic_arns
}

# Athena takes minutes for three months of trips; a Lambda function has fifteen.
module "training_sets_function" {
  source = "../../modules/lambda_function"

  name               = "${local.name}-training-sets"
  description        = "Makes the sets of a training, and copies the model in service to be compared with."
  package_path       = var.function_packages["taxi_training_sets"]
  timeout_seconds    = 900
  kms_key_arn        = module.key.arn
  environment        = local.place
  log_retention_days = var.settings.log_retention_days
  alarm_topic_arns   = local.alarm_topic_arns

  permissions = [
    {
      sid       = "SeeExecutions"
      actions   = ["sagemaker:ListPipelineExecutions"]
      resources = [local.training_arn]
    },
    {
      # A list has no resource of its own but the group; endpoints and packages are described by name.
      sid       = "FindTheModelInService"
      actions   = ["sagemaker:DescribeEndpoint", "sagemaker:DescribeModelPackage", "sagemaker:ListModelPackages"]
      resources = [local.endpoint_arn, local.versions_arn, local.group_arn]
    },
    {
      sid       = "ReadRules"
      actions   = ["dynamodb:GetItem"]
      resources = [module.thresholds.arn]
    },
    {
      sid       = "MakeTables"
      actions   = ["glue:CreateTable", "glue:DeleteTable", "glue:GetTable"]
      resources = ["${local.glue_arn}:catalog", "${local.glue_arn}:database/${aws_glue_catalog_database.this.name}", "${local.glue_arn}:table/${aws_glue_catalog_database.this.name}/taxi_training_*", "${local.glue_arn}:table/${aws_glue_catalog_database.this.name}/taxi_validation_*"]
    },
    {
      sid       = "ReadMonths"
      actions   = ["s3:GetObject"]
      resources = ["${module.processed_bucket.arn}/${local.state_prefix}manifests/*"]
    },
    {
      sid       = "CopyTheModel"
      actions   = ["s3:GetObject"]
      resources = ["${module.models_bucket.arn}/${local.artifacts_prefix}*"]
    },
    {
      sid       = "WriteTheCopy"
      actions   = ["s3:PutObject"]
      resources = ["${module.models_bucket.arn}/${local.current_prefix}*"]
    },
    {
      sid           = "UseTheKey"
      actions       = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources     = [module.key.arn]
      string_equals = { "kms:ViaService" = "s3.${local.region}.amazonaws.com" }
    },
    {
      sid           = "DecryptRules"
      actions       = ["kms:Decrypt"]
      resources     = [module.key.arn]
      string_equals = { "kms:ViaService" = "dynamodb.${local.region}.amazonaws.com" }
    },
  ]
}

resource "aws_iam_role_policy_attachment" "training_sets_query" {
  role       = module.training_sets_function.role_name
  policy_arn = module.training_workgroup.analyst_policy_arn
}

module "register_function" {
  source = "../../modules/lambda_function"

  name               = "${local.name}-register"
  description        = "Registers a trained model as a version that waits for approval."
  package_path       = var.function_packages["taxi_register"]
  timeout_seconds    = 120
  kms_key_arn        = module.key.arn
  environment        = local.place
  log_retention_days = var.settings.log_retention_days
  alarm_topic_arns   = local.alarm_topic_arns

  permissions = [
    {
      sid       = "Register"
      actions   = ["sagemaker:CreateModelPackage", "sagemaker:ListModelPackages"]
      resources = [local.versions_arn, local.group_arn]
    },
    {
      sid       = "ReadTheEvaluation"
      actions   = ["s3:GetObject"]
      resources = ["${module.models_bucket.arn}/${local.artifacts_prefix}*"]
    },
    {
      sid       = "KeepTheEvaluation"
      actions   = ["s3:PutObject"]
      resources = ["${module.models_bucket.arn}/${local.evaluations_prefix}*"]
    },
    {
      sid           = "UseTheKey"
      actions       = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources     = [module.key.arn]
      string_equals = { "kms:ViaService" = "s3.${local.region}.amazonaws.com" }
    },
    {
      # SageMaker looks at image and archive by the caller's right when a package is made.
      sid       = "ShowTheImage"
      actions   = ["ecr:DescribeImages"]
      resources = ["arn:${local.partition}:ecr:*:*:repository/sagemaker-xgboost"]
    },
  ]
}
