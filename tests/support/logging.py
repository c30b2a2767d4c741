"""What tests log, where none looks at it."""

import structlog


def log_plainly() -> None:
    """Has events written as plain text: what structlog makes of a traceback by default takes seconds each."""
    plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.reset_defaults()
    structlog.configure(processors=[structlog.processors.add_log_level, plain])
