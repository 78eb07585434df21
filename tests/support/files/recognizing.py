"""Recognizes content in memory."""

from io import BytesIO

from portal_core.files.errors import FileRejected
from portal_core.files.kinds.recognition import recognize


def kind_of(data: bytes) -> str:
    """The name of the kind, or the code of the refusal. Nothing else may come of any bytes."""
    try:
        return recognize(BytesIO(data), len(data)).name
    except FileRejected as error:
        return error.code


REFUSED = "file_kind_not_allowed"
EXPANDS = "file_expands_too_much"
