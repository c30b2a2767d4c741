"""What is served at a path, whoever asks."""

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import Route

from outage_service.domain.broadcasts import BroadcastFormat, BroadcastLanguage
from outage_service.domain.systems import HelpLine
from outage_service.edge.snapshot import BROADCAST_PREFIX, HOME_PATHS, STATUS_PATH

IN_FRONT = frozenset(HOME_PATHS) | {
    STATUS_PATH,
    *(
        f"{BROADCAST_PREFIX}{line}/{language}.{format_}"
        for line in HelpLine
        for language in BroadcastLanguage
        for format_ in BroadcastFormat
    ),
}
"""What `edge` answers before the application: only what it does not, such as a POST, comes this far."""


def methods_at(app: FastAPI, path: str) -> set[str]:
    """Returns the methods of all routes of a path; Starlette names those of the first one alone."""
    methods = {"GET"} if path in IN_FRONT else set[str]()
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, Route) and route.path_regex.match(path):
            methods |= route.methods or set()
    return methods
