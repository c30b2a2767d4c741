"""The REST API and the public pages. To add a resource: a router in `api/` and its line in `app.ROUTERS`."""
