"""The Content-Disposition header of a file (RFC 6266), with its name in any script (RFC 8187)."""

import unicodedata
from typing import Literal
from urllib.parse import quote

_ATTRIBUTE_CHARACTERS = "!#$&+-.^_`|~"
"""Besides letters and digits, what an extended value may hold unescaped (RFC 8187, 3.2.1)."""


def content_disposition(file_name: str, disposition: Literal["attachment", "inline"] = "attachment") -> str:
    """The header's value. Clients that do not know `filename*` get the name in ASCII, without what could end it early.

    A name of other characters than ASCII's is in both forms; the extended one wins (RFC 6266, 4.3).
    """
    # What UTF-8 cannot encode, and separators that some clients take for a folder (RFC 6266, 4.3).
    name = file_name.encode("utf-8", "replace").decode().replace("/", "_").replace("\\", "_")
    decomposed = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = "".join("_" if char in '"%' or not char.isprintable() else char for char in decomposed)
    if not plain.partition(".")[0]:
        plain = f"file{plain}"
    header = f'{disposition}; filename="{plain}"'
    return header if plain == name else f"{header}; filename*=UTF-8''{quote(name, safe=_ATTRIBUTE_CHARACTERS)}"
