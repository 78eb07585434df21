"""How an account's holder wants to be notified, and how a practice presents itself in notices."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from attrs import evolve, field, frozen

from portal_core.kernel.languages import LANGUAGES, Language
from portal_core.kernel.notices import Channel

MessageDetails = Literal["nothing", "what", "when"]
"""What mail and text messages say: only that there is a notice; what happened; what happened, and when.

Never more: no clinical word, appointment type, person or place. The default is what happened: anybody at the mailbox
learns it, so the time is for those who ask for it. A reminder states its time unless it may say nothing. That is what
it is for, and a client without an account reads it nowhere else. Security and safety notices say what they warn of.
"""
MESSAGE_DETAILS: tuple[MessageDetails, ...] = get_args(MessageDetails)

NO_ACCOUNT_ID = UUID(int=0)
"""The account id in the default settings of people without an account."""

DEFAULT_REMINDER_MINUTES = (24 * 60, 2 * 60)


@frozen
class ConfidentialCommunication:
    """A request for confidential communication, which a practice must accommodate (45 CFR 164.522(b)).

    `safe_email`, confirmed by a code (`SafeEmailVerification`), replaces the account's email for all but security
    notices, which go to the account's own email. `safe_phone` is the number for calls. `neutral_sender` reduces mail
    and text messages to "you have a notice", without the practice's name.
    """

    safe_email: str | None = None
    safe_phone: str | None = None
    neutral_sender: bool = False
    do_not_text: bool = False
    do_not_voicemail: bool = False


@frozen
class SmsConsent:
    """Consent to text messages to one number (E.164), and when it was given (prior express consent, 47 CFR 64.1200)."""

    phone: str
    given_at: datetime


@frozen
class NotificationSettings:
    """One account's notification settings. `version` is 0 for the defaults, until settings are saved for the first
    time.

    `channels` holds only the notice kinds for which the holder chose channels. `reminder_minutes` are the lead times
    before an appointment, longest first. `language` is the chosen one; until the holder chooses it is None, and
    notices are in `record_language`, which a client's record names and which is not saved here. `time_zone` is an IANA
    name; None means the practice's. Text messages go to `sms_consent.phone` only.
    """

    account_id: UUID
    channels: Mapping[str, tuple[Channel, ...]] = field(factory=dict)
    reminder_minutes: tuple[int, ...] = DEFAULT_REMINDER_MINUTES
    language: str | None = None
    time_zone: str | None = None
    confidential: ConfidentialCommunication = field(factory=ConfidentialCommunication)
    sms_consent: SmsConsent | None = None
    sms_opted_out_at: datetime | None = None
    message_details: MessageDetails = "what"
    version: int = 0
    record_language: str | None = None

    @property
    def notice_language(self) -> Language:
        """The language of notices: the chosen one, or the record's (`es` for `es-MX`), or English if there is none."""
        language = self.language or (self.record_language or "").partition("-")[0].lower()
        return next((one for one in LANGUAGES if one == language), "en")

    def may_send_sms(self) -> bool:
        """Whether text messages may be sent at all."""
        return self.sms_consent is not None and not self.confidential.do_not_text

    def use_safe_email(self, email: str) -> "NotificationSettings":
        """Set the safe email after it was confirmed."""
        return evolve(self, confidential=evolve(self.confidential, safe_email=email), version=self.version + 1)

    def opt_out_of_sms(self, at: datetime) -> "NotificationSettings":
        """Withdraw the consent after the holder replied STOP; it must be given again in the settings."""
        return evolve(self, sms_consent=None, sms_opted_out_at=at, version=self.version + 1)
