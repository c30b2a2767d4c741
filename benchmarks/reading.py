"""Reading the telephone's message: requests a second beside others', and the wait during a fan-out."""

import contextlib
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks import peers
from benchmarks.fanout import Options, a_database
from benchmarks.machine import BenchmarkError, a_sink, running, scratch
from benchmarks.peers import PeerMissing
from benchmarks.results import Missing, Outcome, Result
from benchmarks.service import SYSTEMS, installation

PATH = "/v1/broadcast/tccu/en.txt"
_CLIENTS = 64
_NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{ access_log off; keepalive_requests 1000000000; default_type text/plain;
    client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3;
    uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
    server {{ listen 127.0.0.1:{port}; root {folder}/www; }} }}
"""


@dataclass(frozen=True, slots=True)
class Load:
    """What `wrk` told."""

    per_second: float
    p99_ms: float


def load(url: str, seconds: int) -> Load:
    """Asks as fast as answers come, over 64 connections, from one thread."""
    wrk = peers.debian("wrk")
    command = [str(wrk.program), "-t1", f"-c{_CLIENTS}", f"-d{seconds}s", "--latency", url]
    done = subprocess.run(
        command, env=wrk.env or None, capture_output=True, text=True, timeout=seconds + 60, check=True
    )
    per_second = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s)", done.stdout)
    if not per_second or not p99 or "Non-2xx" in done.stdout:
        raise BenchmarkError(f"wrk told: {done.stdout[-300:]}")
    return Load(float(per_second[1]), float(p99[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[p99[2]])


def broadcasts(options: Options) -> Iterator[Outcome]:
    """Measures all servers in turn, and the longest waits while mail is fanned out."""
    peers.debian("wrk")
    with (
        scratch() as folder,
        a_sink() as sink,
        a_database("sqlite", folder) as url,
        installation(url, sink, folder, options.count) as ours,
        contextlib.ExitStack() as others,
    ):
        at = f"{ours.serve().url}{PATH}"
        ours.warm_up()
        yield from _beside_others(at, folder, others, options)
        waits = []
        for system in SYSTEMS[: options.pairs]:
            ours.declare(system)
            waits.append(load(at, 1).p99_ms)
            ours.wait_until_recorded()
    name = f"broadcast, p99 of {_CLIENTS} clients without pause, during a fan-out"
    yield Result(name, waits, 15.0, more_is_better=False, unit="ms")


def _beside_others(
    ours_at: str, folder: Path, others: contextlib.ExitStack, options: Options
) -> Iterator[Outcome]:
    page = folder / "page"
    page.write_bytes(httpx.get(ours_at).content)
    servers = {
        "raw ASGI bytes": _own(others, "raw", page),
        "FastAPI returning bytes": _own(others, "fastapi", page),
    }
    try:
        servers["nginx, a static file"] = _nginx(others, folder, page)
    except PeerMissing as missing:
        yield Missing("broadcast ÷ nginx", str(missing))
    seconds = 1 if options.is_quick else 3
    ratios: dict[str, list[float]] = {name: [] for name in servers}
    for _ in range(options.pairs):
        ours = load(ours_at, seconds).per_second
        for name, at in servers.items():
            ratios[name].append(ours / load(at, seconds).per_second)
    for name, found in ratios.items():
        goal = 0.9 if name.startswith("raw") else None
        yield Result(
            f"broadcast, requests/s ÷ {name}", found, goal, facts={"page_bytes": page.stat().st_size}
        )


def _own(others: contextlib.ExitStack, kind: str, page: Path) -> str:
    process = others.enter_context(running(sys.executable, "-m", "benchmarks.servers", kind, page))
    assert process.stdout
    return f"http://127.0.0.1:{int(process.stdout.readline())}/page.txt"


def _nginx(others: contextlib.ExitStack, folder: Path, page: Path) -> str:
    nginx = peers.debian("nginx")
    (folder / "www").mkdir()
    shutil.copy(page, folder / "www" / "page.txt")
    folder.chmod(0o755)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (folder / "nginx.conf").write_text(_NGINX.format(folder=folder, port=port))
    command = [nginx.program, "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "error.log"]
    others.enter_context(running(*command, env=nginx.env))
    url = f"http://127.0.0.1:{port}/page.txt"
    give_up_at = time.monotonic() + 10
    while True:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(url).content == page.read_bytes():
                return url
        if time.monotonic() > give_up_at:
            raise PeerMissing("nginx does not serve")
        time.sleep(0.05)
