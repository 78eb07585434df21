"""People in a CSV file: an unreadable file gives a one-line error, and an unreadable row is rejected by its line."""

import csv
import io
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrypoints.errors import CommandError
from entrypoints.import_file import PeopleFile, read_people
from portal_core.accounts.guardians import GuardianColumns
from portal_core.kernel.errors import FieldError
from portal_core.people.views import ImportedRow


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "people.csv"


def read(file: Path, content: str | bytes, *columns: str, kind: Any = None) -> PeopleFile:
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_people(file, columns, kind)


def rejected(people: PeopleFile) -> list[tuple[int, str]]:
    return [(row.line, row.errors[0].code) for row in people.rejected]


MIRA = "kind,external_id,given_name\nclient,K-1,Mira\n"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (b"\r\n  \n", "the file is empty"),
        (b"sep=;\r\n", "the file is empty"),
        (b"sep=;\n;;\nclient;K-1\n", "a header with a column named kind"),
        (b"external_id,name\nC-1,Elena\n", "a header with a column named kind"),
        (b"kind,name\nclinician,Elena\n", "a column named external_id"),
        (b"kind,external_id,emial\nclient,K-1,a@b.example\n", "unknown columns: 'emial'; possible columns: active, "),
        (b"kind;external_id;emial\n", "unknown columns: 'emial'; possible columns: active, "),
        (b"kind|external_id\n", "unknown columns: 'kind|external_id'; possible columns: active, "),
        (b"kind,external_id,name,Name\n", "a column appears twice: name"),
        (b"kind,,external_id\n", "column 2 of the header has no name"),
        (b'kind,"external_id\n', "line 1: the header cannot be read: A quotation mark is not closed"),
        (b"sep=|\nkind|external_id\n", "line 1: the separator must be a comma, a semicolon or a tab"),
        (b"kind,external_id\nclient,K-1\nclient,K-\xe4\n", "line 3: not UTF-8 text: save it as CSV in UTF-8"),
        (b"\xff\xfek\0i\0\n", "line 1: not UTF-16 text: save it as CSV in UTF-8"),
        (MIRA.encode("utf-16-le"), "UTF-16 without a byte order mark: save it as CSV in UTF-8"),
        (b"PK\x03\x04....", "a spreadsheet and no CSV file: save it as CSV in UTF-8 (in Excel: Save As, CSV UTF-8)"),
        (b"\xd0\xcf\x11\xe0....", "a spreadsheet and no CSV file"),
        (None, "No such file or directory"),
    ],
)
def test_unreadable_file_is_rejected(file: Path, content: bytes | None, words: str) -> None:
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(CommandError) as raised:
        read_people(file)
    assert words in str(raised.value)
    assert str(raised.value).startswith(f"{file}: ")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "content",
    [
        MIRA.encode("utf-8"),
        MIRA.encode("utf-8-sig"),
        MIRA.encode("utf-16"),
        b"\xfe\xff" + MIRA.encode("utf-16-be"),
        MIRA.replace(",", ";").encode(),
        MIRA.replace(",", "\t").encode(),
        b"sep=;\r\n" + MIRA.replace(",", ";").encode(),
        b'"sep=,"\r\n' + MIRA.encode(),
        b"\xef\xbb\xbfsep=\t\n" + MIRA.replace(",", "\t").encode(),
        MIRA.replace("\n", "\r").encode(),
        MIRA.replace("\n", ",\r\n").encode(),
        MIRA.replace("\n", ";;;\n").replace(",", ";").encode(),
        MIRA.replace("Mira\n", "Mira,\n").encode(),
        b'\n"Kind","External ID"," GIVEN-NAME "\n"client","K-1","Mira"\n',
    ],
)
def test_file_is_read_as_spreadsheets_write_it(file: Path, content: bytes) -> None:
    people = read(file, content)
    assert [(row.external_id, row.given_name) for row in people.clients] == [("K-1", "Mira")]
    assert people.rejected == []


def test_rows_are_read_over_several_lines(file: Path) -> None:
    lines = [
        "kind, external_id ,name,address,given_name",
        "Clinician,C-1,Elena Rivera,,",
        "",
        'CLIENT,K-1,,"12 Elm Street',
        "",
        'Albany, ""NY""",Mira',
        ",,,,",
        "client,K-2,,,Theo",
    ]
    people = read(file, b"\xef\xbb\xbf" + "\r\n".join(lines).encode())
    assert [(row.line, row.external_id, row.name) for row in people.clinicians] == [(2, "C-1", "Elena Rivera")]
    assert [(row.line, row.given_name) for row in people.clients] == [(4, "Mira"), (8, "Theo")]
    assert people.clients[0].address == '12 Elm Street\n\nAlbany, "NY"'
    assert people.rejected == []


def test_lines_are_counted_from_the_first_of_the_file(file: Path) -> None:
    people = read(file, "sep=;\n\nkind;external_id\nclient;K-1\n\nclient;K-2\nnurse;K-3\n")
    assert [row.line for row in people.clients] == [4, 6]
    assert rejected(people) == [(7, "unknown_value")]


FOREIGN = FieldError("given_name", "column_of_other_kind", "A clinician has no such field. Leave the cell blank.")


def test_row_of_unknown_kind_or_wrong_width_is_rejected_alone(file: Path) -> None:
    people = read(
        file,
        "kind,external_id,name,given_name\nnurse,A,,\nclinician,B,C,,x\nclinician\nclinician,D,D,\nclinician,E,E,Mira\n",
    )
    assert [(row.name, row.errors) for row in people.clinicians] == [("D", ()), ("E", (FOREIGN,))]
    assert rejected(people) == [
        (2, "unknown_value"),
        (3, "wrong_cell_count"),
        (4, "wrong_cell_count"),
    ]
    assert "This row has 5 cells, and the header has 4." in people.rejected[1].errors[0].message


@pytest.mark.parametrize(
    "bad",
    [
        'clinician,C-2,"Elena',  # it would be closed by the mark in the row of K-4
        'clinician,C-2,"Elena,',
        'clinician,C-2,"Elena" Rivera',
        '"clinician,C-2,Elena',
        "clinician,C-2," + "a" * 200_000,
    ],
)
def test_bad_quotation_mark_refuses_one_row(file: Path, bad: str) -> None:
    rows = ["clinician,C-1,Ann", bad, "clinician,C-3,Zoe", 'clinician,C-4,"Kim', 'Lee"', 'clinician,C-5,"Al"']
    people = read(file, "\n".join(["kind,external_id,name", *rows]))
    assert rejected(people) == [(3, "quotes_invalid")]
    assert [(row.line, row.external_id, row.name) for row in people.clinicians] == [
        (2, "C-1", "Ann"),
        (4, "C-3", "Zoe"),
        (5, "C-4", "Kim\nLee"),
        (7, "C-5", "Al"),
    ]


def test_bad_quotation_mark_in_last_row_refuses_it(file: Path) -> None:
    people = read(file, 'kind,external_id,name\nclinician,C-1,Ann\nclinician,C-2,"Zoe\n')
    assert (rejected(people), len(people.clinicians)) == ([(3, "quotes_invalid")], 1)


def test_bad_quotation_mark_refuses_one_row_without_column_kind(file: Path) -> None:
    content = 'external_id,date_of_birth,address\nK-1,1980-05-31,"1 Elm\nK-2,5/31/1980,"2 Elm\nAlbany"\nK-3,,3 Elm\n'
    people = read(file, content, kind="client")
    assert rejected(people) == [(2, "quotes_invalid")]
    assert [(row.external_id, row.address) for row in people.clients] == [("K-2", "2 Elm\nAlbany"), ("K-3", "3 Elm")]


CELLS = st.lists(
    st.text(st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n,;\t\"'"), max_size=8),
    min_size=2,
    max_size=2,
)


@given(st.lists(CELLS, max_size=5), st.sampled_from(",;\t"), st.sampled_from(["\n", "\r\n"]))
def test_what_is_written_as_csv_is_read(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], separator: str, line_end: str
) -> None:
    written = io.StringIO(newline="")
    writer = csv.writer(written, delimiter=separator, lineterminator=line_end)
    writer.writerow(["kind", "external_id", "name", "credentials"])
    writer.writerows(["clinician", f"C-{number}", *cells] for number, cells in enumerate(rows))
    people = read(tmp_path_factory.getbasetemp() / "written.csv", written.getvalue())
    assert [[row.name, row.credentials] for row in people.clinicians] == rows
    assert people.rejected == []


@given(st.integers(0, 4), st.integers(0, 40))
def test_quotation_mark_anywhere_harms_no_other_row(
    tmp_path_factory: pytest.TempPathFactory, damaged: int, place: int
) -> None:
    rows = [f'clinician,C-{number},"Lee, Ann",MD' for number in range(5)]
    rows[damaged] = rows[damaged][:place] + '"' + rows[damaged][place:]
    people = read(
        tmp_path_factory.getbasetemp() / "damaged.csv", "\n".join(["kind,external_id,name,credentials", *rows])
    )
    names = {row.line: row.name for row in people.clinicians}
    assert {line: names.get(line) for line in range(2, 7) if line != damaged + 2} == {
        line: "Lee, Ann" for line in range(2, 7) if line != damaged + 2
    }


def test_guardians_are_read_with_their_client(file: Path) -> None:
    content = "kind,external_id,Guardian Email,guardian_until\nclient,K-1,a@b.example;c@d.example,2030-01-01\n"
    people = read(file, content + "clinician,C-1,a@b.example,\nclient,K-2,,\n")
    assert people.guardians == [
        GuardianColumns("a@b.example;c@d.example", None, "2030-01-01"),
        GuardianColumns("", None, ""),
    ]
    assert [row.external_id for row in people.clients] == ["K-1", "K-2"]
    assert [(row.line, error.path) for row in people.clinicians for error in row.errors] == [(3, "guardian_email")]


# --- names of columns -------------------------------------------------------------------------------------------------


def test_columns_are_read_by_other_names(file: Path) -> None:
    content = "Pat. No.,First Name,Last=Name,DOB,Notes\nK-1,Mira,Okafor,5/17/1990,never\n"
    columns = ("pat. no.=external_id", "First Name=Given Name", "Last=Name=family_name", "DOB=date_of_birth", "Notes=")
    people = read(file, content, *columns, kind="client")
    (row,) = people.clients
    assert (row.external_id, row.given_name, row.family_name, row.date_of_birth) == (
        "K-1",
        "Mira",
        "Okafor",
        "5/17/1990",
    )
    assert (row.email, people.rejected) == (None, [])


def test_separator_is_found_by_names_that_are_mapped(file: Path) -> None:
    people = read(file, 'Art;"Nr, alt";Name, Titel\nclient;K-1;x\n', "Art=kind", "Nr, alt=external_id", "Name, Titel=")
    assert [row.external_id for row in people.clients] == ["K-1"]


@pytest.mark.parametrize(
    ("columns", "kind", "words"),
    [
        (("Nobody=email",), None, "the file has no column 'Nobody'; it has 'kind', 'external_id', 'given_name'"),
        (("given_name=emial",), None, "no column is named 'emial'; possible columns: active, "),
        (("given_name",), None, "--column 'given_name': write it as Their name=our_name"),
        (("=given_name",), None, "write it as Their name=our_name"),
        (("given_name=external_id",), None, "a column appears twice: external_id"),
        ((), "client", "the file has a column named kind: leave out --kind"),
        (("kind=",), None, "a column named kind (client or clinician). If all rows are of one kind, choose it"),
    ],
)
def test_wrong_column_option_is_refused(file: Path, columns: tuple[str, ...], kind: Any, words: str) -> None:
    with pytest.raises(CommandError) as raised:
        read(file, MIRA, *columns, kind=kind)
    assert words in str(raised.value)


def test_report_names_the_columns_of_the_file(file: Path) -> None:
    people = read(file, "Row Kind,MRN,Date of Birth,Cell\nnurse,,,\n", "Row Kind=kind", "MRN=external_id", "Cell=phone")
    row = ImportedRow(
        line=3,
        kind="client",
        external_id="K-1",
        outcome="changed",
        fields=("date_of_birth", "state"),
        kept=("phone",),
        errors=(FieldError("external_id", "x", "y"), FieldError("given_name", "x", "y")),
    )
    told = people.in_their_words(row)
    assert (told.fields, told.kept) == (("Date of Birth", "state"), ("Cell",))
    assert [error.path for error in told.errors] == ["MRN", "given_name"]
    assert [error.path for error in people.in_their_words(people.rejected[0]).errors] == ["Row Kind"]


def test_client_named_in_one_column_has_two_names(file: Path) -> None:
    content = 'Id;Patient\n1;Okafor, Mira\n2;"O\'Brien Lee , Zoë Ann"\n3;\n4;Madonna\n5;Smith, Jr., John\n6;Roth,\n'
    people = read(file, content, "Id=external_id", "Patient=name", kind="client")
    assert [(one.family_name, one.given_name) for one in people.clients] == [
        ("Okafor", "Mira"),
        ("O'Brien Lee", "Zoë Ann"),
        *[(None, None)] * 4,
    ]
    assert [row.line for row in people.clients if row.errors] == [5, 6, 7]
    told = people.in_their_words(ImportedRow(5, "client", "4", "rejected", errors=people.clients[3].errors))
    assert [(error.path, error.code) for error in told.errors] == [("Patient", "name_unclear")]
    row = ImportedRow(line=2, kind="client", external_id="1", outcome="changed", fields=("given_name", "family_name"))
    assert people.in_their_words(row).fields == ("Patient",)
    both = read(file, 'external_id,name,given_name\n1,"Okafor, Mira",Mira\n', kind="client")
    assert [error.code for error in both.clients[0].errors] == ["name_unclear"] * 2


def test_row_with_an_unclear_name_is_told_its_other_errors(file: Path) -> None:
    people = read(file, "Id,Patient,state\n1,Madonna,Kansas\n", "Id=external_id", "Patient=name", kind="client")
    assert [error.path for error in people.clients[0].parse(date(2026, 1, 1)).errors] == [
        "family_name",
        "given_name",
        "state",
    ]


def test_file_of_one_kind_is_told_the_columns_of_that_kind(file: Path) -> None:
    file.write_text("external_id,nmae\n")
    with pytest.raises(CommandError) as raised:
        read_people(file, (), "clinician")
    assert "possible columns: active, credentials, external_id, " in str(raised.value)
    assert "given_name" not in str(raised.value)
