locals {
  # CloudFront's answer holds a name without a scheme. An endpoint that serves APIs by TLS, as AWS does, serves sites by it too.
  site_scheme = startswith(module.socket.endpoint, "wss:") ? "https" : "http"
  site_url    = "${local.site_scheme}://${try(tolist(var.settings.domain_names)[0], module.site.domain_name)}"
}

module "site_bucket" {
  source = "../../modules/s3_bucket"

  name                  = "${local.name}-site-${local.account_id}"
  kms_key_arn           = module.key.arn
  force_destroy         = true # Every file of it is built.
  reading_distributions = [module.site.distribution_arn]
  lifecycle_rules       = [for rule in local.lifecycle_rules.site : rule if var.settings.age_objects]
}

module "site" {
  source = "../../modules/static_site"

  name                = "${local.name}-site"
  bucket_name         = module.site_bucket.name
  bucket_domain_name  = module.site_bucket.regional_domain_name
  folder              = var.site_folder
  domain_names        = var.settings.domain_names
  certificate_arn     = var.settings.certificate_arn
  web_acl_arn         = var.settings.site_web_acl_arn
  wait_for_deployment = var.settings.wait_for_site

  config_json = jsonencode({
    api_url    = local.api_url
    socket_url = module.socket.url
    candidates = var.settings.candidates
  })

  # Not local.api_url: it waits for the API's function, which waits for the name of the site.
  connect_origins = [local.api_origin, module.socket.endpoint]
}
