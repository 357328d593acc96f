# The OpenSearch domain that people watch predictions in, where the settings ask for one. AWS takes some ten minutes and more to
# make it.

locals {
  # The one that predictions go to as documents: made here, or given; or none.
  search_domain_arns = concat(module.search_domain[*].arn, compact([var.settings.opensearch_domain_arn]))
}

module "search_domain" {
  source = "../../modules/opensearch_domain"
  count  = var.settings.opensearch_domain == null ? 0 : 1

  name               = local.name
  master_user_arn    = var.settings.opensearch_domain.master_user_arn
  kms_key_arn        = module.key.arn
  engine_version     = var.settings.opensearch_domain.engine_version
  instance_type      = var.settings.opensearch_domain.instance_type
  instance_count     = var.settings.opensearch_domain.instance_count
  zones              = var.settings.opensearch_domain.zones
  dedicated_masters  = var.settings.opensearch_domain.dedicated_masters
  gigabytes_per_node = var.settings.opensearch_domain.gigabytes_per_node
  vpc                = var.settings.opensearch_domain.vpc
  log_retention_days = var.settings.log_retention_days
  alarm_topic_arns   = local.alarm_topic_arns
}
