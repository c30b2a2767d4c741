"""Fan-out from end to end, ledger included, beside the fastest sender there is and two that people use."""

import shutil
import statistics
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from benchmarks import peers
from benchmarks.machine import Sink, Spent, a_sink, run, scratch, sync_milliseconds
from benchmarks.peers import PeerMissing
from benchmarks.results import Missing, Outcome, Result
from benchmarks.service import SAMPLE_LINK, SYSTEMS, FanOut, installation
from tests.support.postgres import own_server

CONNECTIONS = 8
_SENDERS = Path(__file__).parent / "senders"
_MEMORY = Path("/dev/shm")  # noqa: S108 - a file system without a disk, wanted as such


@dataclass(frozen=True, slots=True)
class Ledger:
    """A ledger to fan out with, and the goal for it; without a goal it shows what another limit costs."""

    name: str
    kind: str
    goal: float | None = None
    place: Path | None = None
    settings: dict[str, str] = field(default_factory=dict)


LEDGERS = (
    Ledger("sqlite", "sqlite", 0.75),
    Ledger("postgresql", "postgresql", 0.45),
    Ledger("sqlite, window of 128 instead of 32", "sqlite", settings={"max_uncertain": "128"}),
    Ledger("sqlite, on a file system without a disk", "sqlite", place=_MEMORY),
)
_SLOW_SHARE = 10
"""The peers that compose get a tenth of the messages: they are that much slower."""


@dataclass(frozen=True, slots=True)
class Options:
    """How much to measure."""

    count: int = 10_000
    pairs: int = 5
    full: bool = False
    is_quick: bool = False


@contextmanager
def a_database(kind: str, folder: Path) -> Iterator[str]:
    """Gives the URL of an empty database, durable as in production."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'outage.db'}"
        return
    with own_server(durable=True) as server:
        yield server.databases.url(server.databases.create())


def fan_outs(options: Options) -> Iterator[Outcome]:
    """Measures both databases, then the peers that compose."""
    for ledger in LEDGERS:
        yield from _beside_smtp_source(ledger, options)
    yield from _beside_composers(options)


def _beside_smtp_source(ledger: Ledger, options: Options) -> Iterator[Outcome]:
    try:
        peers.debian("smtp-source")
    except PeerMissing as missing:
        yield Missing(f"fan-out, {ledger.name} ÷ smtp-source", str(missing))
        return
    pairs: list[tuple[FanOut, Spent]] = []
    with (
        scratch(ledger.place) as folder,
        a_sink() as sink,
        a_database(ledger.kind, folder) as url,
        installation(url, sink, folder, options.count, **ledger.settings) as ours,
    ):
        served = ours.serve()
        ours.warm_up()
        message = folder / "message.eml"
        for system in SYSTEMS[: options.pairs]:
            fan_out = ours.fan_out(system, [served.pid])
            message.write_bytes(ours.message())
            pairs.append((fan_out, smtp_source(sink, message, options.count)))
        size, sync_ms = message.stat().st_size, sync_milliseconds(folder)
    facts = {"messages": options.count, "message_bytes": size, "sync_ms": round(sync_ms, 2)}
    name = f"{ledger.name} ÷ smtp-source"
    speeds = [theirs.wall / us.until_recorded for us, theirs in pairs]
    yield Result(f"fan-out, messages/s, {name}", speeds, ledger.goal, facts=facts)
    costs = [us.cpu / theirs.cpu for us, theirs in pairs]
    goal = 2.0 if ledger.goal else None
    yield Result(f"fan-out, CPU of the sender, {name}", costs, goal, more_is_better=False, facts=facts)
    each = [us.cpu / options.count * 1e6 for us, _ in pairs]
    facts |= {
        "theirs_us": round(statistics.median(theirs.cpu for _, theirs in pairs) / options.count * 1e6, 1)
    }
    yield Result(f"fan-out, CPU of the sender a message, {ledger.name}", each, unit="µs", facts=facts)
    if ledger is LEDGERS[0]:
        lasts = [us.to_last / theirs.wall for us, theirs in pairs]
        yield Result(f"201 → last mail accepted, {name}", lasts, 1.5, more_is_better=False, facts=facts)
        firsts = [us.to_first * 1000 for us, _ in pairs]
        yield Result("201 → first mail accepted", firsts, 100.0, more_is_better=False, unit="ms", facts=facts)


def smtp_source(sink: Sink, message: Path, count: int) -> Spent:
    """Sends a file so many times by Postfix's test sender, over IPv4, connections kept open."""
    peer = peers.debian("smtp-source")
    how = f"-4 -d -s {CONNECTIONS} -m {count} -f bulletins@example.org -t person@example.org -F"
    return run([peer.program, *how.split(), message, f"127.0.0.1:{sink.port}"], env=peer.env)


def _beside_composers(options: Options) -> Iterator[Outcome]:
    """Each round is one fan-out of ours and one run of each peer that can be had."""
    senders, reasons = _composers()
    ratios: dict[str, list[float]] = {name: [] for name in senders}
    few = max(200, options.count // _SLOW_SHARE)
    with (
        scratch() as folder,
        a_sink() as sink,
        a_database("sqlite", folder) as url,
        installation(url, sink, folder, options.count) as ours,
    ):
        served = ours.serve()
        ours.warm_up()
        for system in SYSTEMS[: options.pairs] if senders else ():
            us = ours.fan_out(system, [served.pid]).until_recorded / options.count
            letter = _letter_files(ours.message(), folder)
            for name, sender in senders.items():
                ratios[name].append(sender(sink, few, letter, folder).wall / few / us)
    for name, goal in _COMPOSER_GOALS.items():
        label = f"fan-out, messages/s, sqlite ÷ {name}"
        facts = {"messages": options.count, "theirs": few}
        yield (
            Missing(label, reasons[name])
            if name in reasons
            else Result(label, ratios[name], goal, facts=facts)
        )


Composer = Callable[[Sink, int, list[Path], Path], Spent]
_NODEMAILER, _POST_OFFICE = "nodemailer's pool, composing", "django-post_office, its queue included"
_COMPOSER_GOALS = {_NODEMAILER: 25.0, _POST_OFFICE: 30.0}


def _composers() -> tuple[dict[str, Composer], dict[str, str]]:
    """Returns the peers that compose and can be had, and why the others cannot."""
    found: dict[str, Composer] = {}
    reasons: dict[str, str] = {}
    for name, find in {_NODEMAILER: _nodemailer, _POST_OFFICE: _post_office}.items():
        try:
            found[name] = find()
        except PeerMissing as missing:
            reasons[name] = str(missing)
    return found, reasons


def _nodemailer() -> Composer:
    node = shutil.which("node")
    if node is None:
        raise PeerMissing("there is no node here")
    env = {"PEER_FOLDER": str(peers.node_module("nodemailer"))}

    def send(sink: Sink, count: int, letter: list[Path], _: Path) -> Spent:
        return run([node, _SENDERS / "nodemailer_pool.js", str(sink.port), str(count), *letter], env=env)

    return send


def _post_office() -> Composer:
    python = peers.python_with("django-post_office")

    def send(sink: Sink, count: int, letter: list[Path], folder: Path) -> Spent:
        database = folder / f"post-office-{uuid.uuid4().hex}.db"
        command = [python, _SENDERS / "django_post_office.py", str(sink.port), str(count), *letter, database]
        run(command)  # the first time it only makes its tables
        return run(command)

    return send


def _letter_files(message: bytes, folder: Path) -> list[Path]:
    """Writes subject, text and HTML of our bulletin as files: peers compose it anew for each recipient."""
    read = message_from_bytes(message, policy=policy.default)
    assert isinstance(read, EmailMessage)
    parts = [str(part.get_content()) for part in read.iter_parts() if isinstance(part, EmailMessage)]
    files = []
    for name, content in zip(("subject", "text", "html"), (str(read["Subject"]), *parts), strict=True):
        path = folder / f"letter.{name}"
        path.write_text(content.replace(SAMPLE_LINK, "@@LINK@@"), encoding="utf-8")
        files.append(path)
    return files
