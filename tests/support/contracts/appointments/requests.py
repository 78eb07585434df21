"""Contract of appointment requests. Subclasses provide a `world`."""

from datetime import timedelta
from uuid import UUID

import pytest

from portal_core.appointments.appointment_request import AppointmentRequest, PreferredTime
from portal_core.appointments.settings import AppointmentType
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import Invalid, StaleVersion
from portal_core.kernel.page import PageRequest
from tests.support.contracts.appointments.world import AUDIT_ENTRY, AppointmentsWorld, new_york

HOUR = timedelta(hours=1)


class RequestsContract:
    """The contract of `AppointmentRequests` and `AppointmentRequestReads`."""

    def _request(
        self, world: AppointmentsWorld, client: UUID, appointment_type: AppointmentType, **more: object
    ) -> AppointmentRequest:
        values = {
            "id": world.ids.new(),
            "practice_id": world.practice_id,
            "client_id": client,
            "appointment_type_id": appointment_type.id,
            "location_id": None,
            "clinician_id": None,
            "preferred": (PreferredTime(starts_at=new_york(3, 9), ends_at=new_york(3, 12)),),
            "requested_at": world.clock.now(),
        }
        return AppointmentRequest(**{**values, **more})  # type: ignore[arg-type]

    async def _add(self, world: AppointmentsWorld, *requests: AppointmentRequest) -> None:
        for one in requests:
            async with world.begin(world.as_client(one.client_id)) as unit:
                await unit.requests.add(one, AUDIT_ENTRY)
                await unit.commit(None)

    async def test_every_field_round_trips(self, world: AppointmentsWorld) -> None:
        ann, appointment_type, location = (
            await world.add_client(),
            await world.add_appointment_type(),
            await world.add_location(),
        )
        clinician = await world.add_clinician()
        request = self._request(
            world,
            ann,
            appointment_type,
            location_id=location.id,
            clinician_id=clinician,
            preferred=tuple(
                PreferredTime(starts_at=new_york(day, 9), ends_at=new_york(day, 12, 30)) for day in (3, 9, 10)
            ),
            reason="Ich schlafe schlecht — 3 a.m. again",
        )
        await self._add(world, request)
        async with world.begin(world.as_client(ann)) as unit:
            assert await unit.requests.get(ann, request.id) == request
        declined = request.decline("We are full, sorry.", at=world.clock.now() + HOUR)
        async with world.begin(world.front_desk) as unit:
            await unit.requests.save(declined, AUDIT_ENTRY)
            assert await unit.requests.get_for_practice(request.id) == declined
            await unit.commit(None)
        async with world.begin(world.as_client(ann)) as unit:
            assert await unit.requests.get(ann, request.id) == declined

    async def test_confirmed_request_has_appointment_id(self, world: AppointmentsWorld) -> None:
        ann, appointment_type = await world.add_client(), await world.add_appointment_type()
        request = self._request(world, ann, appointment_type)
        await self._add(world, request)
        confirmed = request.confirm(world.ids.new(), at=world.clock.now())
        async with world.begin(world.front_desk) as unit:
            await unit.requests.save(confirmed, AUDIT_ENTRY)
            assert await unit.requests.get(ann, request.id) == confirmed

    async def test_stale_version_is_refused(self, world: AppointmentsWorld) -> None:
        ann, appointment_type = await world.add_client(), await world.add_appointment_type()
        request = self._request(world, ann, appointment_type)
        await self._add(world, request)
        async with world.begin(world.front_desk) as unit:
            await unit.requests.save(request.decline(None, at=world.clock.now()), AUDIT_ENTRY)
            await unit.commit(None)
        with pytest.raises(StaleVersion):
            async with world.begin(world.as_client(ann)) as unit:
                await unit.requests.save(request.withdraw(at=world.clock.now()), AUDIT_ENTRY)

    async def test_other_clients_rows_are_not_visible(self, world: AppointmentsWorld) -> None:
        ann, bob, appointment_type = (
            await world.add_client(),
            await world.add_client(given="Bob"),
            await world.add_appointment_type(),
        )
        request = self._request(world, ann, appointment_type)
        await self._add(world, request)
        async with world.begin(world.as_client(bob)) as unit:
            assert await unit.requests.get(bob, request.id) is None
            assert await unit.requests.get(ann, request.id) is None
            assert await unit.requests.get_for_practice(request.id) is None
            assert await unit.requests.pending(ann) == 0
            assert (await unit.request_reads.list_for_client(ann, PageRequest())).items == ()
            assert (await unit.request_reads.list_for_practice("pending", PageRequest())).items == ()
        other = await world.other_practice()
        async with other.begin(other.front_desk) as unit:
            assert await unit.requests.get_for_practice(request.id) is None

    async def test_pending_requests_are_counted(self, world: AppointmentsWorld) -> None:
        ann, bob, appointment_type = (
            await world.add_client(),
            await world.add_client(given="Bob"),
            await world.add_appointment_type(),
        )
        request = [self._request(world, ann, appointment_type) for _ in range(3)]
        await self._add(world, *request, self._request(world, bob, appointment_type))
        async with world.begin(world.as_client(ann)) as unit:
            await unit.requests.save(request[0].withdraw(at=world.clock.now()), AUDIT_ENTRY)
            assert await unit.requests.pending(ann) == 2

    async def test_lists_include_names_and_paginate(self, world: AppointmentsWorld) -> None:
        ann = await world.add_client(given="Ann", family="Lee", chosen="Andy", pronouns="she/they")
        bob = await world.add_client(given="Bob", family="Ray")
        appointment_type, location = (
            await world.add_appointment_type("First visit"),
            await world.add_location("Main office"),
        )
        clinician = await world.add_clinician("Dr. Grey")
        now = world.clock.now()
        # Two were requested at the same moment: their ids decide the order.
        of_ann = [
            self._request(world, ann, appointment_type, requested_at=now + HOUR * (number // 2), reason=f"No. {number}")
            for number in range(5)
        ]
        of_bob = self._request(
            world, bob, appointment_type, location_id=location.id, clinician_id=clinician, requested_at=now - HOUR
        )
        await self._add(world, *of_ann, of_bob)
        async with world.begin(world.as_client(ann)) as unit:
            found, after, pages = [], None, 0
            while not pages or after:
                page = await unit.request_reads.list_for_client(ann, PageRequest(after, 2))
                found, after, pages = [*found, *page.items], page.next, pages + 1
        latest_first = sorted(of_ann, key=lambda one: (one.requested_at, one.id), reverse=True)
        assert ([one.id for one in found], pages) == ([one.id for one in latest_first], 3)
        assert (
            found[0].appointment_type_name,
            found[0].telehealth,
            found[0].location_name,
            found[0].clinician_name,
        ) == (
            "First visit",
            True,
            None,
            None,
        )
        assert found[0].reason == latest_first[0].reason
        async with world.begin(world.front_desk) as unit:
            everything = await unit.request_reads.list_for_practice("pending", PageRequest(size=4))
            rest = await unit.request_reads.list_for_practice("pending", PageRequest(everything.next, 4))
            none = await unit.request_reads.list_for_practice("declined", PageRequest())
        assert [one.request.id for one in (*everything.items, *rest.items)] == [
            of_bob.id,
            *(one.id for one in reversed(latest_first)),
        ]
        assert (rest.next, none.items) == (None, ())
        first = everything.items[0]
        assert (first.client_id, first.client_name, first.client_pronouns) == (bob, "Bob Ray", None)
        assert (first.request.location_name, first.request.clinician_name) == ("Main office", "Dr. Grey")
        second = everything.items[1]
        assert (second.client_name, second.client_pronouns) == ("Andy Lee", "she/they")

    @pytest.mark.parametrize("forged", ["x", "AAAA", "bm90IGEgY3Vyc29y", "é", "MjAyNi0wMy0wMyAx"])
    async def test_forged_cursor_is_refused(self, world: AppointmentsWorld, forged: str) -> None:
        ann = await world.add_client()
        async with world.begin(world.front_desk) as unit:
            with pytest.raises(Invalid):
                await unit.request_reads.list_for_client(ann, PageRequest(forged))
            with pytest.raises(Invalid):
                await unit.request_reads.list_for_practice("pending", PageRequest(forged))

    async def test_audit_entries_are_saved_with_the_change(self, world: AppointmentsWorld) -> None:
        ann, appointment_type = await world.add_client(), await world.add_appointment_type()
        request = self._request(world, ann, appointment_type)
        async with world.begin(world.as_client(ann)) as unit:
            await unit.requests.add(request, AuditEntry("request.made", request.id, record=ann))
            await unit.commit(None)
        async with world.begin(world.as_client(ann)) as unit:
            await unit.requests.save(
                request.withdraw(at=world.clock.now()), AuditEntry("request.withdrawn", request.id)
            )
        assert [one.action for one in await world.audit() if one.target == request.id] == ["request.made"]
