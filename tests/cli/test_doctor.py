"""`doctor`: each thing it looks at, told as ok, warn or fail, and what to do."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import dns.message
import dns.rdatatype
import dns.resolver
import dns.rrset
import pytest
from pydantic import SecretStr

from outage_service.cli import checks
from outage_service.cli.dns_records import check_dns
from outage_service.cli.finding import Finding, Level
from outage_service.drill.catcher import MailCatcher
from outage_service.edge.publish import Publisher
from outage_service.settings import Settings, load_settings
from outage_service.storage.diagnosis import DatabaseFacts
from outage_service.storage.migrate import upgrade
from tests.builders import THURSDAY_10H
from tests.cli.commands import KEY, run
from tests.support.certificates import make_certificate
from tests.support.database_clock import movable_database_clock
from tests.support.smtp_server import Script, running_smtp_server
from tests.support.unprivileged import unprivileged


def the_settings(**given: object) -> Settings:
    return load_settings(None, **({"secret_key": SecretStr(KEY)} | given))


def levels(found: Iterator[Finding]) -> list[tuple[str, Level]]:
    return [(finding.subject, finding.level) for finding in found]


def test_a_service_that_can_work_ends_with_0(tmp_path: Path) -> None:
    assert run(tmp_path, "migrate").status == 0
    with MailCatcher() as relay:
        ended = run(tmp_path, "doctor", SMTP_URL=relay.url, SECRET_KEY=KEY)
        assert relay.caught() == []
    assert (ended.status, ended.err) == (0, "")
    assert not [line for line in ended.out.splitlines() if line.startswith("fail")]


def test_what_it_may_not_look_at_is_a_finding(tmp_path: Path) -> None:
    """The rest is looked at all the same."""
    folder = tmp_path / "data"
    folder.mkdir()
    with unprivileged(closed=folder):
        ended = run(
            tmp_path, "doctor", SMTP_URL="smtp://127.0.0.1:9", DATABASE_URL=f"sqlite:///{folder}/o.db"
        )
    said = " ".join(ended.out.split())
    assert (ended.status, ended.err) == (1, "")
    assert f"{folder}/o.dbcannotbelookedat:Permissiondenied" in said.replace(" ", "")
    assert "fail relay" in said
    assert "clock" in said


def test_a_relay_that_does_not_answer_ends_with_1_and_advice(tmp_path: Path) -> None:
    ended = run(tmp_path, "doctor", SMTP_URL="smtp://127.0.0.1:9")
    assert ended.status == 1
    assert "fail  relay" in ended.out
    assert "OUTAGE_SMTP_URL" in " ".join(ended.out.split())


def test_wrong_settings_end_with_1_and_name_each(tmp_path: Path) -> None:
    ended = run(tmp_path, "doctor", PORT="x", TEST_MOD="1")
    assert ended.status == 1
    assert "OUTAGE_PORT" in ended.out
    assert "OUTAGE_TEST_MOD " in ended.out


def test_a_database_without_the_schema_fails_and_the_command_is_named(tmp_path: Path) -> None:
    path = tmp_path / "outage.db"
    path.touch()
    found = list(checks.check_database(the_settings(database_url=f"sqlite:///{path}")))
    assert levels(iter(found[:2])) == [("database", Level.OK), ("schema", Level.FAIL)]
    assert "outage-service migrate" in found[1].advice


def test_a_migrated_database_is_ok_on_both_kinds(database_url: str) -> None:
    found = levels(checks.check_database(the_settings(database_url=database_url)))
    assert found[:2] == [("database", Level.OK), ("schema", Level.OK)]


@pytest.mark.parametrize("minutes", [-61, 61])
def test_a_clock_that_differs_from_the_databases_is_a_warning(database_url: str, minutes: int) -> None:
    """P5: of several hosts, those that agree with each other issue; this tells which clock is another."""
    with movable_database_clock(database_url) as advance:
        settings = the_settings(database_url=database_url)
        assert ("clock", Level.WARN) not in levels(checks.check_database(settings))
        advance(timedelta(minutes=minutes))
        [finding] = [one for one in checks.check_database(settings) if one.subject == "clock"]
    assert finding.level is Level.WARN
    assert "NTP" in finding.advice


@pytest.mark.parametrize(
    ("product", "version", "is_noted"),
    [
        ("SQLite", "3.6.23", False),
        ("SQLite", "3.7.0", True),
        ("SQLite", "3.51.2", True),
        ("SQLite", "3.51.3", False),
        ("PostgreSQL", "15.4 (Debian 15.4-1)", False),
    ],
)
def test_a_release_of_sqlite_that_two_writers_can_damage_is_noted(
    product: str, version: str, is_noted: bool
) -> None:
    """It is no failure: the service has one writer."""
    facts = DatabaseFacts(product, version, THURSDAY_10H, syncs_commits=True)
    found = levels(checks.sqlite_findings(facts))
    assert found == ([("sqlite", Level.WARN)] if is_noted else [])


def test_a_database_that_is_not_there_yet_is_a_warning_and_is_not_made(tmp_path: Path) -> None:
    path = tmp_path / "outage.db"
    assert levels(checks.check_database(the_settings(database_url=f"sqlite:///{path}"))) == [
        ("database", Level.WARN)
    ]
    assert not path.exists()


def test_a_missing_folder_of_the_database_fails_and_is_named(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/away/outage.db"
    [finding] = checks.check_database(the_settings(database_url=url))
    assert (finding.subject, finding.level) == ("database", Level.FAIL)
    assert f"mkdir -p {tmp_path}/away" in finding.said


def test_a_file_that_is_no_database_fails(tmp_path: Path) -> None:
    path = tmp_path / "outage.db"
    path.write_bytes(b"no database" * 500)
    assert levels(checks.check_database(the_settings(database_url=f"sqlite:///{path}"))) == [
        ("database", Level.FAIL)
    ]


@pytest.mark.parametrize(("mode", "level"), [(0o600, Level.OK), (0o640, Level.WARN), (0o604, Level.WARN)])
def test_a_key_is_for_its_owner_alone(tmp_path: Path, mode: int, level: Level) -> None:
    path = tmp_path / "key"
    path.write_text(KEY)
    path.chmod(mode)
    settings = the_settings(secret_key=None, secret_key_file=path)
    assert levels(checks.check_secret_key(settings)) == [("secret key", level)]


def test_a_key_that_is_too_short_or_missing_fails_and_one_to_be_made_does_not(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("short")
    wrong = the_settings(secret_key=None, secret_key_file=path)
    none = the_settings(secret_key=None, database_url="postgresql+psycopg://nobody@127.0.0.1:9/x")
    new = the_settings(secret_key=None, database_url=f"sqlite:///{tmp_path}/outage.db")
    assert levels(checks.check_secret_key(wrong)) == [("secret key", Level.FAIL)]
    assert levels(checks.check_secret_key(none)) == [("secret key", Level.FAIL)]
    assert levels(checks.check_secret_key(new)) == [("secret key", Level.WARN)]
    assert [one.name for one in tmp_path.iterdir()] == ["key"]


def test_a_publish_dir_must_be_writable_or_such_that_it_can_be_made(tmp_path: Path) -> None:
    closed, missing = tmp_path / "closed", Path("missing", "public")
    closed.mkdir()

    def level(path: Path | None) -> Level:
        [finding] = checks.check_publish_dir(the_settings(publish_dir=path))
        return finding.level

    assert [level(path) for path in (None, tmp_path, tmp_path / missing)] == [Level.OK] * 3
    with unprivileged(closed=closed):
        assert level(closed / missing) is Level.FAIL
    assert level(Path(__file__) / missing) is Level.FAIL
    assert list(tmp_path.iterdir()) == [closed]


def test_where_the_public_files_lie_is_told_as_they_are_written(tmp_path: Path) -> None:
    """A host's name may have dots, which the folder's has not: the web server must be told the right one."""
    Publisher(tmp_path, socket.gethostname()).publish({"index.html": b""})
    [current] = tmp_path.glob("*/current")
    [finding] = checks.check_publish_dir(the_settings(publish_dir=tmp_path))
    assert finding.said.endswith(f" {current}")


def test_links_that_lead_nowhere_and_alerts_to_nobody_are_warned_about() -> None:
    bare = levels(checks.check_addresses(the_settings()))
    assert bare == [("base url", Level.WARN), ("alerts", Level.WARN), ("incidents", Level.WARN)]
    clear = the_settings(base_url="http://outages.example.org", operator_email="duty@example.org")
    assert levels(checks.check_addresses(clear)) == [("base url", Level.WARN)]
    served = {"base_url": "https://outages.example.org", "operator_email": "duty@example.org"}
    good = the_settings(**served, trusted_proxies="127.0.0.1")
    assert levels(checks.check_addresses(good)) == [("base url", Level.OK)]
    test = the_settings(test_mode=True, test_recipients="me@example.org", operator_email="duty@example.org")
    assert ("test mode", Level.WARN) in levels(checks.check_addresses(test))


def test_a_web_server_that_is_not_trusted_is_warned_about() -> None:
    """P25: all readers together would be one caller. Nothing of ours speaks HTTPS by itself."""
    behind = the_settings(base_url="https://outages.example.org", operator_email="duty@example.org")
    assert levels(checks.check_addresses(behind)) == [("base url", Level.OK), ("web server", Level.WARN)]


def test_a_wrong_relay_url_fails_without_a_connection() -> None:
    found = list(checks.check_relay(the_settings(smtp_url="smtp://user@relay.example.org")))
    assert [(each.subject, each.level) for each in found] == [("relay", Level.FAIL)]
    assert "password" in found[0].said


def test_a_sender_that_is_no_domain_of_the_internet_is_not_looked_up() -> None:
    assert levels(check_dns(the_settings())) == [("sender", Level.WARN)]
    assert levels(check_dns(the_settings(mail_from="a..b@example.org"))) == [("sender", Level.FAIL)]


@contextmanager
def name_server(records: dict[tuple[str, str], str]) -> Iterator[int]:
    """Answers for `records` on a port of this machine, and NXDOMAIN for all else."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))

        def answer() -> None:
            while (received := server.recvfrom(4096))[0] != b"end":
                query = dns.message.from_wire(received[0])
                question = query.question[0]
                name, kind = question.name.to_text(True), dns.rdatatype.to_text(question.rdtype)
                reply = dns.message.make_response(query)
                if (name, kind) in records:
                    reply.answer = [dns.rrset.from_text(question.name, 60, "IN", kind, records[name, kind])]
                else:
                    reply.set_rcode(dns.rcode.NXDOMAIN)
                server.sendto(reply.to_wire(), received[1])

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.sendto(b"end", server.getsockname())
            thread.join()


def dns_findings(port: int, monkeypatch: pytest.MonkeyPatch, **given: object) -> list[tuple[str, Level]]:
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], port
    monkeypatch.setattr(dns.resolver, "default_resolver", resolver)  # the library's own place to set one
    return levels(check_dns(the_settings(mail_from="outages@mail.example.org", **given)))


def test_spf_and_dmarc_are_found_the_policy_also_further_up(monkeypatch: pytest.MonkeyPatch) -> None:
    records = {
        ("mail.example.org", "TXT"): '"v=spf1 include:relay" ".example.org -all"',
        ("_dmarc.example.org", "TXT"): '"v=DMARC1; p=reject"',
        ("mail.example.org", "MX"): "10 mx.example.org.",
    }
    with name_server(records) as port:
        assert dns_findings(port, monkeypatch) == [("spf", Level.OK), ("dmarc", Level.OK)]


def test_a_domain_without_records_is_warned_about(monkeypatch: pytest.MonkeyPatch) -> None:
    with name_server({}) as port:
        assert dns_findings(port, monkeypatch) == [
            ("spf", Level.WARN),
            ("dmarc", Level.WARN),
            ("mx", Level.WARN),
        ]


@pytest.mark.parametrize(
    ("record", "level"),
    [
        ('"v=DKIM1; k=rsa; p=MIIB" "Ijan"', Level.OK),
        ('"k=rsa; p=MIIBIjan"', Level.OK),
        ('"v=DKIM1; p="', Level.WARN),
        ('"v=spf1 -all"', Level.WARN),
        (None, Level.WARN),
    ],
    ids=["a key", "without its version", "revoked", "something else", "nothing"],
)
def test_the_key_of_the_relay_s_signatures_is_looked_up(
    record: str | None, level: Level, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the selector is known; without one there is nothing to ask for."""
    records = {("2026._domainkey.mail.example.org", "TXT"): record} if record else {}
    with name_server(records) as port:
        assert dns_findings(port, monkeypatch, dkim_selector="2026")[-1] == ("dkim", level)
        assert ("dkim", level) not in dns_findings(port, monkeypatch)


def test_how_mail_really_goes_to_the_relay_is_told(tmp_path: Path) -> None:
    """An offer that is missing is no error of an opportunistic relay, and yet to be known."""
    context, certificate = make_certificate(tmp_path)
    with running_smtp_server(Script(starttls=context)) as relay:
        checked = the_settings(smtp_url=relay.url(options=f"starttls=required&cafile={certificate}"))
        found = list(checks.check_relay(checked))
        assert [(each.subject, each.level) for each in found] == [
            ("relay", Level.OK),
            ("encryption", Level.OK),
        ]
        assert "TLSv1." in found[1].said
        unchecked = the_settings(smtp_url=relay.url())
        assert levels(checks.check_relay(unchecked))[1] == ("encryption", Level.WARN)
        assert relay.asked("QUIT") == 2
    with running_smtp_server() as relay:
        (_, here) = checks.check_relay(the_settings(smtp_url=relay.url()))
        assert (here.level, "this machine" in here.said) == (Level.OK, True)


@pytest.mark.parametrize(("mode", "expected"), [(0o600, []), (0o644, [("database file", Level.WARN)])])
def test_a_database_is_for_its_owner_alone(
    tmp_path: Path, mode: int, expected: list[tuple[str, Level]]
) -> None:
    """It holds addresses."""
    path = tmp_path / "outage.db"
    path.touch()
    path.chmod(mode)
    assert levels(checks.check_database_file(the_settings(database_url=f"sqlite:///{path}"))) == expected


def test_dns_that_does_not_answer_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        assert dns_findings(silent.getsockname()[1], monkeypatch) == [("dns", Level.WARN)]


def test_all_is_looked_at(sqlite_url: str, tmp_path: Path) -> None:
    upgrade(sqlite_url)
    with MailCatcher() as relay:
        out = run(tmp_path, "doctor", DATABASE_URL=sqlite_url, SMTP_URL=relay.url, SECRET_KEY=KEY).out
    for subject in (
        "settings",
        "database",
        "schema",
        "secret key",
        "relay",
        "sender",
        "base url",
        "publish dir",
        "clock",
    ):
        assert f" {subject} " in out
