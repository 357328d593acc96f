# A static site: its files in a private bucket, and CloudFront before it, which alone may read them. Without the edge the
# bucket's own website hosting serves them, for an endpoint that has no CloudFront.

locals {
  content_types = {
    css   = "text/css; charset=utf-8"
    html  = "text/html; charset=utf-8"
    ico   = "image/x-icon"
    js    = "text/javascript; charset=utf-8"
    json  = "application/json"
    map   = "application/json"
    png   = "image/png"
    svg   = "image/svg+xml"
    txt   = "text/plain; charset=utf-8"
    webp  = "image/webp"
    woff2 = "font/woff2"
    yaml  = "application/yaml"
  }

  files = fileset(var.folder, "**")

  # A name that holds the hash of its content (chart-3f2a9c1b.js) never means anything else.
  immutable = toset([for file in local.files : file if can(regex("[-.][0-9a-zA-Z]{8}[.][a-z0-9]+$", file))])
}

module "bucket" {
  source = "../s3_bucket"

  name          = var.bucket_name
  kms_key_arn   = var.kms_key_arn
  force_destroy = var.force_destroy

  reading_distributions = aws_cloudfront_distribution.this[*].arn
}

resource "aws_s3_object" "file" {
  for_each = local.files

  bucket        = module.bucket.name
  key           = each.value
  source        = "${var.folder}/${each.value}"
  source_hash   = filemd5("${var.folder}/${each.value}")
  content_type  = lookup(local.content_types, reverse(split(".", each.value))[0], "application/octet-stream")
  cache_control = contains(local.immutable, each.value) ? "public, max-age=31536000, immutable" : "no-cache"
}

resource "aws_s3_object" "config" {
  bucket        = module.bucket.name
  key           = "config.json"
  content       = var.config_json
  content_type  = "application/json"
  cache_control = "no-store"
}

resource "aws_s3_bucket_website_configuration" "this" {
  count = var.edge ? 0 : 1

  bucket = module.bucket.name

  index_document {
    suffix = "index.html"
  }
}
