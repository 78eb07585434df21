"""The HTTP foundation as served in production: granian in a separate process, called over sockets."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from attrs import frozen

from tests.support.http.toy_feature import ADAS_TOKEN

ROOT = Path(__file__).parents[3]
TOYS = "/api/v1/portal/toys"
SIGNED_IN = {"authorization": f"Bearer {ADAS_TOKEN}"}


@frozen
class Server:
    """A running server and its log file."""

    port: int
    log: Path

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=f"http://127.0.0.1:{self.port}", headers=SIGNED_IN, timeout=20)

    def send(self, raw: bytes) -> bytes:
        """Send bytes that no client library would send; return everything received until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            connection.sendall(raw)
            answer = b""
            while chunk := connection.recv(65536):
                answer += chunk
        return answer

    def logged(self, words: str) -> list[str]:
        """Wait for log lines that contain these words and return them."""
        for _ in range(200):
            found = [line for line in self.log.read_text().splitlines() if words in line]
            if found:
                return found
            time.sleep(0.05)
        raise AssertionError(f"{words!r} was not logged:\n{self.log.read_text()}")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("http") / "log"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = [sys.executable, "-m", "granian", "--interface", "asgi", "--host", "127.0.0.1", "--port", str(port)]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*program, "--loop", "uvloop", "--factory", "tests.support.http.toy_server:application"],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        for _ in range(400):
            assert process.poll() is None, log.read_text()
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield Server(port, log)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)


def test_request_over_a_socket_is_served(server: Server) -> None:
    with server.client() as client:
        added = client.post(TOYS, json={"name": "Bear"}, headers={"idempotency-key": "one"})
        again = client.post(TOYS, json={"name": "Bear"}, headers={"idempotency-key": "one"})
        assert added.status_code == again.status_code == 201
        assert again.headers["idempotency-replayed"] == "true"
        assert [toy["name"] for toy in client.get(TOYS).json()["items"]] == ["Bear"]
        seen = client.get(f"{TOYS}/who").json()
        assert seen["address"] == "127.0.0.1"
        assert client.get(f"{TOYS}/{added.json()['id']}").status_code == 200
        assert client.delete(f"{TOYS}/{added.json()['id']}").status_code == 204
        head = client.head(TOYS)
        assert (head.content, head.headers["content-length"]) == (b"", str(len(client.get(TOYS).content)))
        assert client.options(TOYS).headers["allow"] == "GET, HEAD, OPTIONS, POST"
        assert client.get(f"{TOYS}/events").text.count("data: ") == 2
        assert client.get("/health/ready").json()["status"] == "up"
        assert "http_request_seconds_count" in client.get("/metrics").text
        assert client.get("/docs").status_code == client.get("/openapi.json").status_code == 200
        assert client.patch(f"{TOYS}/fail/limited").headers["retry-after"] == "17"


def test_response_headers_appear_once(server: Server) -> None:
    with server.client() as client:
        headers = client.get(TOYS).headers
    assert len(headers.get_list("x-request-id")) == len(headers.get_list("content-security-policy")) == 1
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("head", "body", "status"),
    [
        (b"POST /api/v1/portal/toys", b"{", 400),
        (b"POST /api/v1/portal/toys", b'{"name": "\xff"}', 400),
        (b"POST /api/v1/portal/toys", b"x" * 70_000, 413),
        (b"GET /api/v1/portal/toys/%00", b"", 404),
        (b"PATCH /api/v1/portal/toys/fail/%ff%ed%a0%80", b"", 404),
        (b"PATCH /api/v1/portal/toys/fail/a%00b", b"", 404),
        (b"GET /api/v1/portal/toys?after=%ff%00", b"", 422),
        (b"GET /api/v1/portal/toys?size=%ff", b"", 422),
        (b"GET //api/v1/portal/../toys", b"", 404),
        (b"GET " + b"/x" * 4000, b"", 404),
        (b"BREW /api/v1/portal/toys", b"", 405),
    ],
)
def test_malformed_requests_are_refused(server: Server, head: bytes, body: bytes, status: int) -> None:
    fields = [
        head + b" HTTP/1.1",
        b"Host: north.example.org",
        b"Authorization: Bearer " + ADAS_TOKEN.encode(),
        b"Content-Type: application/json",
        b"User-Agent: canary\xff\xfe",
        b"Content-Length: " + str(len(body)).encode(),
        b"Connection: close",
    ]
    answer = server.send(b"\r\n".join(fields) + b"\r\n\r\n" + body)
    assert answer.split(b" ", 2)[1] == str(status).encode(), answer[:300]


def test_chunked_body_size_is_limited_while_reading(server: Server) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(40):
            yield b"x" * 8192

    with server.client() as client:
        answer = client.post(TOYS, content=chunks(), headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_client_disconnect_is_not_logged_as_a_fault(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(
            b"POST /api/v1/portal/toys/upload HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Authorization: Bearer " + ADAS_TOKEN.encode() + b"\r\nContent-Length: 5000\r\n\r\n{"
        )
    (line,) = server.logged('"route":"/api/v1/portal/toys/upload"')
    assert json.loads(line)["status"] == 400
    with server.client() as client:
        assert client.get(TOYS).status_code == 200


@pytest.mark.parametrize("chunks", [b"zz\r\n{}\r\n0\r\n\r\n", b"1\r\n{XX\r\n0\r\n\r\n"])
def test_malformed_chunks_are_refused(server: Server, chunks: bytes) -> None:
    answer = server.send(
        b"POST /api/v1/portal/toys HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer "
        + ADAS_TOKEN.encode()
        + b"\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        + chunks
    )
    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b'"code":"malformed_body"' in answer


def test_faults_are_logged_without_sensitive_values(server: Server) -> None:
    with server.client() as client:
        answer = client.patch(
            f"{TOYS}/fail/crash?record=0badcafe-0000-0000-0000-000000000001", headers={"user-agent": "canary"}
        )
        assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
        with pytest.raises(httpx.RemoteProtocolError):
            client.get(f"{TOYS}/events?broken=true")
        assert client.get(TOYS).status_code == 200
    line = json.loads(server.logged(answer.json()["request_id"])[0])
    assert line["error"][0] == "ValueError"
    server.logged("toy_feature.events")
    text = server.log.read_text()
    for secret in ("canary", "0badcafe", "ada@example.org", ADAS_TOKEN, "Bear", "127.0.0.1:"):
        assert secret not in text.replace(f"127.0.0.1:{server.port}", "")
