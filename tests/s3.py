"""A real S3 server, moto's, as a process of its own, and the weather that such servers have.

    python -m tests.s3 HOST PORT

What a client sends to ``/-/weather`` decides how requests fare from then on; see :class:`Weather`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from socket import SHUT_RDWR
from typing import Any, NamedTuple

import pytest

from cluster.ports import free_ports

BUCKET = "bucket"
_CONTROL = "/-/weather"

_BUSY = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
_DENIED = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"


class Weather(NamedTuple):
    """How requests fare. The default is fine weather."""

    busy: int = 0
    """Every so many requests one is told to slow down (503)."""
    torn: int = 0
    """Every so many answers one breaks off in the middle."""
    away: bool = False
    """Connections are closed without an answer."""
    denied: str = ""
    """Requests whose path has this word are refused for good (403)."""


class Storage:
    """A server that runs."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.environment = {
            "AWS_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def turn(self, **weather: Any) -> None:
        """Change the weather."""
        self._send(_CONTROL, json.dumps(weather).encode())

    def asked(self) -> int:
        """How many requests there were since the weather turned."""
        return self._counts()[0]

    def told(self) -> int:
        """How many of them were told to slow down, torn or sent away."""
        return self._counts()[1]

    def _counts(self) -> list[int]:
        with urllib.request.urlopen(self.url + _CONTROL, timeout=10) as answer:
            counts: list[int] = json.load(answer)
        return counts

    def _send(self, path: str, content: bytes) -> None:
        request = urllib.request.Request(self.url + path, data=content, method="PUT")
        urllib.request.urlopen(request, timeout=10).close()


@contextmanager
def storage(host: str = "127.0.0.1") -> Iterator[Storage]:
    """A server with one empty bucket; whoever asks is skipped where moto is not installed."""
    pytest.importorskip("moto")
    [port] = free_ports(1)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.s3", host, str(port)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert process.stdout
        assert process.stdout.readline() == "listening\n"
        found = Storage(f"http://{host}:{port}")
        found._send(f"/{BUCKET}", b"")
        yield found
    finally:
        process.kill()
        process.wait()


def _serve(host: str, port: int) -> None:
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    server = DomainDispatcherApplication(create_backend_app)
    now, asked, told = Weather(), 0, 0

    def application(environ: dict[str, Any], start: Any) -> Any:
        nonlocal now, asked, told
        path = environ["PATH_INFO"]
        if path == _CONTROL:
            start("200 OK", [])
            if environ["REQUEST_METHOD"] == "PUT":
                content = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
                now, asked, told = Weather(**json.loads(content)), 0, 0
            return [json.dumps([asked, told]).encode()]
        asked += 1
        if now.denied and now.denied in path:
            start("403 Forbidden", [("Content-Type", "application/xml")])
            return [_DENIED]
        if now.busy and asked % now.busy == 0:
            told += 1
            start("503 Slow Down", [("Content-Type", "application/xml")])
            return [_BUSY]
        if now.away or (now.torn and asked % now.torn == 0):
            told += 1
            return _torn(environ, b"" if now.away else b"".join(server(environ, start)))
        return server(environ, start)

    httpd = make_server(host, port, application, threaded=True)
    print("listening", flush=True)  # noqa: T201  # for whoever started us
    httpd.serve_forever()


def _torn(environ: dict[str, Any], whole: bytes) -> Iterator[bytes]:
    """Half of an answer, and a connection that is closed."""
    if whole:
        yield whole[: len(whole) // 2]
    environ["werkzeug.socket"].shutdown(SHUT_RDWR)


if __name__ == "__main__":
    _serve(sys.argv[1], int(sys.argv[2]))
