resource "aws_iam_role" "this" {
  name        = "${var.name}-role"
  description = "What the function ${var.name} may do."

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  name = "run"
  role = aws_iam_role.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid      = "Log"
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = "${aws_cloudwatch_log_group.this.arn}:*"
        },
      ],
      var.tracing ? [
        {
          # X-Ray has no resources that a policy could name.
          Sid      = "Trace"
          Effect   = "Allow"
          Action   = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
          Resource = "*"
        },
      ] : [],
      [
        for statement in var.permissions : merge(
          {
            Sid      = statement.sid
            Effect   = "Allow"
            Action   = statement.actions
            Resource = statement.resources
          },
          length(statement.string_equals) == 0 ? {} : { Condition = { StringEquals = statement.string_equals } },
        )
      ],
    )
  })
}
