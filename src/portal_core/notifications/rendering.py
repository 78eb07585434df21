"""Renders the text of a notice when it is sent.

The input is a `Letterhead` and at most a time. The functions here never receive a message, a person's name or an
appointment, so none of these can appear in a mail or text message.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal

from attrs import evolve, frozen

from portal_core.kernel.notices import CodePurpose, NoticeClass
from portal_core.kernel.time_zones import zone_info
from portal_core.notifications.templates import MessageTemplates
from portal_core.notifications.templates_en import ENGLISH
from portal_core.notifications.templates_es import SPANISH

MAX_SENDER_NAME_LENGTH = 60
CODE_PAGES: Final[Mapping[CodePurpose, str]] = {
    "verify_email": "/open-account",
    "invitation": "/open-account",
    "reset_password": "/new-password",
    "change_email": "/confirm",
    "safe_email": "/confirm",
}
"""The web app's pages that take a code, below the portal's address. A link holds no code: it has to be
typed, so that neither a mail scanner nor a browser's history can use it."""
_LANGUAGES: Final[Mapping[str, MessageTemplates]] = {"en": ENGLISH, "es": SPANISH}


@frozen
class Letterhead:
    """The sender, the sign-in URL and the recipient's locale. `neutral`: the mail must not reveal the practice;
    `discreet`: nor what happened.

    `contact` are the lines below the sender's name in a mail: the practice's address and phone number. `account` says
    whether the recipient can sign in, or open an account with an invitation.
    """

    sender: str
    url: str
    time_zone: str
    language: str = "en"
    neutral: bool = False
    contact: tuple[str, ...] = ()
    discreet: bool = False
    account: Literal["active", "invited", "none"] = "active"


@frozen
class RenderedNotice:
    """A rendered notice: `sender` (the From name), `subject` and `body` for mail, `text` for a text message."""

    sender: str
    subject: str
    body: str
    text: str


def render_notice(
    kind: str, notice_class: NoticeClass, letterhead: Letterhead, at: datetime | None = None
) -> RenderedNotice:
    """Render a notice. `at` is the start of the appointment, for texts that state it.

    Somebody without an account is not asked to sign in, but told how to open one if they are invited, or to call. With
    a discreet letterhead the text is "You have a notice", except for security and safety notices.
    """
    language = _LANGUAGES.get(letterhead.language, ENGLISH)
    hidden = letterhead.discreet and notice_class not in ("security", "safety")
    subject, line = language.neutral if hidden else language.lines[kind]
    if at is not None and not hidden:
        line = language.timed_lines[kind]
        local = at.astimezone(zone_info(letterhead.time_zone))
        line = line.format(day=language.day(local), time=language.time(local))
    if letterhead.account == "active":
        sign_in = "" if hidden else language.sign_in.get(kind, "")
        return _framed(language.mail, language.text, subject, f"{line} {sign_in}".rstrip(), letterhead)
    page = evolve(letterhead, url=letterhead.url.rstrip("/") + CODE_PAGES["invitation"])
    helps = language.help_invited if letterhead.account == "invited" else language.help_uninvited
    return _framed(language.mail_without_account, language.text, subject, line, page, help=helps.format(url=page.url))


def render_code_mail(
    purpose: CodePurpose, code: str, letterhead: Letterhead, label: str = "", expires_at: datetime | None = None
) -> RenderedNotice:
    """Render the mail for a code that the portal generated, with the label of an invitation, and until when it works.

    It never holds a link that signs in.
    """
    language = _LANGUAGES.get(letterhead.language, ENGLISH)
    subject, line, link = language.code_lines[purpose]
    limit = language.code_limit
    if expires_at is not None:
        local = expires_at.astimezone(zone_info(letterhead.time_zone))
        limit = language.code_limit_until.format(day=language.day(local), time=language.time(local))
    line = f"{line.format(code=code, label=label)}\n\n{limit}"
    page = evolve(letterhead, url=letterhead.url.rstrip("/") + CODE_PAGES[purpose])
    return _framed(language.code_mail, language.text, subject, line, page, link=link)


def inbox_title(kind: str, language: str) -> str:
    """Return the title of an inbox item, in the given language."""
    return _LANGUAGES.get(language, ENGLISH).lines[kind][0]


def printable_line(name: str) -> str:
    """Return a name that is safe in a mail header: printable, on one line, at most `MAX_SENDER_NAME_LENGTH` long."""
    return " ".join("".join(c if c.isprintable() else " " for c in name).split())[:MAX_SENDER_NAME_LENGTH].rstrip()


def _framed(mail: str, text: str, subject: str, line: str, letterhead: Letterhead, **more: str) -> RenderedNotice:
    sender = printable_line(letterhead.sender)
    return RenderedNotice(
        sender,
        subject,
        mail.format(line=line, url=letterhead.url, signature="\n".join((sender, *letterhead.contact)), **more),
        text.format(line=line, url=letterhead.url, sender=sender),
    )
