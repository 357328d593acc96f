locals {
  # The APIs' own addresses would make a circle: the policy belongs to the distribution, whose name the function that answers
  # the API must know.
  api_hosts = var.edge_url == "" ? "*.execute-api.${local.region}.amazonaws.com" : replace(var.edge_url, "/^https?:[/][/]/", "")
  schemes   = var.edge_url == "" || startswith(var.edge_url, "https:") ? ["https", "wss"] : ["http", "ws"]
}

module "site_bucket" {
  source = "../../modules/s3_bucket"

  name                  = "${local.name}-site-${local.account_id}"
  kms_key_arn           = module.key.arn
  force_destroy         = true # Every file of it is built.
  reading_distributions = module.site.distribution_arns
}

module "site" {
  source = "../../modules/static_site"

  name               = "${local.name}-site"
  bucket_name        = module.site_bucket.name
  bucket_domain_name = module.site_bucket.regional_domain_name
  folder             = var.site_folder
  edge               = var.edge_url == ""
  domain_names       = var.settings.domain_names
  certificate_arn    = var.settings.certificate_arn
  web_acl_arn        = var.settings.site_web_acl_arn

  config_json = jsonencode({
    api_url    = local.api_url
    socket_url = local.socket_url
    candidates = var.settings.candidates
  })

  connect_origins = [for scheme in local.schemes : "${scheme}://${local.api_hosts}"]
}
