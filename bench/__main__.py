"""Prints a table of ratios: the portal compared with pgbench and with a bare handler, and few clients with many.

    python -m bench [--quick]

The members of each pair are measured alternately, for several rounds, and the median ratios are printed. Absolute times
are not printed, because they depend on the machine. The last column is the share of a core that the portal's process
uses; the rest of the time it waits for the database.
"""

import argparse
import asyncio
import shutil
import statistics
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from attrs import frozen
from rich.console import Console
from rich.table import Table

from bench import servers
from bench.load import drive
from bench.recorder import Recorded, again, record
from bench.replay import Replay
from bench.scene import Scene, Size, cluster, filled
from bench.workload import BenchRequest, baseline, booking, documents, listing

SMALL = Size("small", 1_000, 1_000, 25)
LARGE = Size("large", 100_000, 1_000, 10)
CONNECTIONS = (1, 16, 64)
SEVERAL = 16
KINDS = {
    "list": "list my appointments",
    "documents": "list my documents",
    "book": "book",
    "keyed": "book, with an Idempotency-Key",
}
_TOGETHER = {"list": 10, "documents": 10, "book": 1, "keyed": 1}
_WORTH_SAYING = 0.03
_LISTS = ("list", "documents")
_REPEATED = 10
"""A list can be requested repeatedly; a time can be booked only once until the scene is reset."""


@frozen
class Rates:
    """Requests per second in one round, and the portal's CPU seconds per request. `large`: with many clients."""

    pgbench: float
    baseline: float
    portal: float
    cpu: float
    large: float | None


@frozen
class Asked:
    """A filled database, the requests to send to it, and the statements that each request executes."""

    scene: Scene
    asks: Mapping[str, list[BenchRequest]]
    recorded: Mapping[str, Sequence[Recorded]]

    @classmethod
    def of(cls, scene: Scene) -> "Asked":
        asks = {
            "list": listing(scene, 201),
            "documents": documents(scene, 201),
            "book": booking(scene, 1_000, keyed=False),
            "keyed": booking(scene, 1_000, keyed=True),
        }
        recorded = asyncio.run(record(scene, asks))
        for kind in _LISTS:
            recorded[kind] = [again(one) for one in recorded[kind] * 20]
        scene.forget()
        return cls(scene, asks, recorded)

    def wanted(self, kind: str) -> list[BenchRequest]:
        return self.asks[kind][1:] * (_REPEATED if kind in _LISTS else 1)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round with few clients, to check that it works")
    chosen = parser.parse_args()
    rounds, connections = (1, (SEVERAL,)) if chosen.quick else (3, CONNECTIONS)
    folder = Path(tempfile.mkdtemp(prefix="portal-bench-"))
    try:
        with cluster(folder) as server:
            small = Asked.of(filled(server, folder, SMALL))
            large = None if chosen.quick else Asked.of(filled(server, folder, LARGE))
            rates, shares = measured(small, large, folder, rounds, connections)
    finally:
        shutil.rmtree(folder)
    console = Console(width=120)
    console.print(_table(rates))
    for kind, found in shares.items():
        parts = ", ".join(f"{name} {share:.0%}" for name, share in found.items() if share >= _WORTH_SAYING)
        console.print(f"{KINDS[kind]}, in pgbench: {parts}")


def measured(
    small: Asked, large: Asked | None, folder: Path, rounds: int, connections: tuple[int, ...]
) -> tuple[Mapping[tuple[str, int], list[Rates]], Mapping[str, Mapping[str, float]]]:
    """Measure all request types at all connection counts, and each statement's share of the database's time."""
    scene = small.scene
    replays = {
        kind: Replay(scene, f"{scene.size.name}_{kind}", found, folder, together=_TOGETHER[kind])
        for kind, found in small.recorded.items()
    }
    rates: dict[tuple[str, int], list[Rates]] = {}
    with ExitStack() as stack:
        portal = stack.enter_context(servers.portal(scene))
        handler = stack.enter_context(servers.bare_handler(scene, small.recorded))
        other = stack.enter_context(servers.portal(large.scene)) if large else None
        for one, server in ((small, portal), (large, other)):
            if one and server:
                drive(server.port, listing(one.scene, len(one.scene.people)), max(connections))
        for _ in range(rounds):
            for many in connections:
                for kind in KINDS:
                    with_many = _rate(large, kind, other, many) if large and other and many == SEVERAL else None
                    found = _round(small, kind, replays[kind], portal, handler, many, with_many)
                    rates.setdefault((kind, many), []).append(found)
    shares = dict[str, Mapping[str, float]]()
    for kind, replay in replays.items():
        shares[kind] = replay.shares(SEVERAL)
        scene.forget()
    return rates, shares


def _round(
    asked: Asked,
    kind: str,
    replay: Replay,
    portal: servers.Server,
    handler: servers.Server,
    connections: int,
    large: float | None,
) -> Rates:
    wanted = asked.wanted(kind)
    by_pgbench = replay.rate(connections)
    asked.scene.forget()
    by_bare = len(wanted) / drive(handler.port, baseline(wanted, kind), connections).seconds
    asked.scene.forget()
    before = portal.cpu()
    by_portal = _rate(asked, kind, portal, connections)
    return Rates(by_pgbench, by_bare, by_portal, (portal.cpu() - before) / len(wanted), large)


def _rate(asked: Asked, kind: str, portal: servers.Server, connections: int) -> float:
    wanted = asked.wanted(kind)
    rate = len(wanted) / drive(portal.port, wanted, connections).seconds
    asked.scene.forget()
    return rate


def _table(rates: Mapping[tuple[str, int], list[Rates]]) -> Table:
    table = Table(title="The portal, everything on, one worker: ratios of requests per second")
    for title in (
        "request",
        "connections",
        "to pgbench",
        "to a bare handler",
        "time with 100 × the clients",
        "of its core",
    ):
        table.add_column(title, justify="left" if title == "request" else "right")
    for (kind, connections), found in rates.items():
        slower = [one.portal / one.large for one in found if one.large]
        table.add_row(
            KINDS[kind],
            str(connections),
            _median(one.portal / one.pgbench for one in found),
            _median(one.portal / one.baseline for one in found),
            _median(slower) if slower else "",
            _median(one.portal * one.cpu for one in found),
        )
    return table


def _median(found: Iterable[float]) -> str:
    return f"{statistics.median(found):.2f}"


if __name__ == "__main__":
    main()
