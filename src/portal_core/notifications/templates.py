"""The structure of one language's message templates."""

from collections.abc import Callable, Mapping
from datetime import datetime

from attrs import frozen


@frozen
class MessageTemplates:
    """The texts of one language.

    `lines` map a notice kind to (subject, line), `code_lines` a code's purpose to (subject, line, words for the link to
    the page that takes the code). `timed_lines` are the lines that state the `{day}` and `{time}` of an appointment.
    `sign_in` is what follows the line of a kind for those who can sign in. `neutral` replaces subject and line where a
    message must say nothing. `mail`, `text` and `code_mail` are the frames around a line; a `signature` is the sender's
    name, address and phone number. `mail_without_account` is the frame for somebody who cannot sign in, with a `help`:
    `help_invited` while an invitation of theirs is open, and `help_uninvited` otherwise. `code_limit` says that a code
    works once, `code_limit_until` also until when. `day` and `time` format an aware local time.
    """

    lines: Mapping[str, tuple[str, str]]
    timed_lines: Mapping[str, str]
    sign_in: Mapping[str, str]
    neutral: tuple[str, str]
    mail: str
    mail_without_account: str
    help_invited: str
    help_uninvited: str
    text: str
    code_lines: Mapping[str, tuple[str, str, str]]
    code_mail: str
    code_limit: str
    code_limit_until: str
    day: Callable[[datetime], str]
    time: Callable[[datetime], str]
