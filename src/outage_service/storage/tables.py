"""Every table there is, for migrations and their tests. To add a part: import its `*_schema` here."""

from outage_service.storage import bounce_schema, console_schema, contingency_schema, schema

__all__ = ["bounce_schema", "console_schema", "contingency_schema", "metadata"]

metadata = schema.metadata
