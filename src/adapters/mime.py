"""Builds a MIME message. No value that is filled in can add a header or a recipient."""

from collections.abc import Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from portal_core.notifications.errors import MailRefused
from portal_core.notifications.ports import Mail


def mime(mail: Mail, from_address: str, headers: Mapping[str, str] | None = None) -> bytes:
    """Return the mail as one plain-text part, encoded as ASCII (RFC 5322, RFC 2045), with these further `headers`.

    Raises:
        MailRefused: an address is invalid or not ASCII, or a header value contains a line break.
    """
    if not (mail.to + from_address).isascii():
        raise MailRefused("bad_address")  # `email` would write an encoded word, which is no part of an address.
    message = EmailMessage(policy=SMTP)
    try:
        message["From"] = Address(mail.sender_name, addr_spec=from_address)
        message["To"] = Address(addr_spec=mail.to)
        message["Subject"] = mail.subject
        # Automatic responders do not reply to these (RFC 3834, section 5).
        message["Auto-Submitted"] = "auto-generated"
        for name, value in (headers or {}).items():
            message[name] = value
        message.set_content(mail.body, cte="quoted-printable")
        return message.as_bytes()
    except (ValueError, IndexError, LookupError) as error:
        raise MailRefused("bad_address") from error
