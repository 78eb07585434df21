"""Mail by SMTP (RFC 5321), with one connection per mail."""

import asyncio
import smtplib
import ssl

from attrs import field, frozen

from adapters.mime import mime
from portal_core.notifications.errors import MailError, MailNotSent, MailRefused, MailUncertain
from portal_core.notifications.ports import Mail, Mailer

TIMEOUT_SECONDS = 10.0
"""For each reply. Much shorter than `LEASE_DURATION`, after which another worker settles the notice."""


@frozen
class SmtpMailer(Mailer):
    """Sends mail through a relay.

    `tls` is STARTTLS with a verified certificate. Switch it off only for a relay on this machine.
    """

    host: str
    port: int
    from_address: str
    user: str = ""
    password: str = field(default="", repr=False)
    tls: bool = True

    async def send(self, mail: Mail) -> str:
        content = mime(mail, self.from_address)
        # smtplib blocks, so it runs in a thread.
        return await asyncio.to_thread(self._send, mail.to, content)

    def _send(self, to: str, content: bytes) -> str:
        try:
            with smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_SECONDS) as relay:
                self._greet(relay)
                _require_accepted(*relay.mail(self.from_address))
                _require_accepted(*relay.rcpt(to))
                return self._deliver(relay, content)
        except (OSError, smtplib.SMTPException) as error:
            # The content was not transmitted yet, so nothing was sent.
            raise MailNotSent(type(error).__name__) from error

    def _greet(self, relay: smtplib.SMTP) -> None:
        if self.tls:
            relay.starttls(context=ssl.create_default_context())
        if self.user:
            relay.login(self.user, self.password)

    def _deliver(self, relay: smtplib.SMTP, content: bytes) -> str:
        try:
            code, text = relay.data(content)
        except smtplib.SMTPDataError as error:  # refused before the content was transmitted
            raise _error_for(error.smtp_code) from error
        except (OSError, smtplib.SMTPException) as error:
            # The relay may have the content, and did not reply.
            raise MailUncertain(type(error).__name__) from error
        _require_accepted(code, text)
        return text.decode(errors="replace")


def _require_accepted(code: int, _text: bytes) -> None:
    """Raises the error for a negative reply. The reply's text may contain the address, so it is dropped."""
    if not 200 <= code < 300:
        raise _error_for(code)


def _error_for(code: int) -> MailError:
    """RFC 5321, 4.2.1: a 4yz failure is temporary, a 5yz failure is permanent."""
    return MailNotSent(f"smtp_{code}") if 400 <= code < 500 else MailRefused(f"smtp_{code}")
