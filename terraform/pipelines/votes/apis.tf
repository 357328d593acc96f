locals {
  # API Gateway's answer holds the address of a WebSocket API, and of a REST API only the id. Both are served alike, at
  # <scheme>://<id>.execute-api.<region>.amazonaws.com/<stage>.
  api_origin = replace(module.socket.endpoint, "/^ws(s?):[/][/][^.]+/", "http$1://${module.api.id}")
  api_url    = "${local.api_origin}/${module.api.stage_name}"
}

module "api" {
  source = "../../modules/rest_api"

  name                = "${local.name}-api"
  description         = "Takes votes and tells the totals, stage ${var.stage}."
  routes              = ["POST /votes", "GET /totals"]
  function_name       = module.cast.name
  function_invoke_arn = module.cast.invoke_arn
  allowed_origin      = local.site_url
  requests_per_second = var.settings.requests_per_second
  burst_requests      = var.settings.burst_requests
  web_acl_arn         = var.settings.api_web_acl_arn
  kms_key_arn         = module.key.arn
  log_retention_days  = var.settings.log_retention_days
  alarm_topic_arns    = local.alarm_topic_arns
}

module "socket" {
  source = "../../modules/websocket_api"

  name                = "${local.name}-socket-api"
  description         = "Tells every browser the totals as they change, stage ${var.stage}."
  function_name       = module.greet.name
  function_invoke_arn = module.greet.invoke_arn
  kms_key_arn         = module.key.arn
  log_retention_days  = var.settings.log_retention_days
  alarm_topic_arns    = local.alarm_topic_arns
}
