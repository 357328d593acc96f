# Addresses of states that an earlier layout wrote, in which a stage called its pipelines itself.

moved {
  from = module.telemetry
  to   = module.stage.module.telemetry
}

moved {
  from = module.inference
  to   = module.stage.module.inference
}

moved {
  from = module.votes
  to   = module.stage.module.votes
}
