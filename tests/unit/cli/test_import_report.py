"""The report of an import as a file that spreadsheets open."""

from pathlib import Path

import pytest

from entrypoints.commands.import_report import print_report, write_report
from portal_core.kernel.errors import FieldError
from portal_core.people.views import ImportedRow, ImportReport


@pytest.mark.parametrize("formula", ["=HYPERLINK(A1)", "+1", "-1", "@SUM(1)", "\t=1"])
def test_formula_is_written_as_text(tmp_path: Path, formula: str) -> None:
    row = ImportedRow(line=2, kind="client", external_id=formula, outcome="changed", fields=(formula,), kept=(formula,))
    write_report(ImportReport.of([row]), tmp_path / "report.csv")
    assert f"2,client,'{formula},changed,'{formula},'{formula}" in (tmp_path / "report.csv").read_text()


def test_what_stays_behind_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    grey = ImportedRow(
        line=2,
        kind="clinician",
        external_id="C-1",
        outcome="changed",
        fields=("active",),
        appointments=3,
        clients_without_clinician=4,
        staff_ended=1,
        staff_kept=2,
    )
    ann = ImportedRow(line=3, kind="client", external_id="E-1", outcome="unchanged", appointments=1)
    kim = ImportedRow(line=4, kind="client", external_id="E-2", outcome="unchanged", suspends_account=True)
    zoe = ImportedRow(line=5, kind="client", external_id="E-3", outcome="added", shares_email=1)
    lou = ImportedRow(
        line=6,
        kind="client",
        external_id="E-4",
        outcome="added",
        not_invited=(FieldError("guardian_email", "email_invited", "Somebody else is invited."),),
        shares_email=2,
    )
    report = ImportReport.of([grey, ann, kim, zoe, lou])
    print_report(report)
    assert capsys.readouterr().out.splitlines()[1:] == [
        "line 2: clinician C-1: changes active",
        "line 2: clinician C-1: leaves 3 booked to come: this clinician is not active, so reassign or cancel these "
        "appointments",
        "line 2: clinician C-1: leaves 4 clients on whose care team nobody else is",
        "line 2: clinician C-1: ends the sign-in of 1 of the staff, who is this clinician",
        "line 2: clinician C-1: leaves 2 of the staff with other roles: deactivate who has left the practice",
        "line 3: client E-1: leaves 1 booked to come: this client is discharged, so cancel the appointments that are "
        "not to take place",
        "line 4: client E-2: suspends the client's account until they are old enough for one",
        "line 5: client E-3: another client has the same email: only one of them can have an account with it",
        "line 6: client E-4: added, guardian not invited: guardian_email: Somebody else is invited.",
        "line 6: client E-4: 2 other clients have the same email: only one of them can have an account with it",
    ]
    write_report(report, tmp_path / "report.csv")
    assert (tmp_path / "report.csv").read_text().splitlines()[1:] == [
        "2,clinician,C-1,changed,active,,,,,3,4,1,2,,",
        "3,client,E-1,unchanged,,,,,,1,,,,,",
        "4,client,E-2,unchanged,,,,,,,,,,yes,",
        "5,client,E-3,added,,,,,1,,,,,,",
        "6,client,E-4,added,,,,guardian_email: Somebody else is invited.,2,,,,,,",
    ]
