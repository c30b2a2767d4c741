"""Both event loops, a certificate, and pools that are closed again."""

import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from outage_service.channels.email.pool import MailPool
from outage_service.channels.email.relay import Relay, Timeouts
from tests.support.certificates import make_certificate
from tests.support.smtp_server import SmtpServer

QUICK = Timeouts(connect=0.8, command=0.5, end_of_data=0.5, greeting=0.8)

PoolMaker = Callable[..., Any]


@pytest.fixture(
    params=[("asyncio", {"use_uvloop": False}), ("asyncio", {"use_uvloop": True})],
    ids=["asyncio", "uvloop"],
)
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    """Every test with sockets runs on both event loops."""
    loop: tuple[str, dict[str, bool]] = request.param
    return loop


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    """A relay's certificate, and the file to trust it by."""
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@asynccontextmanager
async def pool_to(server: SmtpServer, *, url: str | None = None, **options: Any) -> AsyncIterator[MailPool]:
    """A started pool to `server`, with short timeouts unless told otherwise."""
    given = {"only_to": None, "timeouts": QUICK, "jitter": lambda: 0.5, **options}
    pool = MailPool(Relay.parse(url or server.url()), **given)
    await pool.start()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(pool.close, 0.2)
        yield pool
