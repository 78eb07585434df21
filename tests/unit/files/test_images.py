"""What makes an image of each kind valid."""

import struct

import pytest

from tests.support.files.recognizing import REFUSED, kind_of
from tests.support.files.samples import (
    WEBP_EXTENDED,
    WEBP_LOSSY,
    WEBP_PIXEL,
    box,
    gif,
    heic,
    heic_meta,
    jpeg,
    pdf,
    png,
    png_chunk,
    webp,
    webp_chunk,
    zipped,
)

JPEG = jpeg()
FRAME, SCAN = b"\xff\xc0\0\x0b\x08\0\x08\0\x08\x01\x01\x11\0", b"\xff\xda\0\x08\x01\x01\0\0\x3f\0"

SAMSUNGS_NOTES = b"\0\0\x01\x0a\x0e\0\0\0Image_UTC_Data1700000000000SEFH\x6b\0\0\0\x01\0\0\0\x18\0\0\0SEFT"
PALETTE = (png_chunk(b"PLTE", bytes(3)), png_chunk(b"tEXt", b"a\0b"))
ANIMATION = (WEBP_EXTENDED, webp_chunk(b"ANIM", bytes(6)), webp_chunk(b"ANMF", bytes(16) + WEBP_LOSSY))


def header(width: int = 1, height: int = 1, depth: int = 8, color: int = 0, *more: int) -> bytes:
    return struct.pack(">IIBBBBB", width, height, depth, color, *(more or (0, 0, 0)))


TAKEN = {
    "jpeg_with_restarts_and_filling": ("jpeg", jpeg(b"a\xff\xd0b\xff\xd7c\xff\x00\xff")),
    "jpeg_with_two_scans": ("jpeg", jpeg(b"a" + SCAN + b"b")),
    "jpeg_progressive": ("jpeg", JPEG.replace(FRAME, b"\xff\xc2" + FRAME[2:])),
    "jpeg_with_samsungs_notes": (
        "jpeg",
        jpeg(trailer=SAMSUNGS_NOTES),
    ),
    "jpeg_with_film": ("jpeg", jpeg(trailer=box(b"ftyp", b"mp42\0\0\0\0isom") + box(b"mdat", bytes(range(256)) * 99))),
    "jpeg_with_second_image": ("jpeg", jpeg(trailer=JPEG)),
    "jpeg_padded": ("jpeg", jpeg(trailer=bytes(9_000))),
    "png_in_two_pieces": ("png", png().replace(png_chunk(b"IEND"), png_chunk(b"IDAT") + png_chunk(b"IEND"))),
    "png_with_palette_and_text": (
        "png",
        png(*PALETTE, header=header(color=3)),
    ),
    "gif_87a": ("gif", gif().replace(b"89a", b"87a")),
    "gif_with_extensions": ("gif", gif(b"!\xf9\x04\0\0\0\0\0", b"!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0")),
    "gif_with_colors_of_its_own": ("gif", gif(image=b",\0\0\0\0\x01\0\x01\0\x81" + bytes(12) + b"\x02\x02\x4c\x01\0")),
    "gif_without_colors": ("gif", b"GIF89a\x01\0\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02\x4c\x01\0;"),
    "webp_lossy": ("webp", webp(WEBP_LOSSY)),
    "webp_extended": ("webp", webp(WEBP_EXTENDED, webp_chunk(b"ALPH", b"abc"), WEBP_LOSSY, webp_chunk(b"EXIF", b"a"))),
    "webp_animated": (
        "webp",
        webp(*ANIMATION),
    ),
    "heic_of_any_codec_in_hevc": ("heic", heic(brands=b"mif1\0\0\0\0mif1heic")),
    "heic_with_film_of_a_phone": ("heic", heic(box(b"mpvd", bytes(99)))),
    "heic_with_long_box": ("heic", heic(struct.pack(">I4sQ", 1, b"free", 20) + bytes(4))),
}


@pytest.mark.parametrize("name", TAKEN)
def test_valid_image_is_taken(name: str) -> None:
    kind, data = TAKEN[name]
    assert kind_of(data) == kind


REFUSED_IMAGES = {
    "jpeg_only_markers": b"\xff\xd8\xff\xd9",
    "jpeg_without_scan": JPEG[: JPEG.index(SCAN)] + b"\xff\xd9",
    "jpeg_without_frame": JPEG.replace(FRAME, b""),
    "jpeg_frame_of_no_width": JPEG.replace(FRAME, FRAME[:7] + b"\0\0" + FRAME[9:]),
    "jpeg_frame_of_no_height": JPEG.replace(FRAME, FRAME[:5] + b"\0\0" + FRAME[7:]),
    "jpeg_frame_of_other_length": JPEG.replace(FRAME, FRAME[:9] + b"\x02" + FRAME[10:]),
    "jpeg_frame_of_nothing": JPEG.replace(FRAME, b"\xff\xc0\0\x08" + FRAME[4:9] + b"\0"),
    "jpeg_scan_of_other_length": JPEG.replace(SCAN, b"\xff\xda\0\x08\x02\x01\0\0\x3f\0"),
    "jpeg_scan_of_nothing": JPEG.replace(SCAN, b"\xff\xda\0\x02"),
    "jpeg_segment_shorter_than_its_length": b"\xff\xd8\xff\xe0\0\0" + JPEG[2:],
    "jpeg_segment_beyond_the_end": b"\xff\xd8\xff\xe0\xff\xff" + JPEG[2:],
    "jpeg_restart_outside_of_a_scan": b"\xff\xd8\xff\xd0" + JPEG[2:],
    "jpeg_in_jpeg": b"\xff\xd8" + JPEG,
    "jpeg_with_unknown_marker": b"\xff\xd8\xff\x02" + JPEG[2:],
    "jpeg_without_marker": b"\xff\xd8\0" + JPEG[2:],
    "png_of_other_signature": b"\x89PNG\n" + png()[5:],
    "png_without_data": png().replace(png()[33:-12], b""),
    "png_with_wrong_checksum": png()[:-1] + b"\0",
    "png_with_wrong_header_checksum": png()[:32] + b"\0" + png()[33:],
    "png_starting_otherwise": b"\x89PNG\r\n\x1a\n" + png_chunk(b"tEXt") + png()[8:],
    "png_with_two_headers": png(png_chunk(b"IHDR", header())),
    "png_with_unknown_critical_chunk": png(png_chunk(b"ABCD")),
    "png_with_chunk_of_no_letters": png(png_chunk(b"ab1d")),
    "png_with_interrupted_data": png(png_chunk(b"IDAT", b"a"), png_chunk(b"tEXt")),
    "png_with_content_in_its_end": png()[:-12] + png_chunk(b"IEND", b"a"),
    "png_with_long_header": png(header=header() + b"\0"),
    "png_of_no_width": png(header=header(width=0)),
    "png_of_no_height": png(header=header(height=0)),
    "png_too_wide": png(header=header(width=2**31)),
    "png_too_high": png(header=header(height=2**31)),
    "png_of_unknown_color": png(header=header(8, 8, 8, 5)),
    "png_of_unknown_depth": png(header=header(8, 8, 4, 2)),
    "png_of_unknown_compression": png(header=header(8, 8, 8, 0, 1, 0, 0)),
    "png_of_unknown_filter": png(header=header(8, 8, 8, 0, 0, 1, 0)),
    "png_of_unknown_interlace": png(header=header(8, 8, 8, 0, 0, 0, 2)),
    "gif_of_other_version": gif().replace(b"89a", b"88a"),
    "gif_without_image": gif(image=b""),
    "gif_of_no_width": gif(image=b",\0\0\0\0\0\0\x01\0\0\x02\0"),
    "gif_of_no_height": gif(image=b",\0\0\0\0\x01\0\0\0\0\x02\0"),
    "gif_with_short_codes": gif(image=b",\0\0\0\0\x01\0\x01\0\0\x01\0"),
    "gif_with_long_codes": gif(image=b",\0\0\0\0\x01\0\x01\0\0\x09\0"),
    "gif_with_unknown_extension": gif(b"!\x02\0"),
    "gif_with_unknown_block": gif(b"?\xfe\0"),
    "webp_of_nothing": webp(b""),
    "webp_of_notes_only": webp(webp_chunk(b"EXIF", b"ab")),
    "webp_of_other_size": b"RIFF\x1b\0\0\0" + webp()[8:],
    "webp_without_padding": webp(WEBP_PIXEL[:-1]),
    "webp_with_chunk_of_no_letters": webp(WEBP_PIXEL, webp_chunk(b"\x01abc", b"")),
    "webp_extended_too_late": webp(WEBP_PIXEL, WEBP_EXTENDED),
    "webp_extended_too_short": webp(webp_chunk(b"VP8X", bytes(9)), WEBP_PIXEL),
    "webp_frame_without_extension": webp(webp_chunk(b"ANMF", b"ab")),
    "webp_alpha_without_extension": webp(webp_chunk(b"ALPH", b"ab"), WEBP_LOSSY),
    "webp_lossy_without_key": webp(WEBP_LOSSY.replace(b"\x10\0\0\x9d", b"\x11\0\0\x9d")),
    "webp_lossy_without_start": webp(WEBP_LOSSY.replace(b"\x9d", b"\x9e")),
    "webp_lossy_of_no_width": webp(WEBP_LOSSY.replace(b"\x2a\x01\0", b"\x2a\0\x40")),
    "webp_lossy_of_no_height": webp(WEBP_LOSSY.replace(b"\x2a\x01\0\x01", b"\x2a\x01\0\0")),
    "webp_lossy_too_short": webp(webp_chunk(b"VP8 ", b"\x10\0\0\x9d\x01\x2a\x01\0")),
    "webp_lossless_too_short": webp(webp_chunk(b"VP8L", b"\x2f\0\0\0")),
    "webp_lossless_without_signature": webp(WEBP_PIXEL.replace(b"\x2f", b"\x2e")),
    "webp_lossless_of_other_version": webp(WEBP_PIXEL.replace(b"\x2f\0\0\0\x10", b"\x2f\0\0\0\x30")),
    "heic_of_a_film": heic(brands=b"hevc\0\0\0\0hevcheic"),
    "heic_of_any_codec": heic(brands=b"mif1\0\0\0\0mif1miaf"),
    "heic_without_brands": heic(brands=b"heic"),
    "heic_with_cut_brand": heic(brands=b"heic\0\0\0\0mif"),
    "heic_with_too_many_brands": heic(brands=b"heic\0\0\0\0" + b"heic" * 63),
    "heic_with_film": heic(box(b"moov", bytes(8))),
    "heic_with_fragment_of_film": heic(box(b"moof", bytes(8))),
    "heic_with_second_type": heic(box(b"ftyp", b"heic\0\0\0\0heic")),
    "heic_with_second_meta": heic(heic_meta()),
    "heic_without_meta": heic(meta=b""),
    "heic_of_no_picture": heic(meta=heic_meta(handler=b"vide")),
    "heic_with_short_handler": heic(meta=box(b"meta", bytes(4), box(b"hdlr", bytes(8)))),
    "heic_with_other_version": heic(meta=heic_meta().replace(b"meta\0", b"meta\1")),
    "heic_with_meta_of_nothing": heic(meta=box(b"meta")),
    "heic_with_meta_lacking_items": heic(meta=heic_meta().replace(b"iinf", b"infi")),
    "heic_with_box_up_to_the_end": heic()[:-18] + b"\0\0\0\0mdat" + bytes(10),
    "heic_with_box_shorter_than_its_head": heic(b"\0\0\0\x04free"),
    "heic_with_long_box_shorter_than_its_head": heic(struct.pack(">I4sQ", 1, b"free", 15)),
    "heic_with_box_beyond_the_end": heic(b"\0\0\x01\0free"),
    "heic_with_box_beyond_its_box": heic(meta=heic_meta(b"\0\0\0\x10free")),
}


@pytest.mark.parametrize("name", REFUSED_IMAGES)
def test_invalid_image_is_refused(name: str) -> None:
    assert kind_of(REFUSED_IMAGES[name]) == REFUSED


TRAILERS = {
    "zip": zipped({"a": "Hello"}),
    "pdf": pdf(),
    "page": b"<!DOCTYPE html><p>",
    "script": b"\n\n<ScRiPt src=x>",
    "php": b"<?php system($_GET[0]);",
    "windows": b"MZ\x90\0",
    "windows_later": bytes(99) + b"MZ\x90\0 This program cannot be run in DOS mode.",
    "linux": b"\x7fELF\x02\x01\x01",
    "shell": b"#!/bin/sh\n",
    "java": b"\xca\xfe\xba\xbe\0\0\0\x34",
    "rar": b"Rar!\x1a\x07\x01\0",
    "seven_zip": b"7z\xbc\xaf\x27\x1c\0\x04",
    "ole": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
}


@pytest.mark.parametrize("name", TRAILERS)
def test_what_another_program_would_open_may_not_follow_a_jpeg(name: str) -> None:
    assert kind_of(jpeg(trailer=TRAILERS[name])) == REFUSED


@pytest.mark.parametrize("name", sorted(TRAILERS.keys() - {"windows", "shell", "java"}))
@pytest.mark.parametrize("offset", [1, 1_048_575 - 190, 3_000_000])
def test_it_may_not_hide_behind_other_bytes(name: str, offset: int) -> None:
    assert kind_of(jpeg(trailer=b"\x11" * offset)) == "jpeg"
    assert kind_of(jpeg(trailer=b"\x11" * offset + TRAILERS[name])) == REFUSED


@pytest.mark.parametrize("length", range(1_048_576 - 200, 1_048_576 - 160))
def test_program_behind_a_jpeg_is_seen_across_pieces(length: int) -> None:
    assert kind_of(jpeg(b"a" * length, trailer=b"MZ\x90\0")) == REFUSED
