"""A database that refuses some writes: what one row fails with while the others are as they should be."""

from sqlalchemy import text

from outage_service.services.engine import Engine

_STATEMENTS = {
    "sqlite": ["CREATE TRIGGER refuse BEFORE {event} WHEN {when} BEGIN SELECT RAISE(ABORT, 'refused'); END"],
    "postgresql": [
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'refused'; END$$",
        "CREATE TRIGGER refuse BEFORE {event} FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION refuse()",
    ],
}


def refuse(engine: Engine, event: str, *, when: str) -> None:
    """Lets every such write fail from now on: `UPDATE ON outage`, of rows of which `when` is true."""
    for statement in _STATEMENTS[engine.db.url.get_backend_name()]:
        ready = text(statement.format(event=event, when=when))
        engine.db.write(lambda tx, ready=ready: tx.execute(ready))  # type: ignore[misc]


def cease_to_refuse(engine: Engine) -> None:
    """Takes `refuse` back."""
    is_sqlite = engine.db.url.get_backend_name() == "sqlite"
    engine.db.write(
        lambda tx: tx.execute(text("DROP TRIGGER refuse" if is_sqlite else "DROP FUNCTION refuse CASCADE"))
    )
