# What API Gateway answers itself, before any function is asked: in the form that the function's own errors have, and readable by
# the site's pages. Without the headers a browser would see a broken network where it was told to come again.

locals {
  errors = {
    THROTTLED   = { status = "429", code = "throttled" }
    DEFAULT_4XX = { status = null, code = "bad_request" }
    DEFAULT_5XX = { status = null, code = "unavailable" }
  }

  # API Gateway takes a constant between single quotes.
  error_headers = {
    "gatewayresponse.header.Access-Control-Allow-Origin"   = "'${var.allowed_origin}'"
    "gatewayresponse.header.Access-Control-Expose-Headers" = "'Retry-After'"
    "gatewayresponse.header.Vary"                          = "'Origin'"
  }

  retry_after = { "gatewayresponse.header.Retry-After" = "'1'" }
}

resource "aws_api_gateway_gateway_response" "this" {
  for_each = local.errors

  rest_api_id         = aws_api_gateway_rest_api.this.id
  response_type       = each.key
  status_code         = each.value.status
  response_parameters = merge(local.error_headers, each.key == "THROTTLED" ? local.retry_after : {})

  response_templates = {
    "application/json" = "{\"error\":{\"code\":\"${each.value.code}\",\"message\":$context.error.messageString}}"
  }
}
