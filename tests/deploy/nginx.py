"""A real nginx with the sample configuration, on free ports of this machine."""

import os
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.installation import until
from tests.support.certificates import make_certificate
from tests.support.repository import ROOT

SAMPLE = ROOT / "deploy/nginx.conf"
_MAIN = """\
{user}
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/outage.conf;
}}
"""


@dataclass(frozen=True, slots=True)
class Nginx:
    """A running nginx: the addresses that readers use, how to trust it, and the folder of its logs."""

    url: str
    plain_url: str
    trust: ssl.SSLContext
    folder: Path


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


@contextmanager
def running_nginx(folder: Path, service_url: str, files: Path, *changes: tuple[str, str]) -> Iterator[Nginx]:
    """Runs the sample in front of a service.

    Args:
        files: the folder of the current public files.
        changes: what to write in place of what else in the sample; each must stand there.
    """
    folder.mkdir()
    _, certificate = make_certificate(folder)
    plain, tls, fallback = _free_ports(3)
    sample = SAMPLE.read_text(encoding="utf-8")
    for old, new in (
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("listen 443 ssl;", f"listen 127.0.0.1:{tls} ssl;"),
        ("127.0.0.1:8081", f"127.0.0.1:{fallback}"),
        ("127.0.0.1:8000", service_url.removeprefix("http://")),
        ("/etc/ssl/outage/fullchain.pem", str(certificate)),
        ("/etc/ssl/outage/key.pem", str(folder / "relay.key")),
        ("/var/www/outage/HOST/current", str(files)),
        ("/var/log/nginx", str(folder)),
        *changes,
    ):
        assert old in sample, old
        sample = sample.replace(old, new)
    (folder / "outage.conf").write_text(sample, encoding="utf-8")
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(_MAIN.format(folder=folder, user=user), encoding="utf-8")
    with _process(folder, tls):
        trust = ssl.create_default_context(cafile=str(certificate))
        yield Nginx(f"https://127.0.0.1:{tls}", f"http://127.0.0.1:{plain}", trust, folder)


@contextmanager
def _process(folder: Path, port: int) -> Iterator[None]:
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    process = subprocess.Popen([program, "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")])
    try:
        until(lambda: process.poll() is not None or _listens(port), "nginx listens", every=0.02)
        assert process.poll() is None, (folder / "error.log").read_text()
        yield
    finally:
        process.terminate()
        process.wait(10)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
