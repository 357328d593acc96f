# How many requests one address may send, where that is wanted. It bounds what one machine can vote; it cannot tell people apart
# that share an address, nor machines that have many.

locals {
  limits_addresses = var.settings.requests_per_address > 0
}

resource "aws_wafv2_web_acl" "this" {
  #checkov:skip=CKV_AWS_192:No Java answers here.
  #checkov:skip=CKV2_AWS_31:A log of WAF holds addresses: who voted is nobody's business. Its metrics say how many were blocked.
  count = local.limits_addresses ? 1 : 0

  name        = "${local.name}-api"
  description = "Lets an address send ${var.settings.requests_per_address} requests in five minutes, stage ${var.stage}."
  scope       = "REGIONAL"

  default_action {
    allow {}
  }

  rule {
    name     = "requests-per-address"
    priority = 1

    action {
      # Not 403, which the page may not take for the end of a vote: it waits as it does when API Gateway throttles.
      block {
        custom_response {
          response_code            = 429
          custom_response_body_key = "throttled"

          response_header {
            name  = "Access-Control-Allow-Origin"
            value = local.site_url
          }

          response_header {
            name  = "Access-Control-Expose-Headers"
            value = "Retry-After"
          }

          response_header {
            name  = "Retry-After"
            value = "30"
          }
        }
      }
    }

    statement {
      rate_based_statement {
        aggregate_key_type    = "IP"
        evaluation_window_sec = 300
        limit                 = var.settings.requests_per_address
      }
    }

    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "${local.name}-requests-per-address"
      sampled_requests_enabled   = false
    }
  }

  custom_response_body {
    key          = "throttled"
    content      = jsonencode({ error = { code = "throttled", message = "This address has sent too many requests." } })
    content_type = "APPLICATION_JSON"
  }

  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = "${local.name}-api"
    sampled_requests_enabled   = false
  }
}

resource "aws_wafv2_web_acl_association" "this" {
  count = local.limits_addresses ? 1 : 0

  resource_arn = module.api.stage_arn
  web_acl_arn  = aws_wafv2_web_acl.this[0].arn
}
