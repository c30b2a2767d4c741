"""The pages of acts on outages; `web.app` serves them. What has a fixed path stands before `acts`."""

from outage_service.web.pages.console import acts, declare, outage, schedule

ROUTERS = (declare.router, schedule.router, outage.router, acts.router)
