"""Where a second factor is enrolled, another address or number for notices asks for it, and the account is told."""

from typing import Any

import pytest

from portal_core.accounts.errors import CodeRefused, WrongPassword
from portal_core.accounts.policy import CONFIRM_BY_ACCOUNT
from portal_core.kernel.actor import AccountHolder
from portal_core.kernel.errors import Invalid, RateLimited
from portal_core.notifications.use_cases.change_notification_settings import (
    ChangeNotificationSettings,
    ChangeNotificationSettingsCommand,
)
from portal_core.notifications.use_cases.get_notification_settings import GetNotificationSettings
from portal_core.notifications.views import NotificationSettingsView
from tests.unit.accounts.use_cases import OTHER, PASSWORD, STEP, AccountUseCases

PHONE = "+12125550123"
REDIRECTING = [{"safe_email": "safe@example.org"}, {"safe_phone": PHONE}, {"sms_phone": PHONE}]


async def change(use_cases: AccountUseCases, actor: AccountHolder, **fields: Any) -> NotificationSettingsView:
    world = use_cases.world
    use = ChangeNotificationSettings(world.begin, world.clock, world.ids, use_cases.limits, use_cases.reauthentication)
    version = (await GetNotificationSettings(world.begin, world.clock)(actor)).version
    return await use(actor, ChangeNotificationSettingsCommand(**({"version": version} | fields)))


async def enrolled() -> tuple[AccountUseCases, AccountHolder, str, tuple[str, ...]]:
    use_cases = AccountUseCases()
    await use_cases.add_client_account()
    tokens = await use_cases.signed_in()
    secret, codes = await use_cases.enrolled(tokens)
    await use_cases.work()
    return use_cases, await use_cases.holder(tokens), secret, codes


@pytest.mark.parametrize("fields", REDIRECTING)
async def test_another_destination_asks_for_all_factors(fields: dict[str, str]) -> None:
    use_cases, actor, secret, codes = await enrolled()
    for factors, path in (({}, "password"), ({"password": PASSWORD}, "code"), ({"code": codes[0]}, "password")):
        with pytest.raises(Invalid) as invalid:
            await change(use_cases, actor, **fields, **factors)
        assert [(one.path, one.code) for one in invalid.value.fields] == [(path, "required")]
    with pytest.raises(WrongPassword):
        await change(use_cases, actor, **fields, password=OTHER, code=codes[0])
    with pytest.raises(CodeRefused):
        await change(use_cases, actor, **fields, password=PASSWORD, code="000000")
    assert "settings.changed" not in await use_cases.actions()
    assert await use_cases.work() == []
    use_cases.world.clock.advance(STEP)
    view = await change(use_cases, actor, **fields, password=PASSWORD, code=f" {use_cases.totp(secret)}")
    [(name, value)] = fields.items()
    assert getattr(view, name) == value or view.pending_safe_email == value
    told = [kind for kind, _ in await use_cases.work()]
    assert told == (["safe_email_code"] if name == "safe_email" else ["contact_changed"])


async def test_a_recovery_code_will_do_and_factors_are_no_settings() -> None:
    use_cases, actor, _, codes = await enrolled()
    view = await change(use_cases, actor, safe_phone=PHONE, language="es", password=PASSWORD, code=codes[0])
    assert (view.safe_phone, view.language) == (PHONE, "es")
    [entry] = [one for one in await use_cases.world.audit() if one.action == "settings.changed"]
    assert set(entry.facts["set"].split(",")) == {"safe_phone", "language"}


async def test_what_sends_nothing_elsewhere_asks_for_no_factor() -> None:
    """The same values again, other settings, and the withdrawal of consent, which must be as easy as giving it."""
    use_cases, actor, _, codes = await enrolled()
    await change(use_cases, actor, safe_phone=PHONE, sms_phone=PHONE, password=PASSWORD, code=codes[0])
    for fields in (
        {"safe_phone": PHONE, "sms_phone": PHONE, "safe_email": None},
        {"do_not_text": True, "neutral_sender": True, "language": "es"},
        {"sms_phone": None},
        {"sms_phone": None},
    ):
        assert await change(use_cases, actor, **fields)
    with pytest.raises(Invalid):
        await change(use_cases, actor, sms_phone=PHONE)
    with pytest.raises(Invalid):
        await change(use_cases, actor, safe_phone=None)


async def test_wrong_factors_are_limited() -> None:
    use_cases, actor, _, codes = await enrolled()
    use_cases.world.clock.advance(CONFIRM_BY_ACCOUNT.window)
    for _ in range(CONFIRM_BY_ACCOUNT.max_attempts):
        with pytest.raises(WrongPassword):
            await change(use_cases, actor, safe_phone=PHONE, password=OTHER, code=codes[0])
    with pytest.raises(RateLimited):
        await change(use_cases, actor, safe_phone=PHONE, password=PASSWORD, code=codes[0])


@pytest.mark.parametrize("fields", REDIRECTING)
async def test_without_a_second_factor_no_factor_is_asked_for(fields: dict[str, str]) -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account()
    actor = await use_cases.holder(await use_cases.signed_in())
    assert await change(use_cases, actor, **fields)
