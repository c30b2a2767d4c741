"""What the application serves at a path, whoever asks."""

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import Route


def methods_at(app: FastAPI, path: str) -> set[str]:
    """Returns the methods of all routes of a path; Starlette names those of the first one alone."""
    methods = set[str]()
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, Route) and route.path_regex.match(path):
            methods |= route.methods or set()
    return methods
