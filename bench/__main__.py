"""One table of ratios: the portal beside pgbench and beside a bare handler, few clients beside many.

    python -m bench [--quick] [--large]

Each pair is measured in turn, round after round, and the medians are compared; only ratios are printed, since the
seconds are this machine's own. The last column is how much of a core the portal's process uses: the rest of the time
it waits for the database.
"""

import argparse
import asyncio
import shutil
import statistics
import tempfile
from collections.abc import Mapping
from pathlib import Path

from attrs import frozen
from rich.console import Console
from rich.table import Table

from bench import servers
from bench.asking import Ask, bare, booking, listing
from bench.load import drive
from bench.recording import again, record
from bench.replay import Replay
from bench.scene import Scene, Size, cluster, filled

SMALL = Size("small", 1_000, 1_000, 25)
LARGE = Size("large", 100_000, 1_000, 10)
CONNECTIONS = (1, 16, 64)
KINDS = {"list": "list my appointments", "book": "book", "keyed": "book, with an Idempotency-Key"}
_TOGETHER = {"list": 10, "book": 1, "keyed": 1}
_WORTH_SAYING = 0.03
_REPEATED = 10
"""A list may be asked again; a time is booked once until the scene forgets."""


@frozen
class Rates:
    """Requests a second of one round, and the portal's CPU seconds for one of them."""

    pgbench: float
    bare: float
    portal: float
    cpu: float


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round, to see that it runs")
    parser.add_argument("--large", action="store_true", help="also 100,000 clients, beside 1,000 (takes minutes)")
    chosen = parser.parse_args()
    rounds, connections = (1, (16,)) if chosen.quick else (3, CONNECTIONS)
    folder = Path(tempfile.mkdtemp(prefix="portal-bench-"))
    try:
        with cluster(folder) as server:
            small, shares = measured(filled(server, folder, SMALL), folder, rounds, connections)
            large = measured(filled(server, folder, LARGE), folder, rounds, (16,))[0] if chosen.large else {}
    finally:
        shutil.rmtree(folder)
    console = Console(width=120)
    console.print(_table(small))
    for kind, found in shares.items():
        parts = ", ".join(f"{name} {share:.0%}" for name, share in found.items() if share >= _WORTH_SAYING)
        console.print(f"{KINDS[kind]}, in pgbench: {parts}")
    for (kind, _), slow in large.items():
        slower = _median(small[kind, 16], "portal") / _median(slow, "portal")
        console.print(f"{KINDS[kind]}: {slower:.2f} times as long with 100,000 clients as with 1,000")


def measured(
    scene: Scene, folder: Path, rounds: int, connections: tuple[int, ...]
) -> tuple[Mapping[tuple[str, int], list[Rates]], Mapping[str, Mapping[str, float]]]:
    """All kinds at all numbers of connections, each round in turn; and which statements take the database's time."""
    asks = {
        "list": listing(scene, 201),
        "book": booking(scene, 1_000, keyed=False),
        "keyed": booking(scene, 1_000, keyed=True),
    }
    recorded = asyncio.run(record(scene, asks))
    recorded["list"] = [again(one) for one in recorded["list"] * 20]
    replays = {
        kind: Replay(scene, f"{scene.size.name}_{kind}", found, folder, together=_TOGETHER[kind])
        for kind, found in recorded.items()
    }
    scene.forget()
    rates: dict[tuple[str, int], list[Rates]] = {}
    with servers.portal(scene) as portal, servers.bare_handler(scene, recorded) as handler:
        drive(portal.port, listing(scene, len(scene.people)), max(connections))
        for _ in range(rounds):
            for many in connections:
                for kind in KINDS:
                    found = _round(scene, kind, asks[kind], replays[kind], portal, handler, many)
                    rates.setdefault((kind, many), []).append(found)
    shares = dict[str, Mapping[str, float]]()
    for kind, replay in replays.items():
        shares[kind] = replay.shares(16)
        scene.forget()
    return rates, shares


def _round(
    scene: Scene,
    kind: str,
    asks: list[Ask],
    replay: Replay,
    portal: servers.Server,
    handler: servers.Server,
    connections: int,
) -> Rates:
    wanted = asks[1:] * (_REPEATED if kind == "list" else 1)
    by_pgbench = replay.rate(connections)
    scene.forget()
    by_bare = len(wanted) / drive(handler.port, bare(wanted, kind), connections).seconds
    scene.forget()
    before = portal.cpu()
    by_portal = len(wanted) / drive(portal.port, wanted, connections).seconds
    cpu = (portal.cpu() - before) / len(wanted)
    scene.forget()
    return Rates(by_pgbench, by_bare, by_portal, cpu)


def _table(small: Mapping[tuple[str, int], list[Rates]]) -> Table:
    table = Table(title="The portal, everything on, one worker: ratios of requests a second")
    for title in ("request", "connections", "to pgbench", "to a bare handler", "of its core"):
        table.add_column(title, justify="left" if title == "request" else "right")
    for (kind, connections), found in small.items():
        to_pgbench = statistics.median(one.portal / one.pgbench for one in found)
        to_bare = statistics.median(one.portal / one.bare for one in found)
        busy = statistics.median(one.portal * one.cpu for one in found)
        table.add_row(KINDS[kind], str(connections), f"{to_pgbench:.2f}", f"{to_bare:.2f}", f"{busy:.2f}")
    return table


def _median(found: list[Rates], name: str) -> float:
    return float(statistics.median(getattr(one, name) for one in found))


if __name__ == "__main__":
    main()
