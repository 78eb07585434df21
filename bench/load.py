"""A lightweight HTTP/1.1 client in its own process: `python -m bench.load`, which reads its work from standard input.

Each connection sends requests one after the other, the next one after each response.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence

import msgspec
import uvloop

from bench.workload import BenchRequest


class Work(msgspec.Struct):
    """Requests to send over a number of connections. All responses must have the `expected` status."""

    port: int
    connections: int
    raws: list[bytes]
    expected: int


class Done(msgspec.Struct):
    """The duration, and the median and 95th percentile per request, in seconds; `refused` is an unexpected response."""

    seconds: float
    median: float
    p95: float
    refused: str = ""


class _Connection(asyncio.Protocol):
    def __init__(self, raws: Iterator[bytes], expected: int, seconds: list[float]) -> None:
        self._raws = raws
        self._expected = b"HTTP/1.1 %d" % expected
        self._seconds = seconds
        self._buffer = b""
        self._sent = 0.0
        self.done: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def start(self) -> None:
        self._next()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        lowered = head.lower()
        at = lowered.index(b"content-length:") + 15
        length = int(lowered[at : lowered.find(b"\r", at) if b"\r" in lowered[at:] else len(lowered)])
        if len(body) < length:
            return
        self._seconds.append(time.perf_counter() - self._sent)
        if not head.startswith(self._expected):
            self._end(self._buffer.decode(errors="replace")[:2000])
            return
        self._buffer = b""
        self._next()

    def connection_lost(self, error: Exception | None) -> None:
        self._end(f"the connection was closed: {error}")

    def _next(self) -> None:
        raw = next(self._raws, None)
        if raw is None:
            self._end("")
            return
        self._sent = time.perf_counter()
        self._transport.write(raw)  # type: ignore[attr-defined]

    def _end(self, refused: str) -> None:
        if not self.done.done():
            self.done.set_result(refused)


async def _drive(work: Work) -> Done:
    loop = asyncio.get_running_loop()
    seconds: list[float] = []
    raws = iter(work.raws)  # shared: the next free connection takes the next request
    made = [
        await loop.create_connection(lambda: _Connection(raws, work.expected, seconds), "127.0.0.1", work.port)
        for _ in range(work.connections)
    ]
    began = time.perf_counter()
    for _, connection in made:
        connection.start()
    refused = await asyncio.gather(*(connection.done for _, connection in made))
    took = time.perf_counter() - began
    for transport, _ in made:
        transport.close()
    seconds.sort()
    middle, late = seconds[len(seconds) // 2], seconds[int(len(seconds) * 0.95)]
    return Done(took, middle, late, next((one for one in refused if one), ""))


def drive(port: int, asks: Sequence[BenchRequest], connections: int) -> Done:
    """Run the client and wait for it.

    Raises:
        AssertionError: a response was not as expected.
    """
    work = Work(port, connections, [ask.raw() for ask in asks], asks[0].expected)
    command = [sys.executable, "-m", "bench.load"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run(
        command, input=msgspec.msgpack.encode(work), stdout=subprocess.PIPE, env=environment, check=True
    )
    done = msgspec.msgpack.decode(ended.stdout, type=Done)
    assert not done.refused, done.refused
    return done


if __name__ == "__main__":
    todo = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Work)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.stdout.buffer.write(msgspec.msgpack.encode(runner.run(_drive(todo))))
