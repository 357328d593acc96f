mock_provider "aws" {
  mock_resource "aws_cloudfront_distribution" {
    defaults = { arn = "arn:aws:cloudfront::123456789012:distribution/E1", domain_name = "d1.cloudfront.net" }
  }
}

variables {
  name               = "votes-site"
  bucket_name        = "votes-site"
  folder             = "testdata/site"
  config_json        = "{\"api_url\":\"https://api.example.com\"}"
  connect_origins    = ["https://api.example.com", "wss://socket.example.com"]
  bucket_domain_name = "votes-site.s3.ap-northeast-1.amazonaws.com"
}

run "every_file_is_uploaded_with_its_type_and_how_long_it_holds" {
  assert {
    condition     = aws_s3_object.page["index.html"].content_type == "text/html; charset=utf-8" && aws_s3_object.page["index.html"].cache_control == "no-cache"
    error_message = "A page must be asked for each time."
  }

  assert {
    condition     = aws_s3_object.asset["assets/app-3F2A9C1B.js"].content_type == "text/javascript; charset=utf-8" && aws_s3_object.asset["assets/app-3F2A9C1B.js"].cache_control == "public, max-age=31536000, immutable"
    error_message = "An asset must have the type and the caching that the build gave it."
  }

  assert {
    condition     = strcontains(aws_s3_object.page["index.html"].content, "connect-src 'self' https://api.example.com wss://socket.example.com\"")
    error_message = "The page must be told whom it may speak to."
  }

  assert {
    condition     = aws_s3_object.config.key == "config.json" && aws_s3_object.config.content == var.config_json && aws_s3_object.config.cache_control == "no-store"
    error_message = "The configuration must be there, and never be cached."
  }
}

run "cloudfront_alone_reads_the_bucket_and_answers_over_tls_with_the_policy" {
  assert {
    condition     = aws_cloudfront_origin_access_control.this.signing_behavior == "always"
    error_message = "CloudFront must sign its requests."
  }

  assert {
    condition     = aws_cloudfront_distribution.this.default_cache_behavior[0].viewer_protocol_policy == "redirect-to-https" && toset(aws_cloudfront_distribution.this.default_cache_behavior[0].allowed_methods) == toset(["GET", "HEAD"])
    error_message = "The site must be read, over TLS."
  }

  assert {
    condition     = aws_cloudfront_response_headers_policy.this.security_headers_config[0].content_security_policy[0].content_security_policy == "default-src 'none'; connect-src 'self' https://api.example.com wss://socket.example.com"
    error_message = "Every answer must carry the policy."
  }

  assert {
    condition     = aws_cloudfront_response_headers_policy.this.security_headers_config[0].strict_transport_security[0].access_control_max_age_sec == 63072000 && [for item in aws_cloudfront_response_headers_policy.this.custom_headers_config[0].items : item.header] == ["Permissions-Policy"]
    error_message = "Every other header of the build must be sent as well."
  }

  assert {
    condition     = aws_cloudfront_distribution.this.wait_for_deployment && output.domain_name == "d1.cloudfront.net"
    error_message = "CloudFront must serve the site, everywhere, when an apply is done."
  }
}

run "serves_domain_names_by_their_certificate" {
  variables {
    domain_names    = ["vote.example.com"]
    certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/1"
  }

  assert {
    condition     = aws_cloudfront_distribution.this.viewer_certificate[0].minimum_protocol_version == "TLSv1.2_2021" && toset(aws_cloudfront_distribution.this.aliases) == var.domain_names
    error_message = "The domain must be served with its certificate, and no old TLS."
  }
}

run "refuses_bad_values" {
  command = plan

  variables {
    folder          = "nowhere"
    config_json     = "{"
    connect_origins = ["api.example.com"]
    certificate_arn = "arn:aws:acm:ap-northeast-1:123456789012:certificate/1"
    price_class     = "PriceClass_1"
    web_acl_arn     = "votes"
  }

  expect_failures = [
    var.folder,
    var.config_json,
    var.connect_origins,
    var.certificate_arn,
    var.price_class,
    var.web_acl_arn,
  ]
}

run "refuses_domain_names_without_a_certificate" {
  command = plan

  variables {
    domain_names = ["vote.example.com"]
  }

  expect_failures = [var.domain_names]
}
