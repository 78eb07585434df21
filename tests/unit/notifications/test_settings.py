"""Notification settings, and who may change them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from portal_core.kernel.actor import StaffActor, VisitorActor
from portal_core.kernel.errors import Forbidden, Invalid, NotFound, StaleVersion, Unauthenticated
from portal_core.kernel.notices import Notice
from portal_core.notifications.use_cases.get_contact_preferences import GetContactPreferences
from portal_core.notifications.use_cases.get_notification_settings import GetNotificationSettings
from portal_core.notifications.use_cases.opt_out_of_sms import OptOutOfSms, OptOutOfSmsCommand
from tests.unit.notifications.account_holder import SettingsOwner
from tests.unit.notifications.memory_world import MemoryNotificationsWorld

PHONE = "+12125550123"


async def test_view_includes_defaults_for_every_kind(holder: SettingsOwner) -> None:
    view = await holder.show()
    assert (view.version, view.reminder_minutes, view.language, view.time_zone) == (0, (1440, 120), "en", None)
    choices = {choice.kind: choice for choice in view.choices}
    assert choices["new_message"].channels == ("email", "in_app")
    assert choices["new_message"].available_channels == ("email", "sms", "in_app")
    assert choices["password_changed"].fixed
    assert choices["password_changed"].available_channels == choices["password_changed"].channels
    assert "verify_email" not in choices


async def test_change_keeps_omitted_settings(holder: SettingsOwner) -> None:
    first = await holder.change(
        channels={"new_message": ("sms",), "form_assigned": ()}, reminder_minutes=(60, 1440), language="es"
    )
    assert (first.version, first.reminder_minutes, first.language) == (1, (1440, 60), "es")
    second = await holder.change(channels={"new_message": ("email",)}, time_zone="America/Chicago", neutral_sender=True)
    choices = {choice.kind: choice.channels for choice in second.choices}
    assert (choices["new_message"], choices["form_assigned"]) == (("email",), ())
    assert (second.language, second.reminder_minutes, second.time_zone) == ("es", (1440, 60), "America/Chicago")
    assert second.neutral_sender
    assert not second.do_not_text
    assert second == await holder.show()
    assert second.message_details == "what"
    assert (await holder.change(message_details="when")).message_details == "when"
    assert (await holder.change(language="es")).message_details == "when"
    third = await holder.change(time_zone=None, neutral_sender=False, reminder_minutes=())
    assert (third.time_zone, third.neutral_sender, third.reminder_minutes) == (None, False, ())


async def test_sms_consent_has_a_date_and_one_number(world: MemoryNotificationsWorld, holder: SettingsOwner) -> None:
    given_at = world.clock.now()
    assert (await holder.change(sms_phone=PHONE)).sms_consent_at == given_at
    world.clock.advance(timedelta(days=1))
    again = await holder.change(sms_phone=PHONE, do_not_voicemail=True)
    assert (again.sms_phone, again.sms_consent_at) == (PHONE, given_at)
    other = await holder.change(sms_phone="+12125550199")
    assert other.sms_consent_at == world.clock.now()
    assert (await holder.change(sms_phone=None)).sms_consent_at is None


async def test_stop_withdraws_consent_for_all_accounts_in_the_practice(
    world: MemoryNotificationsWorld, holder: SettingsOwner
) -> None:
    same_phone = await SettingsOwner(world).sign_up("b@example.org")
    elsewhere = await SettingsOwner(await world.other_practice()).sign_up()
    for one in (holder, same_phone, elsewhere):
        await one.change(sms_phone=PHONE)
    stop = OptOutOfSms(world.begin, world.clock)
    assert await stop(world.system, OptOutOfSmsCommand(PHONE)) == 2
    assert await stop(world.system, OptOutOfSmsCommand(PHONE)) == 0
    for one in (holder, same_phone):
        view = await one.show()
        assert (view.sms_phone, view.sms_opted_out_at) == (None, world.clock.now())
    assert (await elsewhere.show()).sms_phone == PHONE
    assert [entry.action for entry in await world.audit()].count("sms.opted_out") == 2
    consented = await holder.change(sms_phone=PHONE)
    assert (consented.sms_phone, consented.sms_opted_out_at) == (PHONE, None)
    with pytest.raises(Forbidden):
        await stop(holder.actor, OptOutOfSmsCommand(PHONE))


async def test_old_address_is_notified_of_redirect(world: MemoryNotificationsWorld, holder: SettingsOwner) -> None:
    warning = Notice("contact_changed", "security", to_account=holder.actor.account_id)
    await holder.change(language="es", do_not_text=True)
    assert world.store.notices == []
    await holder.change(sms_phone=PHONE)
    assert world.store.notices == [warning]
    await holder.change(sms_phone=PHONE)
    await holder.change(sms_phone=None)
    assert world.store.notices == [warning, warning]
    await holder.change(safe_phone=PHONE)
    assert world.store.notices == [warning, warning, warning]


async def test_a_stale_change_is_refused(holder: SettingsOwner) -> None:
    await holder.change(language="es")
    with pytest.raises(StaleVersion):
        await holder.change(version=0, language="en")
    assert (await holder.show()).language == "es"


async def test_all_invalid_fields_are_reported_and_nothing_changes(holder: SettingsOwner) -> None:
    bad: dict[str, Any] = {
        "channels": {
            "new_message": ("pigeon",),
            "form_assigned": ("sms", "sms"),
            "password_changed": ("email",),
            "nothing": (),
        },
        "reminder_minutes": (5, 60, 60),
        "language": "fr",
        "time_zone": "America",
        "safe_email": "ann@",
        "safe_phone": "911",
        "sms_phone": "5550123",
        "message_details": "everything",
    }
    with pytest.raises(Invalid) as caught:
        await holder.change(**bad)
    assert {(error.path, error.code) for error in caught.value.fields} == {
        ("channels.new_message", "channels_invalid"),
        ("channels.form_assigned", "channels_invalid"),
        ("channels.password_changed", "not_configurable"),
        ("channels.nothing", "not_configurable"),
        ("reminder_minutes", "reminders_invalid"),
        ("reminder_minutes.0", "reminder_invalid"),
        ("language", "language_invalid"),
        ("time_zone", "time_zone_unknown"),
        ("safe_email", "email_invalid"),
        ("safe_phone", "phone_invalid"),
        ("sms_phone", "phone_invalid"),
        ("message_details", "details_invalid"),
    }
    assert (await holder.show()).version == 0


async def test_contact_fields_are_stored_in_one_form(holder: SettingsOwner) -> None:
    view = await holder.change(safe_phone="(212) 555-0100", sms_phone="212.555.0123", time_zone=" America/Chicago ")
    assert (view.safe_phone, view.sms_phone, view.time_zone) == ("+12125550100", PHONE, "America/Chicago")
    again = await holder.change(sms_phone="+1 212 555 0123", safe_phone=None, time_zone=None)
    assert (again.sms_consent_at, again.safe_phone, again.time_zone) == (view.sms_consent_at, None, None)
    assert (await holder.set_safe_email(" Safe@Example.ORG ")).safe_email == "safe@example.org"
    for blank in ({"safe_email": " "}, {"safe_phone": " "}, {"time_zone": " "}):
        with pytest.raises(Invalid):
            await holder.change(**blank)


async def test_the_audit_trail_names_fields_and_no_values(
    world: MemoryNotificationsWorld, holder: SettingsOwner
) -> None:
    await holder.change(safe_email="safe@example.org", neutral_sender=False)
    (entry,) = [entry for entry in await world.audit() if entry.action == "settings.changed"]
    assert entry.facts == {"set": "safe_email,neutral_sender"}


async def test_reading_a_clients_settings_is_audited(world: MemoryNotificationsWorld, holder: SettingsOwner) -> None:
    await holder.show()
    (entry,) = await world.audit()
    assert (entry.action, entry.target, entry.record) == (
        "settings.read",
        holder.actor.account_id,
        holder.actor.client_id,
    )


async def test_staff_have_settings_of_their_own_and_visitors_none(world: MemoryNotificationsWorld) -> None:
    account = await world.add_account("staff@example.org")
    staff = StaffActor(world.practice_id, account, frozenset({"clinician"}))
    assert (await GetNotificationSettings(world.begin, world.clock)(staff)).version == 0
    with pytest.raises(Unauthenticated):
        await GetNotificationSettings(world.begin, world.clock)(VisitorActor(world.practice_id))


async def test_staff_see_how_a_client_wants_to_be_reached(
    world: MemoryNotificationsWorld, holder: SettingsOwner
) -> None:
    use = GetContactPreferences(world.begin)
    clinician = StaffActor(world.practice_id, UUID(int=1), frozenset({"clinician"}))
    client_id = holder.actor.client_id
    plain = await use(clinician, client_id)
    assert (plain.email, plain.do_not_text, plain.do_not_voicemail) == ("a@example.org", True, False)
    await holder.set_safe_email("safe@example.org")
    await holder.change(safe_phone=PHONE, do_not_voicemail=True, sms_phone=PHONE)
    asked = await use(clinician, client_id)
    assert (asked.email, asked.safe_phone, asked.do_not_text, asked.do_not_voicemail) == (
        "safe@example.org",
        PHONE,
        False,
        True,
    )
    assert [(e.action, e.record) for e in await world.audit()][-1] == (
        "contact_preferences.read",
        holder.actor.client_id,
    )
    with pytest.raises(NotFound):
        await use(holder.actor, client_id)
    elsewhere = StaffActor((await world.other_practice()).practice_id, UUID(int=1), frozenset({"administrator"}))
    with pytest.raises(NotFound):
        await use(elsewhere, client_id)
