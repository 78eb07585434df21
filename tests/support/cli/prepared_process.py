"""Runs `portal` in a process of its own that need not import anything: it is forked from one that has the modules.

Importing takes longer than most commands. Arguments, environment, folder, streams and exit code are those of a process
that a shell starts; that the script itself starts is shown by the commands that tests leave running.
"""

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.support.cli.portal_modules"])


def run_prepared(
    arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str], stdin: str, timeout: float
) -> "subprocess.CompletedProcess[str]":
    """Run a command and wait for it to end, as `subprocess.run` does with captured output."""
    with tempfile.TemporaryDirectory() as folder:
        streams = [Path(folder, name) for name in ("stdin", "stdout", "stderr")]
        for stream in streams:
            stream.write_text(stdin if stream is streams[0] else "")
        process = _FORKS.Process(target=_portal, args=(list(arguments), str(cwd), dict(env), streams))
        process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            raise subprocess.TimeoutExpired(list(arguments), timeout)
        _, printed, told = (stream.read_text() for stream in streams)
        return subprocess.CompletedProcess(list(arguments), process.exitcode, printed, told)


def _portal(arguments: list[str], cwd: str, env: dict[str, str], streams: list[Path]) -> None:
    """The whole life of the forked process."""
    from entrypoints.cli import main

    for number, stream in enumerate(streams):
        opened = os.open(stream, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_APPEND)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115  (multiprocessing has closed it)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    sys.argv = ["portal", *arguments]
    main()
