resource "aws_cloudfront_origin_access_control" "this" {
  name                              = var.name
  description                       = "CloudFront signs its requests to ${var.name}."
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

data "aws_cloudfront_cache_policy" "optimized" {
  name = "Managed-CachingOptimized"
}

resource "aws_cloudfront_response_headers_policy" "this" {
  #checkov:skip=CKV_AWS_259:Two years, subdomains included, as the site's build says; the checker does not read it. A test does.
  name    = var.name
  comment = "What a browser may do with the site ${var.name}."

  security_headers_config {
    content_security_policy {
      content_security_policy = local.headers["Content-Security-Policy"]
      override                = true
    }

    content_type_options {
      override = true
    }

    frame_options {
      frame_option = local.headers["X-Frame-Options"]
      override     = true
    }

    referrer_policy {
      referrer_policy = local.headers["Referrer-Policy"]
      override        = true
    }

    strict_transport_security {
      access_control_max_age_sec = tonumber(regex("max-age=([0-9]+)", local.headers["Strict-Transport-Security"])[0])
      include_subdomains         = strcontains(local.headers["Strict-Transport-Security"], "includeSubDomains")
      override                   = true
    }
  }

  custom_headers_config {
    dynamic "items" {
      for_each = { for name, value in local.headers : name => value if !contains(local.standard_headers, name) }

      content {
        header   = items.key
        value    = items.value
        override = true
      }
    }
  }
}

locals {
  # Those that CloudFront has settings of their own for; it refuses them as custom ones.
  standard_headers = ["Content-Security-Policy", "Referrer-Policy", "Strict-Transport-Security", "X-Content-Type-Options", "X-Frame-Options"]
}

resource "aws_cloudfront_distribution" "this" {
  #checkov:skip=CKV_AWS_68:A web ACL costs more than the rest of a small vote; web_acl_arn attaches one where it is wanted.
  #checkov:skip=CKV2_AWS_47:The same: a web ACL is attached by web_acl_arn.
  #checkov:skip=CKV_AWS_86:Access logs would hold the addresses of the public; CloudFront's metrics count without them.
  #checkov:skip=CKV_AWS_310:One bucket is the origin; a second one in another region would only hold the same files.
  #checkov:skip=CKV_AWS_374:The vote is for the whole world.
  #checkov:skip=CKV2_AWS_42:The distribution's own name has AWS's certificate; certificate_arn names one for a domain.
  #checkov:skip=CKV_AWS_174:AWS's own certificate fixes the protocol; with certificate_arn it is TLS 1.2 of 2021 or later.
  comment             = var.name
  enabled             = true
  is_ipv6_enabled     = true
  http_version        = "http2and3"
  default_root_object = "index.html"
  price_class         = var.price_class
  aliases             = var.domain_names
  web_acl_id          = var.web_acl_arn == "" ? null : var.web_acl_arn
  wait_for_deployment = var.wait_for_deployment

  origin {
    origin_id                = "site"
    domain_name              = var.bucket_domain_name
    origin_access_control_id = aws_cloudfront_origin_access_control.this.id
  }

  default_cache_behavior {
    target_origin_id           = "site"
    allowed_methods            = ["GET", "HEAD"]
    cached_methods             = ["GET", "HEAD"]
    viewer_protocol_policy     = "redirect-to-https"
    compress                   = true
    cache_policy_id            = data.aws_cloudfront_cache_policy.optimized.id
    response_headers_policy_id = aws_cloudfront_response_headers_policy.this.id
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    cloudfront_default_certificate = var.certificate_arn == ""
    acm_certificate_arn            = var.certificate_arn == "" ? null : var.certificate_arn
    ssl_support_method             = var.certificate_arn == "" ? null : "sni-only"
    minimum_protocol_version       = var.certificate_arn == "" ? "TLSv1" : "TLSv1.2_2021"
  }
}
