"""Limits of a real clamd that are too low for the files that the portal takes."""

from pathlib import Path

import pytest

from adapters.clamav.limits import limit_problem
from adapters.clamav.scanner import ClamdScanner
from portal_core.files.kinds.zip_archive import MAX_EXPANDED_BYTES
from portal_core.files.model import MAX_FILE_BYTES
from portal_core.kernel.errors import Unavailable
from tests.support.clamav.daemon import running_clamd

DEBIAN = "StreamMaxLength 25M\nMaxFileSize 25M\nMaxScanSize 100M"
"""Of Debian's clamd.conf."""


@pytest.mark.parametrize(
    ("limits", "problem"),
    [
        ("StreamMaxLength 24M", "clamd does not take 26,214,400 bytes: set StreamMaxLength to 30M"),
        (DEBIAN, "set MaxFileSize to 100M and MaxScanSize to 386M"),
        ("StreamMaxLength 30M\nMaxFileSize 100M\nMaxScanSize 386M", None),
    ],
)
async def test_limits_that_leave_content_out_are_named(tmp_path: Path, limits: str, problem: str | None) -> None:
    with running_clamd(tmp_path, limits) as address:
        found = await limit_problem(ClamdScanner(address), MAX_FILE_BYTES, MAX_EXPANDED_BYTES)
    assert (found is None) if problem is None else (problem in str(found))


async def test_no_limit_is_named_where_nothing_listens(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        await limit_problem(ClamdScanner(str(tmp_path / "none")), 1_000, 1_000)
