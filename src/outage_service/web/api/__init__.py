"""One module a resource, each with a `router`; who may call a route stands beside it (`security`)."""
