"""Channels, addresses and sender names of notices."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from portal_core.kernel.notices import CHANNELS, NOTICE_KINDS
from portal_core.notifications.branding import BrandingSettings, PracticeBranding
from portal_core.notifications.model import NoticeDelivery
from portal_core.notifications.outbound import deliveries
from portal_core.notifications.policy import channels_for, letterhead, mail_address
from portal_core.notifications.ports import Recipient
from portal_core.notifications.settings import (
    ConfidentialCommunication,
    NotificationSettings,
    SmsConsent,
)
from portal_core.notifications.settings_validation import channel_errors
from portal_core.notifications.views import NotificationSettingsView

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
ACCOUNT = UUID(int=1)
BRANDING = PracticeBranding("Elm Street", "Secure portal", "https://elm.example.org", ("(518) 555-0100",))
CONSENT = SmsConsent("+12125550123", NOW)


def somebody(*, account: bool = True, email: str = "a@example.org", **settings: Any) -> Recipient:
    kept = NotificationSettings(ACCOUNT, **settings)
    return Recipient(BRANDING, "America/New_York", kept, ACCOUNT if account else None, email=email)


def reached(kind: str, recipient: Recipient) -> tuple[str, ...]:
    return channels_for(kind, NOTICE_KINDS[kind], recipient)


def test_defaults_and_choices() -> None:
    assert reached("new_message", somebody()) == ("email", "in_app")
    assert reached("new_message", somebody(channels={"new_message": ("in_app",)})) == ("in_app",)
    assert reached("new_message", somebody(channels={"new_message": ()})) == ()
    assert reached("appointment_reminder", somebody()) == ("email", "in_app")
    assert reached("appointment_reminder", somebody(sms_consent=CONSENT)) == ("email", "sms", "in_app")


@pytest.mark.parametrize(
    ("name", "chosen"),
    [
        ("appointments_booked", "appointment_booked"),
        ("appointments_cancelled", "appointment_cancelled"),
        ("appointments_rescheduled", "appointment_rescheduled"),
        ("fee_removed", "late_cancel_fee"),
        ("no_show_fee", "late_cancel_fee"),
    ],
)
def test_some_kinds_have_the_channels_chosen_for_another(name: str, chosen: str) -> None:
    assert reached(name, somebody()) == ("email", "in_app")
    assert reached(name, somebody(channels={chosen: ()})) == ()
    assert reached(name, somebody(channels={chosen: ("in_app",), name: ("email",)})) == ("in_app",)
    assert [one.code for one in channel_errors("channels", {name: ("email",)})] == ["not_configurable"]
    view = NotificationSettingsView.of(NotificationSettings(ACCOUNT), None, NOW)
    listed = {one.kind for one in view.choices}
    assert (name in listed, chosen in listed) == (False, True)


def test_no_sms_without_consent_or_when_declined() -> None:
    only_texts = {"new_message": ("sms",)}
    assert reached("new_message", somebody(channels=only_texts, sms_consent=CONSENT)) == ("sms",)
    # They get mail instead, since they wanted to be notified.
    assert reached("new_message", somebody(channels=only_texts)) == ("email", "in_app")
    asked = ConfidentialCommunication(do_not_text=True)
    assert reached("new_message", somebody(channels=only_texts, sms_consent=CONSENT, confidential=asked)) == (
        "email",
        "in_app",
    )
    assert reached("new_message", somebody(channels={"new_message": ("sms", "in_app")})) == ("email", "in_app")
    assert reached("new_message", somebody(channels={"new_message": ("sms", "email")})) == ("email",)
    assert reached("new_message", somebody(email="", channels=only_texts)) == ("in_app",)
    assert reached("new_message", somebody(account=False, channels=only_texts)) == ("email",)


def test_security_notices_cannot_be_turned_off() -> None:
    assert reached("password_changed", somebody(channels={"password_changed": ()})) == ("email", "in_app")


def test_people_without_an_account_get_mail_only() -> None:
    assert reached("appointment_reminder", somebody(account=False)) == ("email",)
    assert reached("appointment_reminder", somebody(account=False, email="")) == ()
    assert reached("account_closed", somebody(email="")) == ()


def test_the_former_address_is_looked_up_later() -> None:
    assert reached("email_changed", somebody(email="")) == ("email",)


def test_safe_email_is_used_for_all_but_security_notices() -> None:
    safe = somebody(confidential=ConfidentialCommunication(safe_email="safe@example.org"))
    assert mail_address(NOTICE_KINDS["new_message"], safe) == "safe@example.org"
    assert mail_address(NOTICE_KINDS["appointment_reminder"], safe) == "safe@example.org"
    assert mail_address(NOTICE_KINDS["contact_changed"], safe) == "a@example.org"
    assert mail_address(NOTICE_KINDS["new_message"], somebody()) == "a@example.org"


def test_sender_name() -> None:
    plain = letterhead(somebody(language="es"))
    assert (plain.sender, plain.url, plain.time_zone, plain.language, plain.neutral) == (
        "Elm Street",
        "https://elm.example.org",
        "America/New_York",
        "es",
        False,
    )
    neutral = letterhead(somebody(confidential=ConfidentialCommunication(neutral_sender=True)))
    assert (neutral.sender, neutral.neutral) == ("Secure portal", True)


def test_who_wants_to_read_nothing_gets_a_discreet_letterhead_of_the_practice() -> None:
    assert not letterhead(somebody()).discreet
    assert not letterhead(somebody(message_details="when")).discreet
    quiet = letterhead(somebody(message_details="nothing"))
    assert (quiet.discreet, quiet.neutral, quiet.sender) == (True, False, "Elm Street")
    neutral = letterhead(somebody(message_details="when", confidential=ConfidentialCommunication(neutral_sender=True)))
    assert neutral.discreet


def test_neutral_mail_has_no_address_or_phone_of_the_practice() -> None:
    confidential = somebody(confidential=ConfidentialCommunication(neutral_sender=True))
    assert letterhead(somebody()).contact == BRANDING.contact
    assert letterhead(confidential).contact == letterhead(somebody(), neutral=True).contact == ()


@pytest.mark.parametrize(
    ("hosts", "settings", "url", "neutral"),
    [
        ((), BrandingSettings(), "http://here", "Secure portal"),
        (("elm.example.org", "x"), BrandingSettings(), "https://elm.example.org", "Secure portal"),
        (
            ("elm.example.org",),
            BrandingSettings(portal_url="https://elm.example.org/start", neutral_name="Office"),
            "https://elm.example.org/start",
            "Office",
        ),
        (("elm.example.org",), BrandingSettings(portal_url="https://here/elm"), "https://here/elm", "Secure portal"),
        # A host that the practice no longer has is not used.
        (("elm.example.org",), BrandingSettings(portal_url="https://old"), "https://elm.example.org", "Secure portal"),
        ((), BrandingSettings(portal_url="https://old"), "http://here", "Secure portal"),
    ],
)
def test_branding_follows_the_settings(
    hosts: tuple[str, ...], settings: BrandingSettings, url: str, neutral: str
) -> None:
    assert PracticeBranding.of("Elm", hosts, settings, "http://here") == PracticeBranding("Elm", neutral, url)


CHOSEN = st.dictionaries(
    st.sampled_from(list(NOTICE_KINDS)), st.lists(st.sampled_from(CHANNELS), unique=True).map(tuple)
)


@given(
    st.sampled_from(list(NOTICE_KINDS)),
    CHOSEN,
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["", "a@b.org"]),
)
def test_chosen_channels_are_always_available_ones(
    kind: str, chosen: dict[str, Any], account: bool, consents: bool, asked: bool, email: str
) -> None:
    recipient = somebody(
        account=account,
        email=email,
        channels=chosen,
        sms_consent=CONSENT if consents else None,
        confidential=ConfidentialCommunication(do_not_text=asked),
    )
    found = reached(kind, recipient)
    assert len(set(found)) == len(found)
    assert "sms" not in found or (consents and not asked)
    assert "in_app" not in found or account
    if chosen.get(kind) and email:
        assert {"email", "sms"} & set(found) or chosen[kind] == ("in_app",), "nobody is switched into nothing"
    if NOTICE_KINDS[kind].notice_class == "security":
        assert set(found) <= set(NOTICE_KINDS[kind].channels)
        assert "email" in found or (not email and not NOTICE_KINDS[kind].to_former_email)


def test_in_app_deliveries_come_last() -> None:
    first, second = somebody(), evolve(somebody(), account_id=UUID(int=2))
    row = NoticeDelivery(UUID(int=3), "new_message", "service", NOW, NOW, NOW)
    pairs = deliveries(row, NOTICE_KINDS["new_message"], (first, second))
    assert [(person.account_id, channel) for person, channel in pairs] == [
        (ACCOUNT, "email"),
        (UUID(int=2), "email"),
        (ACCOUNT, "in_app"),
        (UUID(int=2), "in_app"),
    ]
