"""A safe email must be confirmed: until then nothing changes, and a code works once, for one address and account."""

from datetime import timedelta

import pytest
from attrs import evolve

from portal_core.kernel.actor import VisitorActor
from portal_core.kernel.errors import Forbidden, Invalid, RateLimited, StaleVersion, Unauthenticated
from portal_core.kernel.notices import NOTICE_KINDS, Notice
from portal_core.notifications.errors import SafeEmailCodeInvalid
from portal_core.notifications.policy import mail_address
from portal_core.notifications.safe_email import (
    CONFIRM_BY_ACCOUNT,
    MAX_VERIFICATION_ATTEMPTS,
    REQUEST_BY_ACCOUNT,
    VERIFICATION_TTL,
)
from portal_core.notifications.use_cases.confirm_safe_email import ConfirmSafeEmail, ConfirmSafeEmailCommand
from portal_core.notifications.use_cases.mail_safe_email_code import MailSafeEmailCode, MailSafeEmailCodeCommand
from tests.unit.notifications.account_holder import SettingsOwner
from tests.unit.notifications.memory_world import MemoryNotificationsWorld

OWN, SAFE, OTHER = "a@example.org", "safe@example.org", "other@example.org"
WRONG = "WRONG000"


async def address(holder: SettingsOwner) -> str:
    """Where the holder's appointment mail goes."""
    async with holder.world.begin(holder.world.system) as unit:
        recipient = await unit.recipients.account(holder.actor.account_id)
    assert recipient is not None
    return mail_address(NOTICE_KINDS["appointment_booked"], recipient)


def warnings(holder: SettingsOwner) -> int:
    """How often the account's own email was told that notices go elsewhere."""
    return holder.world.store.notices.count(Notice("contact_changed", "security", to_account=holder.actor.account_id))


async def refused(holder: SettingsOwner, code: str) -> None:
    with pytest.raises(SafeEmailCodeInvalid) as caught:
        await holder.confirm(code)
    assert [(field.path, field.code) for field in caught.value.fields] == [("code", "code_refused")]


async def test_safe_email_is_pending_until_confirmed(world: MemoryNotificationsWorld, holder: SettingsOwner) -> None:
    asked = await holder.change(safe_email=SAFE)
    assert (asked.safe_email, asked.pending_safe_email) == (None, SAFE)
    assert asked == await holder.show()
    assert (await address(holder), warnings(holder)) == (OWN, 0)
    code = await holder.code()
    proven = await holder.confirm(code)
    assert (proven.safe_email, proven.pending_safe_email) == (SAFE, None)
    assert proven == await holder.show()
    assert (await address(holder), warnings(holder)) == (SAFE, 1)
    trail = [entry for entry in await world.audit() if entry.action != "settings.read"]
    assert [entry.action for entry in trail] == [
        "settings.changed",
        "safe_email.requested",
        "safe_email.code_issued",
        "safe_email.verified",
        "settings.changed",
    ]
    assert {entry.target for entry in await world.audit()} == {holder.actor.account_id}


async def test_current_safe_email_is_used_until_the_new_one_is_confirmed(holder: SettingsOwner) -> None:
    await holder.set_safe_email(SAFE)
    asked = await holder.change(safe_email=OTHER, language="es")
    assert (asked.safe_email, asked.pending_safe_email, asked.language) == (SAFE, OTHER, "es")
    assert await address(holder) == SAFE
    assert (await holder.confirm(await holder.code())).safe_email == OTHER
    assert await address(holder) == OTHER


async def test_clearing_or_keeping_withdraws_the_pending_address(
    world: MemoryNotificationsWorld, holder: SettingsOwner
) -> None:
    await holder.set_safe_email(SAFE)
    for written, left in ((SAFE, SAFE), (None, None)):
        await holder.change(safe_email=OTHER)
        code = await holder.code()
        view = await holder.change(safe_email=written)
        assert (view.safe_email, view.pending_safe_email) == (left, None)
        await refused(holder, code)
        assert await holder.mail() is None
    assert [entry.action for entry in await world.audit()].count("safe_email.withdrawn") == 2
    assert await address(holder) == OWN
    assert warnings(holder) == 2  # proven, and taken away


async def test_changing_other_settings_keeps_the_pending_address(
    world: MemoryNotificationsWorld, holder: SettingsOwner
) -> None:
    await holder.change(safe_email=SAFE)
    assert (await holder.change(neutral_sender=True)).pending_safe_email == SAFE
    await holder.confirm(await holder.code())
    for written in (None, None):
        assert (await holder.change(safe_email=written)).pending_safe_email is None
    assert "safe_email.withdrawn" not in [entry.action for entry in await world.audit()]


async def test_code_mail_goes_to_the_address_and_reveals_nothing(
    world: MemoryNotificationsWorld, holder: SettingsOwner
) -> None:
    await holder.change(safe_email=SAFE, language="es")
    mail = await holder.mail()
    assert mail is not None
    assert (mail.to, mail.sender_name, mail.subject) == (SAFE, "Secure portal", "Su código")
    assert "Elm Street" not in mail.body
    assert "CODE0001" in mail.body
    assert "CODE0001" not in repr(world.store.tables)


async def test_only_the_newest_code_works(holder: SettingsOwner) -> None:
    await holder.change(safe_email=SAFE)
    first, second = await holder.code(), await holder.code()
    await refused(holder, first)
    assert (await holder.confirm(f" {second[:4].lower()}-{second[4:]} ")).safe_email == SAFE


async def test_code_works_once(world: MemoryNotificationsWorld, holder: SettingsOwner) -> None:
    await holder.change(safe_email=SAFE)
    code = await holder.code()
    await holder.confirm(code)
    await holder.change(safe_email=None)
    await refused(holder, code)
    assert await address(holder) == OWN
    last = (await world.audit())[-1]
    assert (last.action, last.outcome) == ("safe_email.code_refused", "failed")


async def test_code_of_another_account_is_refused(world: MemoryNotificationsWorld, holder: SettingsOwner) -> None:
    thief = await SettingsOwner(world).sign_up("thief@example.org")
    await holder.change(safe_email=SAFE)
    code = await holder.code()
    await refused(thief, code)
    await thief.change(safe_email=OTHER)
    await refused(thief, code)
    assert (await thief.show()).safe_email is None
    assert (await holder.confirm(code)).safe_email == SAFE


async def test_code_is_refused_before_any_was_mailed(holder: SettingsOwner) -> None:
    await refused(holder, "")
    await holder.change(safe_email=SAFE)
    await refused(holder, "")


async def test_code_expires_after_an_hour(world: MemoryNotificationsWorld, holder: SettingsOwner) -> None:
    await holder.change(safe_email=SAFE)
    code = await holder.code()
    world.clock.advance(VERIFICATION_TTL - timedelta(seconds=1))
    assert (await holder.show()).pending_safe_email == SAFE
    world.clock.advance(timedelta(seconds=1))
    assert (await holder.show()).pending_safe_email is None
    await refused(holder, code)
    assert await holder.mail() is None


async def test_code_is_refused_after_ten_attempts(world: MemoryNotificationsWorld, holder: SettingsOwner) -> None:
    await holder.change(safe_email=SAFE)
    code = await holder.code()
    for number in range(MAX_VERIFICATION_ATTEMPTS):
        if number == CONFIRM_BY_ACCOUNT.max_attempts:
            world.clock.advance(CONFIRM_BY_ACCOUNT.window)
        await refused(holder, WRONG)
    world.clock.advance(CONFIRM_BY_ACCOUNT.window)
    await refused(holder, code)
    assert (await holder.show()).pending_safe_email is None
    assert (await holder.set_safe_email(SAFE)).safe_email == SAFE


async def test_attempts_are_limited_per_account(world: MemoryNotificationsWorld, holder: SettingsOwner) -> None:
    await holder.change(safe_email=SAFE)
    code = await holder.code()
    for _ in range(CONFIRM_BY_ACCOUNT.max_attempts):
        await refused(holder, WRONG)
    with pytest.raises(RateLimited):
        await holder.confirm(code)
    world.clock.advance(CONFIRM_BY_ACCOUNT.window)
    assert (await holder.confirm(code)).safe_email == SAFE


async def test_code_requests_are_limited(world: MemoryNotificationsWorld, holder: SettingsOwner) -> None:
    for _ in range(REQUEST_BY_ACCOUNT.max_attempts):
        await holder.change(safe_email=SAFE)
    with pytest.raises(RateLimited):
        await holder.change(safe_email=OTHER)
    assert (await holder.change(safe_email=None, language="es")).language == "es"
    world.clock.advance(REQUEST_BY_ACCOUNT.window)
    assert (await holder.change(safe_email=OTHER)).pending_safe_email == OTHER


async def test_invalid_address_does_not_count_as_an_attempt(holder: SettingsOwner) -> None:
    for _ in range(REQUEST_BY_ACCOUNT.max_attempts + 1):
        with pytest.raises(Invalid):
            await holder.change(safe_email="ann@")


async def test_new_address_invalidates_the_code_of_the_first(holder: SettingsOwner) -> None:
    await holder.change(safe_email=SAFE)
    code = await holder.code()
    assert (await holder.change(safe_email=OTHER)).pending_safe_email == OTHER
    assert await holder.mail(0) is None  # the first notice, delivered late
    await refused(holder, code)
    assert (await holder.confirm(await holder.code())).safe_email == OTHER


async def test_stale_change_requests_no_code(holder: SettingsOwner) -> None:
    await holder.change(safe_email=SAFE)
    code = await holder.code()
    with pytest.raises(StaleVersion):
        await holder.change(version=0, safe_email=OTHER)
    shown = await holder.confirm(code)
    assert (shown.safe_email, shown.version) == (SAFE, 2)
    with pytest.raises(StaleVersion):
        await holder.change(version=1, safe_email=None)


async def test_proxy_can_set_their_own_safe_email(world: MemoryNotificationsWorld) -> None:
    account = await world.add_account("parent@example.org")
    parent = SettingsOwner(world)
    parent.actor = world.proxy_actor(account, await world.add_client(), ())  # type: ignore[assignment]
    assert (await parent.set_safe_email(SAFE)).safe_email == SAFE


async def test_visitors_confirm_nothing_and_clients_mail_nothing(
    world: MemoryNotificationsWorld, holder: SettingsOwner
) -> None:
    with pytest.raises(Unauthenticated):
        use = ConfirmSafeEmail(world.begin, world.clock, holder.limits)
        await use(VisitorActor(world.practice_id), ConfirmSafeEmailCommand(WRONG))
    await holder.change(safe_email=SAFE)
    (notice,) = world.store.notices
    assert notice.subject_id is not None
    mail = MailSafeEmailCode(world.begin, world.clock, holder.tokens, holder.post)
    command = MailSafeEmailCodeCommand(world.ids.new(), holder.actor.account_id, notice.subject_id)
    with pytest.raises(Forbidden):
        await mail(holder.actor, command)
    assert not await mail(world.system, evolve(command, account_id=world.ids.new()))
    assert holder.post.taken == []
