"""People in a CSV file: an unreadable file gives a one-line error, and an unreadable row is rejected by its line."""

from pathlib import Path

import pytest

from entrypoints.errors import CommandError
from entrypoints.import_file import read_people


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the first line must be a header with a column named kind"),
        (b"external_id,name\nC-1,Elena\n", "a column named kind"),
        (b"kind,external_id,emial\nclient,K-1,a@b.example\n", "unknown columns: 'emial'; possible columns: active, "),
        (b"kind,name,name\n", "a column appears twice"),
        (b'kind,name\nclinician,"Elena\n', "line 2: unexpected end of data"),
        (b'kind,name\nclinician,"Elena" Rivera\n', "line 2: "),
        (b"kind,name\nclinician," + b"a" * 100_000, "line 2: field larger than field limit"),
        (b"kind,name\nclinician,Elen\xe4\n", "not UTF-8 text"),
        (None, "No such file or directory"),
    ],
)
def test_unreadable_file_is_rejected(tmp_path: Path, content: bytes | None, words: str) -> None:
    file = tmp_path / "people.csv"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(CommandError) as raised:
        read_people(file)
    assert words in str(raised.value)
    assert str(raised.value).startswith(f"{file}: ")


def test_rows_are_read_in_any_csv_dialect(tmp_path: Path) -> None:
    """A byte order mark, spaces in the header, lines of CR LF, empty lines, fields over several lines."""
    file = tmp_path / "people.csv"
    lines = [
        "kind, external_id ,name,address,given_name",
        "Clinician,C-1,Elena Rivera,,",
        "",
        'CLIENT,K-1,,"12 Elm Street',
        'Albany",Mira',
        ",,,,",
        "client,K-2,,,Theo",
    ]
    file.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(lines).encode())
    people = read_people(file)
    assert [(row.line, row.external_id, row.name) for row in people.clinicians] == [(2, "C-1", "Elena Rivera")]
    assert [(row.line, row.given_name) for row in people.clients] == [(4, "Mira"), (7, "Theo")]
    assert people.clients[0].address == "12 Elm Street\r\nAlbany"
    assert people.rejected == []


def test_row_of_unknown_kind_or_wrong_width_is_rejected_alone(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("kind,name\nnurse,A\nclinician,B,C\nclinician\nclinician,D\n")
    people = read_people(file)
    assert [row.name for row in people.clinicians] == ["D"]
    assert [(row.line, row.code) for row in people.rejected] == [
        (2, "kind_unknown"),
        (3, "wrong_field_count"),
        (4, "wrong_field_count"),
    ]
