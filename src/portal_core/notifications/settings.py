"""How an account's holder wants to be told."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from attrs import evolve, field, frozen

from portal_core.kernel.notices import Channel

LANGUAGES = ("en", "es")
NO_ACCOUNT_ID = UUID(int=0)
"""Stands for the account in the default settings of those who have none."""

DEFAULT_NEUTRAL_NAME = "Secure portal"
DEFAULT_REMINDER_MINUTES = (24 * 60, 2 * 60)


@frozen
class PracticeBranding:
    """How a practice writes: its name, the name that says nothing about it, and where its portal is.

    The last two are the section `notifications` of the practice's settings (`neutral_name`, `portal_url`).
    """

    name: str
    neutral_name: str
    portal_url: str

    @classmethod
    def of(cls, name: str, hosts: Sequence[str], section: Mapping[str, object], base_url: str) -> "PracticeBranding":
        """With the defaults: a neutral name of ours; the practice's first host, or where the deployment is."""
        portal_url = section.get("portal_url") or (f"https://{hosts[0]}" if hosts else base_url)
        return cls(name, str(section.get("neutral_name") or DEFAULT_NEUTRAL_NAME), str(portal_url))


@frozen
class ConfidentialCommunication:
    """Confidential communication, which a practice must accommodate (45 CFR 164.522(b)).

    `safe_email`, proven by a code (`SafeEmailVerification`), takes the place of the account's email for all but security
    notices, which go to the address that the account is proven by; `safe_phone` is the number for calls.
    `neutral_sender` leaves the practice's name and everything but "you have a notice" out of mails and texts.
    """

    safe_email: str | None = None
    safe_phone: str | None = None
    neutral_sender: bool = False
    do_not_text: bool = False
    do_not_voicemail: bool = False


@frozen
class SmsConsent:
    """Consent to texts, for this one number (E.164), given at that instant (47 CFR 64.1200: prior express consent)."""

    phone: str
    given_at: datetime


@frozen
class NotificationSettings:
    """One account's settings. `version` is 0 while nothing was ever saved: these are then the defaults.

    `channels` holds only the kinds whose channels were chosen by the holder; `reminder_minutes` are the lead times
    before an appointment, longest first; `time_zone` is an IANA name, None for the practice's own. Texts go to
    `sms_consent.phone` and nowhere else.
    """

    account_id: UUID
    channels: Mapping[str, tuple[Channel, ...]] = field(factory=dict)
    reminder_minutes: tuple[int, ...] = DEFAULT_REMINDER_MINUTES
    language: str = "en"
    time_zone: str | None = None
    confidential: ConfidentialCommunication = field(factory=ConfidentialCommunication)
    sms_consent: SmsConsent | None = None
    sms_opted_out_at: datetime | None = None
    version: int = 0

    def may_send_sms(self) -> bool:
        """Whether a text may be sent at all."""
        return self.sms_consent is not None and not self.confidential.do_not_text

    def use_safe_email(self, email: str) -> "NotificationSettings":
        """Somebody proved to read what is mailed there."""
        return evolve(self, confidential=evolve(self.confidential, safe_email=email), version=self.version + 1)

    def opt_out_of_sms(self, at: datetime) -> "NotificationSettings":
        """The holder answered STOP: no consent, until it is given anew."""
        return evolve(self, sms_consent=None, sms_opted_out_at=at, version=self.version + 1)
