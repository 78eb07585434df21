"""One first start of `portal demo` for all command-line tests, and copies of its data folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import frozen

from tests.support.cli.portal_command import PortalCommand, RunningCommand

SECONDS = 1200
"""Timeout for tests that start portals on a slow machine."""


@frozen
class FirstStart:
    """The first start of a demo, ended by Ctrl-C."""

    portal: PortalCommand
    running: RunningCommand
    printed: str
    processes: tuple[str, ...]
    exit_code: int


@pytest.fixture(scope="session")
def first_start(tmp_path_factory: pytest.TempPathFactory) -> FirstStart:
    """Run `portal demo` in an empty folder until it prints its greeting; then send Ctrl-C."""
    portal = PortalCommand(tmp_path_factory.mktemp("demo"))
    with portal.start_background("demo", until="Paste this") as running:
        processes = tuple(" ".join(one.cmdline()) for one in running.process_tree())
        printed = running.printed
        exit_code = running.press_ctrl_c()
        assert running.all_exited()
    return FirstStart(portal, running, printed, processes, exit_code)


@pytest.fixture
def portal(tmp_path: Path) -> PortalCommand:
    """The portal command in an empty folder."""
    return PortalCommand(tmp_path)


@pytest.fixture
def demo(first_start: FirstStart, tmp_path: Path) -> PortalCommand:
    """The portal command over a copy of the first start's data, not running."""
    return first_start.portal.copy_to(tmp_path)


@pytest.fixture(scope="module")
def serving(first_start: FirstStart, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortalCommand]:
    """Another copy of the data, over which `portal serve` runs."""
    portal = first_start.portal.copy_to(tmp_path_factory.mktemp("serving"))
    with portal.start_background("serve"):
        yield portal
