"""What every directory of recipients must do. Subclasses give the fixture `world`."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from portal_core.kernel.actor import AREAS, Area
from portal_core.notifications.outbound import recipients_on_record
from portal_core.notifications.ports import Recipient
from portal_core.notifications.settings import NotificationSettings
from tests.support.contracts.notifications.world import NotificationsWorld


class RecipientsContract:
    """Who is told, and where."""

    async def test_an_account_with_its_settings(self, world: NotificationsWorld) -> None:
        client = await world.add_client()
        account = await world.add_account("a@example.org", client_id=client)
        plain = await self._account(world, account)
        assert plain is not None
        assert (plain.account_id, plain.client_id, plain.email) == (account, client, "a@example.org")
        assert (plain.practice.name, plain.time_zone) == ("Elm Street", "America/New_York")
        assert plain.practice.neutral_name == "Secure portal"
        assert plain.settings == NotificationSettings(account)
        await world.keep(NotificationSettings(account, time_zone="America/Chicago", language="es", version=1))
        changed = await self._account(world, account)
        assert changed is not None
        assert (changed.time_zone, changed.settings.language) == ("America/Chicago", "es")
        assert await self._account(await world.other_practice(), account) is None
        assert await self._account(world, UUID(int=99)) is None

    async def test_messages_carry_the_practices_address_and_phone(self, world: NotificationsWorld) -> None:
        account = await world.add_account("a@example.org")
        plain = await self._account(world, account)
        assert plain is not None
        assert plain.practice.contact == ()
        await world.set_practice_contact("+15185550100 ext. 2", "12 Elm Street\nAlbany, NY 12207")
        found = await self._account(world, account)
        assert found is not None
        assert found.practice.contact == ("12 Elm Street", "Albany, NY 12207", "(518) 555-0100 ext. 2")

    async def test_closed_and_unverified_accounts_are_still_told_of_themselves(self, world: NotificationsWorld) -> None:
        for status in ("closed", "unverified"):
            account = await world.add_account(f"{status}@example.org", status=status)
            found = await self._account(world, account)
            assert found is not None
            assert found.email == f"{status}@example.org"

    async def test_a_client_by_their_own_active_account(self, world: NotificationsWorld) -> None:
        client = await world.add_client(email="record@example.org")
        own = await world.add_account("own@example.org", client_id=client)
        await world.keep(NotificationSettings(own, language="es", version=1))
        found = await self._client(world, client)
        assert found is not None
        assert (found.account_id, found.client_id, found.email) == (own, client, "own@example.org")
        assert (found.time_zone, found.settings.language) == ("America/New_York", "es")
        assert await self._client(await world.other_practice(), client) is None

    @pytest.mark.parametrize("status", ["unverified", "closed"])
    async def test_a_client_without_an_active_account_by_the_record(
        self, world: NotificationsWorld, status: str
    ) -> None:
        client = await world.add_client(email="record@example.org", time_zone="America/Denver", language="es")
        await world.add_account("own@example.org", client_id=client, status=status)
        only = await self._client(world, client)
        assert only is not None
        assert (only.account_id, only.client_id, only.email) == (None, client, "record@example.org")
        assert (only.time_zone, only.settings.notice_language, only.settings.may_send_sms()) == (
            "America/Denver",
            "es",
            False,
        )
        assert await self._client(world, UUID(int=99)) is None

    async def test_a_client_without_an_account_is_invited_until_the_last_invitation_expires(
        self, world: NotificationsWorld
    ) -> None:
        client, other, now = await world.add_client(), await world.add_client(), world.clock.now()
        for days, state in ((2, "open"), (-1, "open"), (9, "withdrawn")):
            await world.add_invitation(client, now + timedelta(days=days), state=state)
        await world.add_invitation(other, now - timedelta(days=1))
        for one, until in ((client, now + timedelta(days=2)), (other, now - timedelta(days=1))):
            found = await self._client(world, one)
            assert found is not None
            assert found.invited_until == until
        uninvited = await self._client(world, await world.add_client())
        assert uninvited is not None
        assert uninvited.invited_until is None

    async def test_notices_are_in_the_language_of_the_record_until_another_is_chosen(
        self, world: NotificationsWorld
    ) -> None:
        client = await world.add_client(language="es-MX")
        own = await world.add_account("own@example.org", client_id=client)
        mother = await world.add_account("mother@example.org")

        async def languages() -> list[str]:
            async with world.begin(world.system) as unit:
                found = [await unit.recipients.account(own), await unit.recipients.client(client)]
                found += await unit.recipients.accounts([own, mother])
                settings = [await unit.notification_settings.get(own), await unit.notification_settings.get(mother)]
            return [one.settings.notice_language for one in found if one] + [one.notice_language for one in settings]

        assert await languages() == ["es", "es", "es", "en", "es", "en"]
        await world.keep(NotificationSettings(own, time_zone="America/Chicago", version=1))
        assert await languages() == ["es", "es", "es", "en", "es", "en"]
        await world.keep(NotificationSettings(own, language="en", version=2))
        assert await languages() == ["en"] * 6

    async def test_a_client_reads_their_settings_in_the_language_of_their_record(
        self, world: NotificationsWorld
    ) -> None:
        client = await world.add_client(language="es")
        own = await world.add_account("own@example.org", client_id=client)
        async with world.begin(world.client_actor(client, own)) as unit:
            assert (await unit.notification_settings.get(own)).notice_language == "es"
        async with world.begin(world.proxy_actor(own, await world.add_client(), ["messages"])) as unit:
            assert (await unit.notification_settings.get(own)).notice_language == "en"

    async def test_active_accounts_in_order_of_id(self, world: NotificationsWorld) -> None:
        client = await world.add_client()
        own = await world.add_account("own@example.org", client_id=client)
        mother = await world.add_account("mother@example.org")
        gone = [await world.add_account(f"{status}@example.org", status=status) for status in ("closed", "unverified")]
        await world.add_account("other@example.org")
        await world.keep(NotificationSettings(mother, time_zone="America/Chicago", version=1))
        ids = [mother, *gone, own, mother, UUID(int=99)]
        async with world.begin(world.system) as unit:
            found = await unit.recipients.accounts(ids)
            assert await unit.recipients.accounts([]) == ()
        assert [(one.account_id, one.client_id, one.email, one.time_zone) for one in found] == [
            (own, client, "own@example.org", "America/New_York"),
            (mother, None, "mother@example.org", "America/Chicago"),
        ]
        async with (await world.other_practice()).begin((await world.other_practice()).system) as unit:
            assert await unit.recipients.accounts(ids) == ()

    async def test_a_client_and_the_proxies_whose_grant_opens_the_area(self, world: NotificationsWorld) -> None:
        client, now = await world.add_client(email="record@example.org"), world.clock.now().date()
        mother = await world.add_account("mother@example.org")
        own = await world.add_account("own@example.org", client_id=client)
        father = await world.add_account("father@example.org")
        former = await world.add_account("former@example.org")
        gone = await world.add_account("gone@example.org", status="closed")
        await world.add_grant(client, father, ["appointments"], until=now + timedelta(days=1))
        await world.add_grant(client, mother, ["appointments", "messages"])
        await world.add_grant(client, former, AREAS, until=now)
        await world.add_grant(client, gone, AREAS)
        await world.add_grant(await world.add_client(), former, AREAS)
        assert await self._notified(world, client, "appointments") == [own, mother, father]
        assert await self._notified(world, client, "messages") == [own, mother]
        assert await self._notified(world, client, "forms") == [own]
        assert await self._notified(world, client, None) == [own]
        assert await self._notified(await world.other_practice(), client, "appointments") == []

    async def test_proxies_of_a_client_without_an_account(self, world: NotificationsWorld) -> None:
        client, mother = await world.add_client(), await world.add_account("mother@example.org")
        await world.add_grant(client, mother, ["messages"])
        assert await self._notified(world, client, "messages") == [None, mother]

    async def test_a_stranger_is_written_to_in_the_practice_s_name(self, world: NotificationsWorld) -> None:
        async with world.begin(world.system) as unit:
            found = await unit.recipients.unregistered("new@example.org")
        assert (found.email, found.account_id, found.practice.name) == ("new@example.org", None, "Elm Street")
        assert (found.settings.notice_language, found.time_zone) == ("en", "America/New_York")

    async def test_an_invited_client_is_written_to_in_the_language_of_their_record(
        self, world: NotificationsWorld
    ) -> None:
        client = await world.add_client(email="a@example.org", language="es", time_zone="America/Denver")
        async with world.begin(world.system) as unit:
            found = await unit.recipients.unregistered("new@example.org", client)
            unknown = await unit.recipients.unregistered("new@example.org", UUID(int=99))
        assert (found.email, found.client_id, found.settings.notice_language) == ("new@example.org", None, "es")
        assert (found.time_zone, unknown.settings.notice_language) == ("America/New_York", "en")

    async def test_the_email_before_a_change(self, world: NotificationsWorld) -> None:
        account, other = await world.add_account("new@example.org"), await world.add_account("b@example.org")
        change = await world.add_email_change(account, "old@example.org", "new@example.org")
        async with world.begin(world.system) as unit:
            assert await unit.recipients.former_email(account, change) == "old@example.org"
            assert await unit.recipients.former_email(other, change) is None

    async def test_when_an_appointment_starts(self, world: NotificationsWorld) -> None:
        ann, bob = await world.add_client(), await world.add_client()
        start = datetime(2026, 3, 9, 14, tzinfo=UTC)
        appointment = await world.add_appointment(ann, start)
        async with world.begin(world.system) as unit:
            assert await unit.appointment_times.starts_at(ann, appointment) == start
            assert await unit.appointment_times.starts_at(ann, appointment, "cancelled") is None
            assert await unit.appointment_times.starts_at(bob, appointment) is None
        await world.cancel_appointment(ann, appointment)
        async with world.begin(world.system) as unit:
            assert await unit.appointment_times.starts_at(ann, appointment) is None
            assert await unit.appointment_times.starts_at(ann, appointment, "cancelled") == start
            assert await unit.appointment_times.starts_at(bob, appointment, "cancelled") is None
        other = await world.other_practice()
        async with other.begin(other.system) as unit:
            assert await unit.appointment_times.starts_at(ann, appointment, "cancelled") is None

    async def _account(self, world: NotificationsWorld, account_id: UUID) -> Recipient | None:
        async with world.begin(world.system) as unit:
            return await unit.recipients.account(account_id)

    async def _client(self, world: NotificationsWorld, client_id: UUID) -> Recipient | None:
        async with world.begin(world.system) as unit:
            return await unit.recipients.client(client_id)

    async def _notified(self, world: NotificationsWorld, client_id: UUID, area: Area | None) -> list[UUID | None]:
        async with world.begin(world.system) as unit:
            return [one.account_id for one in await recipients_on_record(unit, client_id, area, world.clock.now())]
