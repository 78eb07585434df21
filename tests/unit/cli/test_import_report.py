"""The report of an import as a file that spreadsheets open."""

from pathlib import Path

import pytest

from entrypoints.commands.import_report import write_report
from portal_core.people.views import ImportedRow, ImportReport


@pytest.mark.parametrize("formula", ["=HYPERLINK(A1)", "+1", "-1", "@SUM(1)", "\t=1"])
def test_formula_is_written_as_text(tmp_path: Path, formula: str) -> None:
    row = ImportedRow(line=2, kind="client", external_id=formula, outcome="changed", fields=(formula,), kept=(formula,))
    write_report(ImportReport.of([row]), tmp_path / "report.csv")
    assert f"2,client,'{formula},changed,'{formula},'{formula}" in (tmp_path / "report.csv").read_text()
