"""`python -m bench.serve_baseline`: granian over the bare handlers, set as `portal serve` sets it."""

import os

from granian import Granian
from granian.constants import Interfaces, Loops
from granian.log import LogLevels

from entrypoints.processes import PARENT_PID_VARIABLE, die_with_parent

if __name__ == "__main__":
    die_with_parent()
    os.environ[PARENT_PID_VARIABLE] = str(os.getpid())
    Granian(
        "bench.baseline:application",
        address="127.0.0.1",
        port=int(os.environ["BENCH_PORT"]),
        interface=Interfaces.ASGI,
        loop=Loops.uvloop,
        workers=1,
        factory=True,
        log_level=LogLevels.warning,
        backlog=2048,
    ).serve()
