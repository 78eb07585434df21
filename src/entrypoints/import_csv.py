"""Reads the text of a CSV file as spreadsheets and EHRs write it: any usual separator, mark and line end.

What leaves no doubt is read. Otherwise the file or the row is refused, with what to do about it.
"""

import codecs
import csv
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from attrs import frozen

from entrypoints.errors import CommandError

SEPARATORS: Final = (",", ";", "\t")
_SAVE_AGAIN = "save it as CSV in UTF-8 (in Excel: Save As, CSV UTF-8)"
_SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # the beginnings of .xlsx and .ods, and of .xls
_LINE_END = re.compile("\r\n|\n|\r")
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?', re.IGNORECASE)
_MAX_LINES = 50
"""How many lines one row may have. The longest address has fewer."""


@frozen
class CsvRow:
    """A row's first line and its cells; no cells if its quotation marks make no sense."""

    line: int
    cells: list[str] | None


@frozen
class CsvFile:
    """The lines of a file, where its header begins, and the separator that it names itself in a line `sep=;`."""

    lines: Sequence[str]
    header: int
    separator: str | None

    @classmethod
    def read(cls, file: Path) -> "CsvFile":
        """Read the file.

        Raises:
            CommandError: it cannot be read, is empty, no text, or names another separator.
        """
        lines = _LINE_END.split(_text(file))
        filled = [place for place, line in enumerate(lines) if line.strip()]
        named = _SEPARATOR_LINE.match(lines[filled[0]]) if filled else None
        if named is not None and named[1] not in SEPARATORS:
            raise CommandError(f"{file}: line {filled[0] + 1}: the separator must be a comma, a semicolon or a tab")
        if named is not None:
            del filled[0]
        if not filled:
            raise CommandError(f"{file}: the file is empty")
        return cls(lines, filled[0], None if named is None else named[1])

    def names(self, separator: str) -> list[str] | None:
        """The header's cells if this is the separator; None if its quotation marks make no sense."""
        return self._row(self.header, separator, _never)[0]

    def rows(self, separator: str, starts_row: Callable[[list[str]], bool]) -> Iterator[CsvRow]:
        """Read the rows after the header, without blank ones.

        A quotation mark that is never closed would take the rows after it into its cell. So a row ends before a line
        that `starts_row` recognizes by its cells as another one; it is then refused alone, like any other whose
        quotation marks make no sense, and the next line is read as a new row.
        """
        place = self._row(self.header, separator, _never)[1]
        while place < len(self.lines):
            line = place + 1
            cells, place = self._row(place, separator, starts_row)
            if cells is None or any(cell.strip() for cell in cells):
                yield CsvRow(line, cells)

    def _row(self, first: int, separator: str, starts_row: Callable[[list[str]], bool]) -> tuple[list[str] | None, int]:
        """The cells of the row that begins there, and the place of the next row."""
        text = self.lines[first]
        for following in range(first + 1, first + _MAX_LINES):
            try:
                return next(csv.reader([text], delimiter=separator, strict=True), []), following
            except csv.Error as error:
                if "unexpected end of data" not in str(error):
                    break
            if following == len(self.lines) or starts_row(_leniently(self.lines[following], separator)):
                break
            text += "\n" + self.lines[following]
        return None, first + 1


def _text(file: Path) -> str:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}") from None
    if data.startswith(_SPREADSHEETS):
        raise CommandError(f"{file}: this is a spreadsheet and no CSV file: {_SAVE_AGAIN}")
    marked = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if not marked and b"\0" in data[:100]:
        raise CommandError(f"{file}: this looks like UTF-16 without a byte order mark: {_SAVE_AGAIN}")
    try:
        return data.decode("utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = len(_LINE_END.findall(data[: error.start].decode("latin-1"))) + 1
        known = "UTF-16" if marked else "UTF-8"
        raise CommandError(f"{file}: line {line}: not {known} text: {_SAVE_AGAIN}") from None


def _leniently(line: str, separator: str) -> list[str]:
    """The cells of a line by itself, whatever its quotation marks."""
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:  # a cell that is too long
        return []


def _never(_cells: list[str]) -> bool:
    return False
