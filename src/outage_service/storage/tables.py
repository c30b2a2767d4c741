"""Every table there is, for migrations and their tests. To add a part: import its `*_schema` here."""

from outage_service.storage import (
    bounce_schema,
    console_schema,
    contingency_schema,
    limits_schema,
    schema,
    upkeep_schema,
)

__all__ = [
    "bounce_schema",
    "console_schema",
    "contingency_schema",
    "limits_schema",
    "metadata",
    "upkeep_schema",
]

metadata = schema.metadata
