# A REST API whose every request one function answers: its resources, its stage with access logs and limits, and the right to
# call the function.

locals {
  # "POST /votes" is the method POST on the resource /votes. Browsers ask by OPTIONS first, on every resource.
  paths  = toset([for route in var.routes : split(" ", route)[1]])
  routes = setunion(var.routes, [for path in local.paths : "OPTIONS ${path}"])
}

resource "aws_api_gateway_rest_api" "this" {
  name                         = var.name
  description                  = var.description
  minimum_compression_size     = "1024"
  disable_execute_api_endpoint = false

  endpoint_configuration {
    types = ["REGIONAL"]
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_resource" "this" {
  for_each = local.paths

  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_rest_api.this.root_resource_id
  path_part   = trimprefix(each.value, "/")
}

resource "aws_api_gateway_method" "this" {
  #checkov:skip=CKV_AWS_59:The API is for the public: nobody signs in. Limits, CORS and the function's own checks guard it.
  #checkov:skip=CKV2_AWS_53:The function judges each request and names what is wrong; a model would refuse without a reason.
  for_each = local.routes

  rest_api_id   = aws_api_gateway_rest_api.this.id
  resource_id   = aws_api_gateway_resource.this[split(" ", each.value)[1]].id
  http_method   = split(" ", each.value)[0]
  authorization = "NONE"
}

resource "aws_api_gateway_integration" "this" {
  for_each = local.routes

  rest_api_id             = aws_api_gateway_rest_api.this.id
  resource_id             = aws_api_gateway_method.this[each.value].resource_id
  http_method             = aws_api_gateway_method.this[each.value].http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = var.function_invoke_arn
  timeout_milliseconds    = var.timeout_milliseconds
}

resource "aws_api_gateway_deployment" "this" {
  rest_api_id = aws_api_gateway_rest_api.this.id

  # A deployment is a snapshot: what it shows must make a new one when it changes.
  triggers = {
    routes = sha1(jsonencode([sort(tolist(local.routes)), var.function_invoke_arn, var.timeout_milliseconds, local.errors, local.error_headers, local.retry_after]))
  }

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [aws_api_gateway_gateway_response.this, aws_api_gateway_integration.this]
}

resource "aws_api_gateway_stage" "this" {
  #checkov:skip=CKV_AWS_120:Totals change several times a second and votes are no cacheable answers.
  #checkov:skip=CKV2_AWS_51:Browsers of the public have no client certificates.
  #checkov:skip=CKV_AWS_73:X-Ray follows single requests; metrics and access logs of each stage say what is slow.
  #checkov:skip=CKV2_AWS_77:No Java answers here; a web ACL, where one is attached, has the rules of its owner.
  #checkov:skip=CKV2_AWS_4:aws_api_gateway_method_settings logs errors; checkov loses their connection three modules deep.
  #checkov:skip=CKV2_AWS_29:A web ACL costs more than the rest of a small vote; web_acl_arn attaches one where it is wanted.
  rest_api_id   = aws_api_gateway_rest_api.this.id
  deployment_id = aws_api_gateway_deployment.this.id
  stage_name    = var.stage_name
  description   = var.description

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn

    # No address and no agent of a person: who voted is nobody's business.
    format = jsonencode({
      requestId         = "$context.requestId"
      requestTime       = "$context.requestTime"
      httpMethod        = "$context.httpMethod"
      resourcePath      = "$context.resourcePath"
      status            = "$context.status"
      responseLatency   = "$context.responseLatency"
      responseLength    = "$context.responseLength"
      integrationStatus = "$context.integration.status"
      error             = "$context.error.message"
    })
  }

  # The stage writes to the group as soon as it is there.
  depends_on = [aws_cloudwatch_log_group.execution]
}

resource "aws_api_gateway_method_settings" "this" {
  #checkov:skip=CKV_AWS_225:Totals change several times a second; nothing is cached.
  #checkov:skip=CKV_AWS_308:Nothing is cached, so no cache needs encryption.
  rest_api_id = aws_api_gateway_rest_api.this.id
  stage_name  = aws_api_gateway_stage.this.stage_name
  method_path = "*/*"

  settings {
    # By method, and billed as custom metrics; those of the stage, which alarms use, are there anyway.
    metrics_enabled        = false
    logging_level          = "ERROR"
    data_trace_enabled     = false
    throttling_rate_limit  = var.requests_per_second
    throttling_burst_limit = var.burst_requests
  }
}

resource "aws_lambda_permission" "this" {
  statement_id  = "AllowRestApi"
  action        = "lambda:InvokeFunction"
  function_name = var.function_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.this.execution_arn}/*"
}

resource "aws_wafv2_web_acl_association" "this" {
  count = var.web_acl_arn == "" ? 0 : 1

  resource_arn = aws_api_gateway_stage.this.arn
  web_acl_arn  = var.web_acl_arn
}
