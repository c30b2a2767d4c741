"""What the routes work with: put on the application by `create_app`, handed to routes as dependencies."""

import ipaddress
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Annotated, Protocol

from fastapi import Depends
from starlette.requests import HTTPConnection

from outage_service.channels.oidc.errands import IdentityProvider
from outage_service.services.engine import Engine
from outage_service.web.metrics import Metrics
from outage_service.web.printing import Press

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Scheduler(Protocol):
    """This process's scheduler, as far as `/readyz` asks (P22)."""

    def seconds_since_tick(self) -> float:
        """Returns how long ago the last tick ended."""


@dataclass(frozen=True)
class WebState:
    """The parts behind one application."""

    engine: Engine
    metrics: Metrics
    scheduler: Scheduler | None
    trusted_proxies: Collection[Network] = ()
    identity_provider: IdentityProvider | None = None
    press: Press = field(default_factory=Press)


def state_of(connection: HTTPConnection) -> WebState:
    """Returns the parts behind the application that serves this request."""
    found: WebState = connection.app.state.web
    return found


async def _engine(connection: HTTPConnection) -> Engine:
    return state_of(connection).engine


async def _state(connection: HTTPConnection) -> WebState:
    return state_of(connection)


EngineOfApp = Annotated[Engine, Depends(_engine)]
StateOfApp = Annotated[WebState, Depends(_state)]
