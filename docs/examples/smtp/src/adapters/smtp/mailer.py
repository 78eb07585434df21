"""Mail by SMTP (RFC 5321), one connection for each mail: what is known decides whether it may be sent again."""

import asyncio
import smtplib
import ssl

from attrs import field, frozen

from adapters.mime import mime
from portal_core.notifications.errors import MailError, MailNotSent, MailRefused, MailUncertain
from portal_core.notifications.ports import Mail, Mailer

TIMEOUT_SECONDS = 10.0
"""Seconds for each answer; much less than the lease of a notice (`LEASE_DURATION`), after which another worker looks at it."""


@frozen
class SmtpMailer(Mailer):
    """Hands mail to a relay. `tls` is STARTTLS with a checked certificate, and off for a relay on this machine only."""

    host: str
    port: int
    from_address: str
    user: str = ""
    password: str = field(default="", repr=False)
    tls: bool = True

    async def send(self, mail: Mail) -> str:
        content = mime(mail, self.from_address)
        # smtplib blocks.
        return await asyncio.to_thread(self._send, mail.to, content)

    def _send(self, to: str, content: bytes) -> str:
        try:
            with smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_SECONDS) as relay:
                self._greet(relay)
                _accepted(*relay.mail(self.from_address))
                _accepted(*relay.rcpt(to))
                return self._deliver(relay, content)
        except (OSError, smtplib.SMTPException) as error:
            # Before the content went out: nothing was sent.
            raise MailNotSent(type(error).__name__) from error

    def _greet(self, relay: smtplib.SMTP) -> None:
        if self.tls:
            relay.starttls(context=ssl.create_default_context())
        if self.user:
            relay.login(self.user, self.password)

    def _deliver(self, relay: smtplib.SMTP, content: bytes) -> str:
        try:
            code, words = relay.data(content)
        except smtplib.SMTPDataError as error:  # refused before the content
            raise _problem(error.smtp_code) from error
        except (OSError, smtplib.SMTPException) as error:
            # The relay had it, or most of it, and did not say what became of it.
            raise MailUncertain(type(error).__name__) from error
        _accepted(code, words)
        return words.decode(errors="replace")


def _accepted(code: int, _words: bytes) -> None:
    """Raises what a reply stands for, unless it is a yes. Its words may name the address, and go nowhere."""
    if not 200 <= code < 300:
        raise _problem(code)


def _problem(code: int) -> MailError:
    """RFC 5321, 4.2.1: 4yz may pass, 5yz will not."""
    return MailNotSent(f"smtp_{code}") if 400 <= code < 500 else MailRefused(f"smtp_{code}")
