"""The shape of one language's words."""

from collections.abc import Callable, Mapping
from datetime import datetime

from attrs import frozen


@frozen
class MessageTemplates:
    """`lines` and `code_lines` are (subject, line) by kind or purpose; the rest are the frames that a line stands in.

    `day` and `time` say a local, aware time.
    """

    lines: Mapping[str, tuple[str, str]]
    neutral: tuple[str, str]
    mail: str
    text: str
    code_lines: Mapping[str, tuple[str, str]]
    code_mail: str
    day: Callable[[datetime], str]
    time: Callable[[datetime], str]
