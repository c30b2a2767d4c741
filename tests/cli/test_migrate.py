"""`migrate` where there is nothing to migrate: a later release was here before."""

from pathlib import Path

from sqlalchemy import text

from outage_service.cli import checks
from outage_service.cli.finding import Level
from outage_service.settings import load_settings
from outage_service.storage.database import open_database
from tests.cli.commands import KEY, run


def test_going_back_to_this_release_leaves_the_later_one_s_schema_as_it_is(
    tmp_path: Path, database_url: str
) -> None:
    """P24: an installation that migrates before each start must be able to go back."""
    db = open_database(database_url)
    db.write(lambda tx: tx.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    ended = run(tmp_path, "migrate", DATABASE_URL=database_url, SECRET_KEY=KEY)
    assert (ended.status, ended.err) == (0, "")
    assert "a later release" in ended.out
    with db.read() as tx:
        assert tx.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "9999"
    db.close()
    [schema] = [
        one
        for one in checks.check_database(load_settings(None, database_url=database_url))
        if one.subject == "schema"
    ]
    assert (schema.level, "a later release" in schema.said) == (Level.OK, True)
