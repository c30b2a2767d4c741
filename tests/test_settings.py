"""The settings: defaults that run, mistakes that name the variable and the fix, secrets that stay secret."""

import os
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import ValidationError

from outage_service.channels.email.thawed import Frame, ThawedLetter
from outage_service.domain.letters import LetterSlot
from outage_service.services.links import Purpose, around_token
from outage_service.settings import Settings, SettingsError, load_secret_key, load_settings
from tests.support.unprivileged import unprivileged

POSTGRESQL = "postgresql+psycopg://outage:hunter2@db/outage"
KEY = "0123456789abcdef0123456789abcdef"


def mistakes(**overrides: object) -> list[str]:
    """Returns what `load_settings` says is wrong."""
    with pytest.raises(SettingsError) as caught:
        load_settings(None, **overrides)
    return caught.value.mistakes


def test_nothing_needs_to_be_set() -> None:
    settings = load_settings(None)
    assert settings.database_url == "sqlite:///outage.db"
    assert settings.smtp_url == "smtp://localhost:25"
    assert settings.port == 8000
    assert not settings.test_mode


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTAGE_OBSERVE_HOLIDAYS", "true")
    assert load_settings(None).observe_holidays


def test_a_file_is_read_and_the_environment_goes_before_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("OUTAGE_PORT=8001\nOUTAGE_HOST=::1\nPOSTGRES_USER=another program's\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OUTAGE_PORT", "8002")
    settings = load_settings()
    assert (settings.host, settings.port) == ("::1", 8002)


def test_the_command_line_goes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTAGE_PORT", "8002")
    assert load_settings(None, port=8003).port == 8003


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTAGE_PUBLISH_DIR", "")
    assert load_settings(None).publish_dir is None


def test_settings_do_not_change_while_the_service_runs() -> None:
    with pytest.raises(ValidationError):
        load_settings(None).port = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("database_url", "sqlite:////var/lib/outage.db"),
        ("database_url", "sqlite://"),
        ("database_url", POSTGRESQL),
        ("database_url", "postgresql+psycopg://outage:a:b/c?d#e%40@[::1]:5432/outage?sslmode=require"),
        ("database_url", "postgresql+psycopg:///outage?host=/run/postgresql&host=/tmp"),
        ("database_url", "postgresql+psycopg://first,second/outage?target_session_attrs=read-write"),
        ("smtp_url", "smtp://user:p%2Fss@relay.example.org:587?starttls=required"),
        ("smtp_url", "smtps://relay.example.org"),
        ("smtp_url", "smtp://[::1]:2525"),
        ("mail_from", "outages@localhost"),
        ("mail_from", "Bulletins d’interruption <panne@exemple.ca>"),
        ("base_url", "https://outages.example.org/bulletins"),
        ("operator_email", "duty@example.org"),
        ("canary_email", ""),
        ("bounce_address", "bounces+outage@mail.example.org"),
        ("bounce_address", "bounces@localhost"),
        ("dkim_selector", "2026.outage"),
        ("port", "0"),
        ("tick_seconds", "0.5"),
        ("log_level", "DEBUG"),
    ],
)
def test_accepted(field: str, value: str) -> None:
    assert str(getattr(load_settings(None, **{field: value}), field)) == str(
        float(value) if field == "tick_seconds" else value
    )


def test_postgresql_needs_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(SettingsError, match=r"OUTAGE_DATABASE_URL .*'outage-service\[postgres\]'"):
        load_settings(env_file=None, database_url="postgresql+psycopg://db/outage")


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("database_url", "postgresql://db/outage", "begin with postgresql+psycopg://"),
        ("database_url", "postgresql+psycopg2://db/outage", "begin with postgresql+psycopg://"),
        ("database_url", "postgresql+psycopg://db:/outage", "a port from 1 to 65535"),
        ("database_url", "postgresql+psycopg://db:99999/outage", "a port from 1 to 65535"),
        ("database_url", "postgresql+psycopg://one:5432,two:5432/outage", "a port from 1 to 65535"),
        ("database_url", "sqlite:///", "SQLite file"),
        ("database_url", "sqlite:///x.db?timeout=abc", "timeout in seconds"),
        ("database_url", "outage.db", "SQLite file"),
        ("smtp_url", "localhost", "smtp://HOST:PORT"),
        ("smtp_url", "http://localhost:25", "smtp://HOST:PORT"),
        ("smtp_url", "smtp://localhost:0", "a port from 1 to 65535"),
        ("smtp_url", "smtp://localhost:99999", "a port from 1 to 65535"),
        ("mail_from", "nobody", "NAME <ADDRESS>"),
        ("mail_from", "A\r\nBcc: b@x.ca <a@x.ca>", "NAME <ADDRESS>"),
        ("mail_from", "=?utf-8?q?x=0aX-Injected:_yes?= <a@x.ca>", "NAME <ADDRESS>"),
        ("base_url", "outages.example.org", "http:// or https://"),
        ("base_url", "https://outages.example.org/?x=1", "must end after"),
        ("base_url", "https://outages.example.org/?", "must end after"),
        ("base_url", "https://me@outages.example.org", "must end after"),
        ("base_url", "https://pannes-été.example.org", "xn-- form"),
        ("base_url", 'https://outages.example.org"', "without quotation marks"),
        ("base_url", "https://outages.example.org/a b", "blanks"),
        ("base_url", "https://outages.example.org\n/a", "blanks"),
        ("base_url", "https://outages.example.org/" + "a" * 500, "at most 500 characters"),
        ("oidc_issuer", "http://login.example.org", "https:// address"),
        ("oidc_issuer", "https://login.example.org/?x=1", "https:// address"),
        ("operator_email", "duty", "plain e-mail address"),
        ("canary_email", "Canary <c@example.org>", "plain e-mail address"),
        ("bounce_address", "a..b@example.org", "plain e-mail address"),
        ("bounce_address", "bounces@-example.org", "plain e-mail address"),
        ("dkim_selector", "a b", "pattern"),
        ("secret_key", "short", "32 characters"),
        ("observe_holidays", "perhaps", "boolean"),
        ("port", "70000", "65535"),
        ("trusted_proxies", "127.0.0.1, nginx", "addresses or networks"),
        ("trusted_proxies", "10.0.0.1/8", "addresses or networks"),
        ("subscriptions_per_hour", "0", "greater than or equal to 1"),
        ("retention_days", "7", "greater than or equal to 30"),
        ("smtp_connections", "0", "greater than or equal to 1"),
        ("max_uncertain", "0", "greater than or equal to 1"),
        ("tick_seconds", "nan", "60"),
        ("log_level", "LOUD", "'DEBUG', 'INFO'"),
    ],
)
def test_a_mistake_names_the_variable_and_the_fix(field: str, value: str, said: str) -> None:
    (line,) = mistakes(**{field: value})
    assert line.startswith(f"OUTAGE_{field.upper()} ")
    assert said in line
    assert f"for example OUTAGE_{field.upper()}=" in line


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (" https://outages.example.org/ \n", "https://outages.example.org"),
        ("HTTPS://outages.example.org", "https://outages.example.org"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("https://outages.example.org/a'b&c=%C3%A9;,(d)@", "https://outages.example.org/a'b&c=%C3%A9;,(d)@"),
        ("https://x.example.org/" + "a" * 478, "https://x.example.org/" + "a" * 478),
    ],
    ids=["blanks_around", "capitals", "an_address", "odd_characters", "the_longest"],
)
def test_every_address_of_the_service_that_is_accepted_makes_links_that_can_be_sent(
    given: str, kept: str
) -> None:
    """P28: a letter refuses any other, and then nothing goes out at all."""
    base_url = load_settings(None, base_url=given).base_url
    assert base_url == kept
    slot = LetterSlot.UNSUBSCRIBE_URL
    frame = Frame(*around_token(base_url, Purpose.UNSUBSCRIBE))
    letter = ThawedLetter.parse(f"Link: {slot}\r\n\r\n".encode(), {slot: frame})
    assert f"{kept}/subscriptions/1.2.x/unsubscribe".encode() in letter.render({slot: "1.2.x"})


def test_trusted_proxies_are_addresses_and_networks() -> None:
    found = load_settings(None, trusted_proxies="127.0.0.1, 10.0.0.0/8;::1").trusted_proxies
    assert [str(one) for one in found] == ["127.0.0.1/32", "10.0.0.0/8", "::1/128"]
    assert load_settings(None).trusted_proxies == ()


def test_every_mistake_has_a_line() -> None:
    assert len(mistakes(port="x", tick_seconds="0", base_url="x")) == 3


@pytest.mark.parametrize("field", ["database_url", "smtp_url", "secret_key", "base_url"])
def test_a_mistake_does_not_repeat_what_may_be_secret(field: str) -> None:
    said = "\n".join(mistakes(**{field: "smtp://user:hunter2/x@host"}))
    assert "hunter2" not in said


def test_a_relay_password_with_a_slash_is_not_quoted_as_a_port() -> None:
    (line,) = mistakes(smtp_url="smtp://user:hunter2/more@relay:25")
    assert "hunter2" not in line
    assert "%2F" in line


@pytest.mark.parametrize(
    "password",
    ["hunter@2:x", "hunter@2", "hunter@2/more", "hunter@2?more", "hunter@2:1/more"],
    ids=["a colon", "nothing", "a slash", "a question mark", "what looks like a port"],
)
def test_a_database_password_with_an_unescaped_at_is_not_taken_for_the_host(password: str) -> None:
    """Whatever follows that character: the driver names the host that it cannot find."""
    (line,) = mistakes(database_url=f"postgresql+psycopg://outage:{password}@db:5432/outage")
    assert "hunter" not in line
    assert "more" not in line
    assert "%40" in line


def test_no_secret_shows_in_repr() -> None:
    settings = load_settings(
        None, secret_key=KEY, database_url=POSTGRESQL, smtp_url="smtp://user:hunter2@relay:25"
    )
    assert "hunter2" not in repr(settings) + str(settings)
    assert KEY not in repr(settings) + str(settings)


def test_every_value_given_by_several_separators_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTAGE_TEST_RECIPIENTS", "a@x.ca, b@x.ca;c@x.ca")
    assert load_settings(None).test_recipients == ("a@x.ca", "b@x.ca", "c@x.ca")


def test_test_mode_needs_somebody_to_write_to() -> None:
    (line,) = mistakes(test_mode=True)
    assert "OUTAGE_TEST_RECIPIENTS" in line
    assert load_settings(None, test_mode=True, test_recipients="a@x.ca").test_mode


@pytest.mark.parametrize("given", ["oidc_issuer", "oidc_client_id", "oidc_client_secret"])
def test_an_identity_provider_is_set_in_whole_or_not_at_all(given: str) -> None:
    (line,) = mistakes(**{given: "https://login.example.org"})
    assert "set all or none" in line


def test_only_one_secret_key_may_be_given() -> None:
    (line,) = mistakes(secret_key=KEY, secret_key_file="/run/secrets/key")
    assert "keep one" in line


def test_settings_that_disagree_are_all_named() -> None:
    assert len(mistakes(secret_key=KEY, secret_key_file="/run/secrets/key", test_mode=True)) == 2


@pytest.mark.parametrize("name", ["OUTAGE_TEST_MOD", "OUTAGE_SMTP_URI", "outage_base_ur"])
def test_a_misspelt_setting_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "x")
    (line,) = mistakes()
    assert line.startswith(f"{name.upper()} is not a setting: did you mean OUTAGE_")


def test_a_misspelt_setting_in_the_file_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "mine.env").write_text("OUTAGE_TEST_MOD=true\n")
    with pytest.raises(SettingsError, match="did you mean OUTAGE_TEST_MODE"):
        load_settings(tmp_path / "mine.env")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """Passing it over could send real mail: OUTAGE_TEST_MODE may stand in it."""
    path = tmp_path / "mine.env"
    path.write_bytes("OUTAGE_MAIL_FROM=Été <outages@example.org>\n".encode("latin-1"))
    with pytest.raises(SettingsError, match=r"mine\.env cannot be read: it is not UTF-8 text"):
        load_settings(path)
    path.write_text("OUTAGE_TEST_MODE=true\n")
    with (
        unprivileged(closed=path),
        pytest.raises(SettingsError, match=r"mine\.env cannot be read: Permission denied"),
    ):
        load_settings(path)


@pytest.mark.parametrize("name", ["OUTAGE_SERVICE_HOST", "OUTAGE_PORT_8000_TCP", "OUTAGE_TEST_DATABASE_URL"])
def test_a_variable_of_somebody_else_is_left_alone(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "x")
    assert load_settings(None).port == 8000


@pytest.mark.parametrize(
    ("url", "limit"), [("sqlite:///outage.db", 32), (POSTGRESQL, 128)], ids=["sqlite", "postgresql"]
)
def test_the_uncertain_window_depends_on_the_database_unless_it_is_set(url: str, limit: int) -> None:
    assert load_settings(None, database_url=url).uncertain_limit == limit
    assert load_settings(None, database_url=url, max_uncertain=7).uncertain_limit == 7


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///outage.db", Path("outage.db")),
        ("sqlite:////data/outage.db", Path("/data/outage.db")),
        ("sqlite:///outage.db?timeout=5", Path("outage.db")),
        ("sqlite:///:memory:", None),
        ("sqlite://", None),
        (POSTGRESQL, None),
    ],
)
def test_the_file_of_the_embedded_database_is_known(url: str, path: Path | None) -> None:
    assert load_settings(None, database_url=url).sqlite_path == path


class TestSecretKey:
    """`load_secret_key`: where the key comes from."""

    def embedded(self, folder: Path) -> Settings:
        return load_settings(None, database_url=f"sqlite:///{folder}/outage.db")

    def test_the_one_that_is_set(self) -> None:
        assert load_secret_key(load_settings(None, secret_key=KEY)) == KEY.encode()

    def test_the_one_in_the_file_without_its_line_end(self, tmp_path: Path) -> None:
        (tmp_path / "key").write_text(f"{KEY}\n")
        assert load_secret_key(load_settings(None, secret_key_file=tmp_path / "key")) == KEY.encode()

    def test_a_file_that_is_not_there_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(
            SettingsError, match=r"OUTAGE_SECRET_KEY_FILE: .*/key cannot be read: No such file"
        ):
            load_secret_key(load_settings(None, secret_key_file=tmp_path / "key"))

    def test_a_file_beside_the_database_is_not_told_as_a_setting_that_nobody_set(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / "outage.db.key").write_text("short\n")
        with pytest.raises(SettingsError, match=r"OUTAGE_SECRET_KEY: .*outage\.db\.key holds 5 characters"):
            load_secret_key(load_settings(None, database_url=f"sqlite:///{tmp_path}/outage.db"))

    def test_a_file_with_too_short_a_key_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "key").write_text("short\n")
        with pytest.raises(SettingsError, match="holds 5 characters; 32 or more"):
            load_secret_key(load_settings(None, secret_key_file=tmp_path / "key"))

    def test_the_embedded_database_gets_one_that_stays(self, tmp_path: Path) -> None:
        first = load_secret_key(self.embedded(tmp_path))
        assert len(first) == 64
        assert load_secret_key(self.embedded(tmp_path)) == first

    def test_a_folder_that_is_closed_to_us_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "closed").mkdir()
        for folder in (tmp_path / "closed", tmp_path / "closed" / "inner"):
            settings = self.embedded(folder)
            with unprivileged(closed=tmp_path / "closed"), pytest.raises(SettingsError) as caught:
                load_secret_key(settings)
            (line,) = caught.value.mistakes
            assert line.startswith(f"OUTAGE_DATABASE_URL: {folder}")
            assert line.endswith("cannot be used: Permission denied")

    def test_nobody_else_may_read_the_one_that_was_made(self, tmp_path: Path) -> None:
        load_secret_key(self.embedded(tmp_path))
        assert stat.S_IMODE((tmp_path / "outage.db.key").stat().st_mode) == 0o600
        assert os.listdir(tmp_path) == ["outage.db.key"]

    def test_processes_that_start_together_agree_on_one(self, tmp_path: Path) -> None:
        with ThreadPoolExecutor(8) as pool:
            keys = list(pool.map(lambda _: load_secret_key(self.embedded(tmp_path)), range(8)))
        assert len(set(keys)) == 1

    def test_a_folder_that_is_not_there_is_named(self, tmp_path: Path) -> None:
        """It is the database's: whoever reads of the key looks in the wrong place."""
        with pytest.raises(SettingsError, match=r"^OUTAGE_DATABASE_URL: there is no folder .*/away: make it"):
            load_secret_key(self.embedded(tmp_path / "away"))

    def test_a_folder_in_which_it_cannot_be_written_is_named(self) -> None:
        with pytest.raises(SettingsError, match=r"no key is set and /proc/outage\.db\.key cannot be written"):
            load_secret_key(self.embedded(Path("/proc")))

    def test_one_in_memory_ends_with_the_process(self) -> None:
        settings = load_settings(None, database_url="sqlite://")
        assert load_secret_key(settings) != load_secret_key(settings)

    def test_hosts_that_share_a_database_cannot_make_one_up(self) -> None:
        with pytest.raises(SettingsError, match="OUTAGE_SECRET_KEY is needed with PostgreSQL"):
            load_secret_key(load_settings(None, database_url=POSTGRESQL))
