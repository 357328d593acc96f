"""What stands between HTTP and the engines: routes, wire formats, refusals, websites, and the way on to ministack."""
