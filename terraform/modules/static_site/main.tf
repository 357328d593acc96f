# A static site: its files in a private bucket, and CloudFront before it, which alone reads them.

locals {
  # What the build says of each file, and of the headers that the site needs.
  manifest = jsondecode(file("${var.folder}.json"))

  # The one thing that the build cannot know: whom the page may speak to.
  placeholder = "{{CONNECT_SRC}}"
  origins     = join(" ", var.connect_origins)
  pages       = { for name, file in local.manifest.files : name => file if endswith(name, ".html") }
  assets      = { for name, file in local.manifest.files : name => file if !endswith(name, ".html") }
  headers     = { for name, value in local.manifest.headers : name => replace(value, local.placeholder, local.origins) }
}

resource "aws_s3_object" "page" {
  for_each = local.pages

  bucket        = var.bucket_name
  key           = each.key
  content       = replace(file("${var.folder}/${each.key}"), local.placeholder, local.origins)
  content_type  = each.value.content_type
  cache_control = each.value.cache_control

  # A page that is there before its script has none.
  depends_on = [aws_s3_object.asset, aws_s3_object.config]
}

resource "aws_s3_object" "asset" {
  for_each = local.assets

  bucket        = var.bucket_name
  key           = each.key
  source        = "${var.folder}/${each.key}"
  source_hash   = each.value.sha256
  content_type  = each.value.content_type
  cache_control = each.value.cache_control

  lifecycle {
    # Old assets go after the new page is there, which no longer asks for them.
    create_before_destroy = true
  }
}

resource "aws_s3_object" "config" {
  bucket        = var.bucket_name
  key           = "config.json"
  content       = var.config_json
  content_type  = "application/json"
  cache_control = "no-store"
}
