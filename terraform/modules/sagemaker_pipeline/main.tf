# A SageMaker pipeline: its definition, the roles of the pipeline and of its jobs, its schedule, and the alarm.

locals {
  definition = {
    Version = "2020-12-01"
    Parameters = concat(
      [{ Name = "JobRole", Type = "String", DefaultValue = aws_iam_role.jobs.arn }],
      var.parameters,
    )
    # Experiments: each execution would be kept as one more.
    PipelineExperimentConfig = null
    Steps                    = var.steps
  }
}

resource "aws_sagemaker_pipeline" "this" {
  pipeline_name         = var.name
  pipeline_display_name = var.name
  pipeline_description  = var.description
  role_arn              = aws_iam_role.pipeline.arn
  pipeline_definition   = jsonencode(local.definition)

  depends_on = [aws_iam_role_policy.pipeline, aws_iam_role_policy.jobs]
}
