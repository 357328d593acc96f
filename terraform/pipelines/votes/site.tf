locals {
  # The APIs' own addresses would make a circle: the policy belongs to the distribution, whose name the function that answers
  # the API must know.
  api_hosts = var.edge_url == "" ? "*.execute-api.${local.region}.amazonaws.com" : replace(var.edge_url, "/^https?:[/][/]/", "")
  schemes   = var.edge_url == "" || startswith(var.edge_url, "https:") ? ["https", "wss"] : ["http", "ws"]
}

module "site" {
  source = "../../modules/static_site"

  bucket_name     = "${local.name}-site-${local.account_id}"
  folder          = var.site_folder
  kms_key_arn     = module.key.arn
  edge            = var.edge_url == ""
  domain_names    = var.domain_names
  certificate_arn = var.certificate_arn
  web_acl_arn     = var.site_web_acl_arn

  config_json = jsonencode({
    api_url    = local.api_url
    socket_url = local.socket_url
    candidates = var.candidates
  })

  content_security_policy = join("; ", [
    "default-src 'none'",
    "base-uri 'none'",
    "connect-src 'self' ${join(" ", [for scheme in local.schemes : "${scheme}://${local.api_hosts}"])}",
    "font-src 'self'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "img-src 'self' data:",
    "manifest-src 'self'",
    "script-src 'self'",
    "style-src 'self'",
  ])
}
