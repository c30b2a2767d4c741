"""Logs: one JSON object a line on standard error, ours and the libraries' alike.

An event's name never varies (`log.info("bulletin_issued", bulletin_id=…)`): what varies is a field. Fields
are ids and figures; an e-mail address is no field at info level and above.
"""

import logging
import sys
from typing import TextIO

import structlog
from structlog.typing import Processor

_QUIET = {
    "alembic.runtime.migration": logging.WARNING,  # two lines a look at the schema
    "apscheduler": logging.WARNING,  # two lines a tick
    "httpcore": logging.WARNING,
    "httpx": logging.WARNING,  # a line a request, its address included
    "mail.log": logging.WARNING,  # aiosmtpd names senders and recipients at info level
    "uvicorn.access": logging.WARNING,  # the reverse proxy has them
}

_TRACEBACKS = structlog.tracebacks.ExceptionDictTransformer(
    show_locals=False
)  # locals hold addresses and keys


def configure(level: str = "INFO", stream: TextIO | None = None) -> None:
    """Makes every logger of the process write JSON lines, from `level` up, to `stream` (standard error)."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_json_formatter())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name, least in _QUIET.items():
        logging.getLogger(name).setLevel(max(least, root.level))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_common(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,  # configured again by every command and test
    )


def _common() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.StackInfoRenderer(),
    ]


def _json_formatter() -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_common(),
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.ExceptionRenderer(_TRACEBACKS),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
