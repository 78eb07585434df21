"""An open practice over HTTP: signed-in staff, a clinician with hours, and clients on the clinician's care team."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
from attrs import define, field

from portal_core.accounts.model import Account
from portal_core.accounts.session_factory import SessionFactory
from portal_core.kernel.actor import ROLES, Origin, Role
from portal_core.kernel.audit import AuditEntry
from portal_core.people.use_cases.add_staff import AddStaff, AddStaffCommand
from tests.support.engine.clusters import Cluster, drop_database, fresh_database, template_database
from tests.support.engine.postgres import migrate_template, open_database
from tests.support.http.running_portal import RunningPortal, running

PORTAL = "/api/v1/portal"
PRACTICE = "/api/v1/practice"
OFFICE = "12 Elm Street, Albany"


@asynccontextmanager
async def shared_portal(cluster: Cluster, folder: Path) -> AsyncIterator[RunningPortal]:
    """One portal for all tests of a module. Each test opens its own practice, which the portal finds immediately."""
    name = fresh_database(cluster, template_database(cluster, "migrate_template", migrate_template))
    async with open_database(cluster, name, max_size=2) as database, running(database, folder) as portal:
        portal.portal.parts.directory().seconds = 0.0
        yield portal
    drop_database(cluster, name)


@define
class Person:
    """A signed-in person. `id` is the client's or the staff member's."""

    id: UUID
    account_id: UUID
    token: str = field(repr=False)


@define
class OpenPractice:
    """An open practice of a running portal. Every clinician has hours every day from nine to five."""

    portal: RunningPortal
    practice_id: UUID
    slug: str
    admin: Person = field(init=False)
    clinician_id: UUID = field(init=False)
    appointment_type_id: UUID = field(init=False)
    location_id: UUID = field(init=False)

    @classmethod
    async def open(cls, portal: RunningPortal, **appointment_settings: Any) -> "OpenPractice":
        """A practice of its own; with these settings for appointments."""
        slug = f"elm-{uuid4().hex[:12]}"
        open_practice = cls(portal, await portal.practice(slug), slug)
        open_practice.admin = await open_practice.staff("administrator")
        hourly = {"name": "Session", "duration_minutes": 50, "slot_step_minutes": 60}
        made = await open_practice.ask(open_practice.admin, "POST", f"{PRACTICE}/options/appointment-types", hourly)
        open_practice.appointment_type_id = UUID(made["id"])
        office = {"name": "Elm Street", "time_zone": "America/New_York", "address": OFFICE}
        open_practice.location_id = UUID(
            (await open_practice.ask(open_practice.admin, "POST", f"{PRACTICE}/options/locations", office))["id"]
        )
        open_practice.clinician_id = await open_practice.clinician()
        if appointment_settings:
            await open_practice.change_settings("appointments", **appointment_settings)
        return open_practice

    async def change_settings(self, section: str, **changes: Any) -> Any:
        """Replace a section of the settings by itself with these changes."""
        path = f"{PRACTICE}/settings/{section}"
        shown = await self.ask(self.admin, "GET", path)
        return await self.ask(self.admin, "PUT", path, {**shown, **changes})

    async def clinician(self, name: str = "Dr. Rivera") -> UUID:
        """Add a clinician with hours at the office and by telehealth."""
        body = {"name": name, "room_link": "https://rooms.example/rivera"}
        clinician_id = (await self.ask(self.admin, "POST", f"{PRACTICE}/clinicians", body))["id"]
        openings = [
            {"weekday": weekday, "start_time": "09:00", "end_time": "17:00", "location_id": location}
            for weekday in range(7)
            for location in (str(self.location_id), None)
        ]
        week = {"openings": openings}
        await self.ask(self.admin, "PUT", f"{PRACTICE}/clinicians/{clinician_id}/availability", week)
        return UUID(clinician_id)

    async def client(
        self, given: str = "Mira", *, date_of_birth: str = "1990-05-17", language: str | None = None
    ) -> Person:
        """Add a client to the clinician's care team, with an account and a session."""
        body = {
            "given_name": given,
            "family_name": "Okafor",
            "date_of_birth": date_of_birth,
            "email": f"{given.lower()}@client.example",
            "language": language,
        }
        client_id = UUID((await self.ask(self.admin, "POST", f"{PRACTICE}/clients", body))["profile"]["client_id"])
        team = {"clinician_ids": [str(self.clinician_id)]}
        await self.ask(self.admin, "PUT", f"{PRACTICE}/clients/{client_id}/care-team", team)
        return await self._signed_in(client_id, "client", body["email"])

    async def staff(self, *roles: Role, clinician_id: UUID | None = None) -> Person:
        """Add a staff member with a session that is verified by a second factor."""
        email = f"{roles[0]}-{uuid4().hex}@elm.example"
        command = AddStaffCommand("Sam Wu", email, frozenset(roles), clinician_id)
        made = await self.portal.portal.use_case(AddStaff)(self.portal.system(self.practice_id), command)
        return await self._signed_in(made.id, "staff", email)

    async def role_tokens(self, clinician_id: str, colleague_id: str) -> dict[str, str]:
        """A session of a member of staff in each role alone; `clinician` and `colleague` are two clinicians."""
        clinicians = {"clinician": clinician_id, "colleague": colleague_id}
        tokens = {role: (await self.staff(role)).token for role in ROLES if role != "clinician"}
        for who, one in clinicians.items():
            tokens[who] = (await self.staff("clinician", clinician_id=UUID(one))).token
        return tokens

    async def again(self, person: Person) -> Person:
        """The same person with a new session, after theirs ended."""
        parts = self.portal.portal.parts
        async with parts.begin()(self.portal.system(self.practice_id)) as unit:
            account = await unit.accounts.get(person.account_id)
            assert account is not None
            opening = SessionFactory(parts.clock(), parts.ids(), parts.tokens())
            multi_factor = account.kind == "staff"
            tokens = await opening.open(unit, account, kind="bearer", multi_factor=multi_factor, origin=Origin())
            await unit.commit(None)
        return Person(person.id, person.account_id, tokens.access_token)

    async def _signed_in(self, person_id: UUID, kind: Any, email: str) -> Person:
        account = Account(
            uuid4(),
            self.practice_id,
            email,
            kind,
            self.portal.clock.now(),
            client_id=person_id if kind == "client" else None,
            staff_id=person_id if kind == "staff" else None,
            status="active",
            second_factor="totp" if kind == "staff" else "none",
        )
        async with self.portal.portal.parts.begin()(self.portal.system(self.practice_id)) as unit:
            await unit.accounts.add(account, AuditEntry("account.verified", account.id))
            await unit.commit(None)
        return await self.again(Person(person_id, account.id, ""))

    async def send(
        self, person: Person | None, method: str, path: str, body: Any = None, **headers: str
    ) -> httpx.Response:
        """Send a request as the person and return the API's response."""
        async with self.portal.http_client(person.token if person else "", portal_practice=self.slug, **headers) as ask:
            return await ask.request(method, path, json=body)

    async def ask(self, person: Person | None, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send a request that must succeed and return the decoded body."""
        answer = await self.send(person, method, path, body, **headers)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        assert b':""' not in answer.content.replace(b" ", b""), f"{method} {path}: an empty text, where absent is null"
        return answer.json() if answer.content else None

    def slot(self, starts_at: datetime, *, online: bool = False) -> dict[str, Any]:
        """A slot with the clinician, as request bodies name it."""
        location = None if online else str(self.location_id)
        return {
            "clinician_id": str(self.clinician_id),
            "appointment_type_id": str(self.appointment_type_id),
            "location_id": location,
            "starts_at": starts_at.isoformat(),
        }

    def count(self, table: str, condition: str = "true") -> int:
        """The number of this practice's rows in a table."""
        sql = f"SELECT count(*) FROM portal.{table} WHERE practice_id = %s AND {condition}".encode()
        row = self.portal.database.owner.execute(sql, (self.practice_id,)).fetchone()
        assert row is not None
        return int(row[0])


async def refused(
    open_practice: OpenPractice, person: Person | None, method: str, path: str, body: Any = None
) -> tuple[int, str]:
    """The status and problem code of a request that is refused."""
    answer = await open_practice.send(person, method, path, body)
    return answer.status_code, answer.json()["code"]
