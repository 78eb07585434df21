"""Zip archives (APPNOTE 6.3) as word processors write them: in one part, without comment, encryption or Zip64."""

import zlib
from collections.abc import Iterator
from struct import Struct
from typing import Final

from attrs import define, evolve, frozen

from portal_core.files.errors import ExpandsTooMuch, KindNotAllowed
from portal_core.files.kinds.content_reader import PIECE_LENGTH, ContentReader, require

MAX_EXPANDED_BYTES: Final = 100_000_000
MAX_EXPANSION: Final = 100
"""All members together may be so many times the file's size."""
MAX_MEMBERS: Final = 5_000
_MAX_NAME_LENGTH: Final = 255
_NOT_IN_NAMES: Final = frozenset('\\:*?"<>|')
_END: Final = Struct("<4s4H2IH")
_ENTRY: Final = Struct("<4s6H3I5H2I")
_HEADER: Final = Struct("<4s5H3I2H")
_STORED, _DEFLATED = 0, 8
_FOLLOWED_BY_SIZES = 0x0008
_KNOWN_FLAGS: Final = 0x0002 | 0x0004 | _FOLLOWED_BY_SIZES | 0x0800
"""How well it is compressed, that its sizes follow it, and that its name is UTF-8. Encryption is another."""
_SIZES_LENGTHS: Final = frozenset({12, 16, 20, 24})


@frozen
class Member:
    """One member of an archive. `place` is where its header begins, and once that is read, its data."""

    name: str
    flags: int
    method: int
    checksum: int
    packed_size: int
    size: int
    place: int


@define
class Expansion:
    """How many bytes the members of one file may still have."""

    left: int

    @classmethod
    def of_file(cls, size: int) -> "Expansion":
        return cls(min(MAX_EXPANDED_BYTES, MAX_EXPANSION * size))

    def count(self, length: int) -> None:
        """Count bytes of a member.

        Raises:
            ExpandsTooMuch: so many were not left.
        """
        self.left -= length
        if self.left < 0:
            raise ExpandsTooMuch


def read_members(reader: ContentReader) -> list[Member]:
    """The members in the order of their data. The archive begins at the content's first byte and ends at its last.

    Between them there is nothing, and no two share bytes: a small file that expands to petabytes shares them, and one
    that shows different things to different programs hides them.

    Raises:
        KindNotAllowed: it is no such archive.
    """
    directory = _read_directory(reader)
    found, end, followed_by_sizes = list[Member](), 0, False
    for entry in sorted(directory, key=lambda one: one.place):
        gap = entry.place - end
        require(gap == 0 or (followed_by_sizes and gap in _SIZES_LENGTHS))
        reader.position = entry.place
        found.append(evolve(entry, place=_skip_header(reader, entry)))
        end = found[-1].place + entry.packed_size
        followed_by_sizes = bool(entry.flags & _FOLLOWED_BY_SIZES)
    return found


def _read_directory(reader: ContentReader) -> list[Member]:
    end = reader.size - _END.size
    require(end >= 0)
    reader.position = end
    mark, disk, first_disk, here, count, length, place, comment = _END.unpack(reader.take(_END.size))
    require(mark == b"PK\x05\x06" and disk == first_disk == comment == 0 and here == count)
    require(0 < count <= MAX_MEMBERS and place + length == end)
    reader.position = place
    members = [_read_entry(reader) for _ in range(count)]
    require(reader.position == end and all(one.place + one.packed_size <= place for one in members))
    # Names that differ in case only are one name on some machines.
    require(len({one.name.lower() for one in members}) == count)
    return members


def _read_entry(reader: ContentReader) -> Member:
    (mark, _, _, flags, method, _, _, checksum, packed, size, name_length, extra, comment, disk, _, _, place) = (
        _ENTRY.unpack(reader.take(_ENTRY.size))
    )
    require(mark == b"PK\x01\x02" and disk == 0 and not flags & ~_KNOWN_FLAGS)
    require(method == _DEFLATED or (method == _STORED and packed == size))
    require(name_length <= _MAX_NAME_LENGTH)
    name = reader.take(name_length).decode("ascii", "replace")
    require(_is_sane(name) and (size == 0 or not name.endswith("/")))
    reader.skip(extra + comment)
    return Member(name, flags, method, checksum, packed, size, place)


def _is_sane(name: str) -> bool:
    """Whether it is a path below the archive: of printable ASCII, without empty steps, `.` and `..`."""
    steps = name.removesuffix("/").split("/")
    plain = name.isascii() and name.isprintable() and _NOT_IN_NAMES.isdisjoint(name)
    return plain and not any(not step or step.endswith(".") for step in steps)


def _skip_header(reader: ContentReader, entry: Member) -> int:
    """Read a member's header, which says what the directory says of it. Returns where the data begins."""
    mark, _, flags, method, _, _, _, _, _, name_length, extra = _HEADER.unpack(reader.take(_HEADER.size))
    require(mark == b"PK\x03\x04" and flags == entry.flags and method == entry.method)
    require(reader.take(name_length) == entry.name.encode())
    reader.skip(extra)
    return reader.position


def expand(reader: ContentReader, member: Member, expansion: Expansion) -> Iterator[bytes]:
    """The content of a member, in pieces of at most 1 MiB. Its checksum and size are checked at the end.

    Raises:
        KindNotAllowed: it is damaged.
        ExpandsTooMuch: it expands to more than is left.
    """
    reader.position, checksum, size = member.place, 0, 0
    packed = reader.pieces(member.packed_size)
    for piece in _inflate(packed) if member.method == _DEFLATED else packed:
        expansion.count(len(piece))
        checksum, size = zlib.crc32(piece, checksum), size + len(piece)
        yield piece
    require(checksum == member.checksum and size == member.size)


def _inflate(packed: Iterator[bytes]) -> Iterator[bytes]:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for piece in packed:
            require(not inflater.eof)
            yield from expand_piece(inflater, piece)
        while more := inflater.decompress(b"", PIECE_LENGTH):
            yield more
    except zlib.error as error:
        raise KindNotAllowed from error
    require(inflater.eof and not inflater.unused_data)


def expand_piece(inflater: "zlib._Decompress", packed: bytes, piece_length: int = PIECE_LENGTH) -> Iterator[bytes]:
    """What a decompressor makes of packed bytes, in pieces of at most 1 MiB."""
    # Behind the end of the stream, `unconsumed_tail` never becomes empty.
    while packed and not inflater.eof:
        yield inflater.decompress(packed, piece_length)
        packed = inflater.unconsumed_tail
