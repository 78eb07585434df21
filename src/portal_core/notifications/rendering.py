"""Makes the words of a notice at the moment it is sent.

Nothing can get in but what `Letterhead` and a time hold: the functions here see no message, no name of a person, no
appointment. That is the whole defence, and it is enough.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from attrs import frozen

from portal_core.kernel.notices import CodePurpose, NoticeClass
from portal_core.notifications.templates import MessageTemplates
from portal_core.notifications.templates_en import ENGLISH
from portal_core.notifications.templates_es import SPANISH

MAX_SENDER_NAME_LENGTH = 60
_LANGUAGES: Final[Mapping[str, MessageTemplates]] = {"en": ENGLISH, "es": SPANISH}


@frozen
class Letterhead:
    """Who writes, and where to sign in. `neutral` is set when the practice must not be known by its mail."""

    sender: str
    url: str
    time_zone: str
    language: str = "en"
    neutral: bool = False


@frozen
class RenderedNotice:
    """A subject and a body for mail; `text` says the same in a text message; `sender` stands in From."""

    sender: str
    subject: str
    body: str
    text: str


def render_notice(
    kind: str, notice_class: NoticeClass, letterhead: Letterhead, at: datetime | None = None
) -> RenderedNotice:
    """The words of a notice. `at` is the start of the appointment for kinds that name it.

    A neutral letterhead takes the line away from all but security notices, which speak of the account alone.
    """
    language = _LANGUAGES.get(letterhead.language, ENGLISH)
    hidden = letterhead.neutral and notice_class not in ("security", "safety")
    subject, line = language.neutral if hidden else language.lines[kind]
    if at is not None:
        local = at.astimezone(ZoneInfo(letterhead.time_zone))
        line = line.format(day=language.day(local), time=language.time(local))
    return _framed(language.mail, language.text, subject, line, letterhead)


def render_code_mail(purpose: CodePurpose, code: str, letterhead: Letterhead) -> RenderedNotice:
    """The words of a mailed code, for identity providers of our own that make one. Never a link that signs in."""
    language = _LANGUAGES.get(letterhead.language, ENGLISH)
    subject, line = language.code_lines[purpose]
    return _framed(language.code_mail, language.text, subject, line.format(code=code), letterhead)


def inbox_title(kind: str, language: str) -> str:
    """The line of the inbox."""
    return _LANGUAGES.get(language, ENGLISH).lines[kind][0]


def printable_line(name: str) -> str:
    """A name that can stand in a header: printable, on one line, and not long."""
    return " ".join("".join(c if c.isprintable() else " " for c in name).split())[:MAX_SENDER_NAME_LENGTH].rstrip()


def _framed(mail: str, text: str, subject: str, line: str, letterhead: Letterhead) -> RenderedNotice:
    sender = printable_line(letterhead.sender)
    return RenderedNotice(
        sender,
        subject,
        mail.format(line=line, url=letterhead.url, sender=sender),
        text.format(line=line, url=letterhead.url, sender=sender),
    )
