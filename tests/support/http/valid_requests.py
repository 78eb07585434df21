"""A practice with all that the document's routes need, and a request to each route that succeeds."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

import httpx
from attrs import define

from entrypoints.demo import SLUG, code_at
from tests.support.engine.table_snapshot import TableSnapshot
from tests.support.http.document_requests import document_requests
from tests.support.http.open_practice import OpenPractice
from tests.support.http.operations import Operation, with_ids
from tests.support.http.planted_rows import ask_for_erasure, spoil_a_notice
from tests.support.http.raw_asgi import ask
from tests.support.http.request_values import RequestValues
from tests.support.http.running_portal import RunningPortal
from tests.support.http.victim_and_attacker import (
    PASSWORD,
    PORTAL,
    PRACTICE,
    VICTIM,
    AttackScenario,
    add_victim_records,
    make_attack_scenario,
)

NEW_PASSWORD = "copper meadow 5 saxophone"
NEWCOMER = {"given_name": "Nora", "family_name": "Voss", "date_of_birth": "1979-03-08", "email": "nora@client.example"}
SECOND = {"given_name": "Ines", "family_name": "Maron", "date_of_birth": "1993-08-21", "email": "ines@client.example"}
BEGINNER = {"name": "Otto Lund", "email": "otto@elm-street.example", "roles": ["front_desk"]}
COLLEAGUE = {"name": "Lena Ortiz", "email": "lena@elm-street.example", "roles": ["front_desk"]}


@define
class ValidRequests:
    """Requests that succeed. `tokens` are keyed by side, `ids` by parameter name, `asked` by operation id."""

    attack: AttackScenario
    tokens: dict[str, str]
    ids: dict[str, str]
    asked: dict[str, RequestValues]
    snapshot: TableSnapshot
    staff_tokens: dict[str, str]
    """Of a member of staff in each role alone. `clinician` is the one of the requests, `colleague` another one."""

    @property
    def portal(self) -> RunningPortal:
        return self.attack.portal

    def token(self, operation: Operation) -> str:
        """The token of a session that may call the operation."""
        return self.asked.get(operation.operation_id, RequestValues()).token or self.tokens.get(operation.side, "")

    def path_values(self, operation: Operation) -> dict[str, str]:
        own = self.asked.get(operation.operation_id, RequestValues()).path
        return {name: own.get(name) or self.ids[name] for name in operation.path_parameters}

    def query_values(self, operation: Operation) -> dict[str, str]:
        return self.asked.get(operation.operation_id, RequestValues()).query

    def body(self, operation: Operation) -> Any:
        """The body of the request that succeeds; None if the operation has no body."""
        own = self.asked.get(operation.operation_id, RequestValues()).body
        if isinstance(own, dict):
            return {**with_ids(operation.example, self.ids), **own}
        return with_ids(operation.example, self.ids)

    def target(self, operation: Operation) -> str:
        """The path and query of the request that succeeds."""
        values = {name: quote(value, safe="") for name, value in self.path_values(operation).items()}
        query = urlencode(self.query_values(operation))
        return operation.path.format(**values) + (f"?{query}" if query else "")

    async def ask(self, method: str, target: str, headers: Any = (), body: bytes = b"") -> httpx.Response:
        return await ask(self.portal.app, method, target, headers, body)


async def make_valid_requests(portal: RunningPortal) -> ValidRequests:
    """Set up the attack scenario and one record for every kind of route in the document."""
    attack = await make_attack_scenario(portal)
    desk = _Setup(attack)
    soon = portal.clock.now() + timedelta(minutes=5)
    started = await desk.started(soon)
    portal.clock.at = soon + timedelta(minutes=1)  # the appointment has started; no session was idle for long
    await add_victim_records(attack)
    ids = dict(attack.victim_ids)
    asked = await desk.practice(ids, started)
    asked |= await desk.visitors()
    asked |= await desk.client(ids, started)
    asked |= await document_requests(attack, desk.post, ids, asked["start_video_visit"].token)
    await portal.run_jobs()
    elm = OpenPractice(portal, attack.practice_id, SLUG)
    staff_tokens = await elm.role_tokens(ids["clinician_id"], await desk.colleague_of(ids["clinician_id"]))
    tokens = {"portal": attack.victim, "practice": attack.administrator}
    return ValidRequests(attack, tokens, ids, asked, TableSnapshot(portal.database.owner), staff_tokens)


@define
class _Setup:
    """Creates the records that the requests refer to."""

    attack: AttackScenario

    async def post(self, token: str, path: str, body: Any = None, method: str = "POST") -> Any:
        async with self.attack.http_client(token) as client:
            answer = await client.request(method, path, json=body)
        assert answer.status_code < 300, f"{method} {path}: {answer.text}"
        return answer.json() if answer.content else None

    async def started(self, at: datetime) -> dict[str, Any]:
        """A telehealth appointment of the victim, booked by the practice for `at`."""
        booking_options = await self.post(self.attack.victim, f"{PORTAL}/appointments/options", method="GET")
        profile = await self.post(self.attack.victim, f"{PORTAL}/profile", method="GET")
        body = {
            "clinician_id": booking_options["clinicians"][0]["id"],
            "appointment_type_id": booking_options["appointment_types"][0]["id"],
            "starts_at": at.isoformat(),
            "client_ids": [profile["client_id"]],
            "outside_hours": True,
        }
        return dict(await self.post(self.attack.administrator, f"{PRACTICE}/appointments", body))

    async def practice(self, ids: dict[str, str], started: dict[str, Any]) -> dict[str, RequestValues]:
        """Values for the practice API; adds to `ids`."""
        admin = self.attack.administrator
        clinician = f"{PRACTICE}/clinicians/{ids['clinician_id']}"
        client = f"{PRACTICE}/clients/{ids['client_id']}"
        block = {"starts_at": "2026-04-20T13:00:00Z", "ends_at": "2026-04-20T15:00:00Z"}
        ids["block_id"] = (await self.post(admin, f"{clinician}/blocks", block))["id"]
        closed = {"date": "2026-04-21", "available": False}
        ids["exception_id"] = (await self.post(admin, f"{clinician}/availability/exceptions", closed))["id"]
        (holiday,) = (await self.post(admin, f"{PRACTICE}/holidays", {"first_day": "2026-11-26"}))["holidays"]
        ids["holiday_id"] = holiday["id"]
        weekly = {
            "clinician_id": ids["clinician_id"],
            "appointment_type_id": ids["appointment_type_id"],
            "client_ids": [ids["client_id"]],
            "first_start": "2026-05-06T08:00:00",
            "count": 3,
            "outside_hours": True,
        }
        ids["series_id"], extended, moved_series = [
            (await self.post(admin, f"{PRACTICE}/appointments/series", {**weekly, "first_start": first}))["id"]
            for first in (weekly["first_start"], "2026-05-04T08:00:00", "2026-05-05T08:00:00")
        ]
        colleague = await self.post(admin, f"{PRACTICE}/staff", COLLEAGUE)
        ids["staff_id"] = colleague["id"]
        invited = await self.post(admin, f"{PRACTICE}/staff/{colleague['id']}/invitations")
        ids["invitation_id"] = invited["id"]
        pat = {"email": "pat@client.example", "relationship": "representative", "areas": ["appointments"]}
        open_one = (await self.post(admin, f"{client}/proxy-invitations", pat))["id"]
        lenas = await self.attack.portal.mailed_code(COLLEAGUE["email"])  # type: ignore[arg-type]
        proxy = {"email": self.attack.demo.client, "relationship": "representative", "areas": ["appointments"]}
        ids["grant_id"] = (await self.post(admin, f"{client}/grants", proxy))["id"]
        await self.attack.portal.run_jobs()
        await self._owe_a_fee(started["id"])
        rivera, newest = await self._clinician(started["clinician_id"]), await self._new_staff_member()
        begins = (await self.post(newest[1], f"{PRACTICE}/auth/mfa/enroll", {"password": PASSWORD}))["enrollment"]
        ids["notice_id"] = spoil_a_notice(self.attack.portal.database.owner)
        sessions = (await self.post(admin, f"{PRACTICE}/auth/sessions", method="GET"))["items"]
        shown = {"version": (await self.post(admin, client, method="GET"))["profile"]["version"]}
        week = await self.post(admin, f"{clinician}/availability", method="GET")
        newcomer = (await self.post(admin, f"{PRACTICE}/clients", NEWCOMER))["profile"]["client_id"]
        demo = self.attack.demo
        password, email = demo.administrator_password, demo.administrator
        await self.post("", f"{PRACTICE}/auth/forgot-password", {"email": email})
        reset = await self.attack.portal.mailed_code(email)
        next_code = code_at(demo.administrator_secret, self.attack.portal.clock.now(), steps=1)
        code = code_at(demo.administrator_secret, self.attack.portal.clock.now())
        challenge = (await self.post("", f"{PRACTICE}/auth/login", {"email": email, "password": password}))["challenge"]
        opened = (await self.post("", f"{PRACTICE}/auth/login", {"email": email, "password": password}))["challenge"]
        other = await self.post("", f"{PRACTICE}/auth/mfa", {"challenge": opened, "code": code})
        proof = {"password": password, "code": next_code}
        database, now = self.attack.portal.database, self.attack.portal.clock.now()
        waiting = ask_for_erasure(database.owner, str(ids["client_id"]), now)
        slot = {**weekly, "starts_at": "2026-05-08T08:00:00-04:00", "location_id": None}
        for name in ("first_start", "count"):
            slot.pop(name)
        moved = {**slot, "version": None}
        moved.pop("client_ids")
        preferred = {"starts_at": "2026-05-12T14:00:00Z", "ends_at": "2026-05-12T16:00:00Z"}
        wished = {"appointment_type_id": ids["appointment_type_id"], "preferred": [preferred]}
        request = await self.post(self.attack.victim, f"{PORTAL}/appointments/request", wished)
        return {
            "reassign_appointments": RequestValues(
                body={"to_clinician_id": await self.colleague_of(ids["clinician_id"])}
            ),
            "get_schedule": RequestValues(query={"first_day": "2026-03-02", "last_day": "2026-03-08"}),
            "book_appointment_for_clients": RequestValues(body=slot),
            "book_series": RequestValues(body={**weekly, "first_start": "2026-05-07T08:00:00", "location_id": None}),
            "extend_series": RequestValues(
                {"series_id": extended}, body={"count": 2, "outside_hours": True, "version": None}
            ),
            "move_series": RequestValues(
                {"series_id": moved_series},
                body={
                    "first_start": "2026-05-05T18:00:00",
                    "location_id": None,
                    "outside_hours": True,
                    "version": None,
                },
            ),
            "confirm_appointment_request": RequestValues(
                {"request_id": request["id"]},
                body={"starts_at": preferred["starts_at"], "version": request["version"], "outside_hours": True},
            ),
            "reschedule_appointment_for_clients": RequestValues(body=moved),
            "cancel_appointment_for_clients": RequestValues(body={"version": None}),
            "complete_appointment": RequestValues({"appointment_id": started["id"]}, body={"version": None}),
            "mark_no_show": RequestValues({"appointment_id": started["id"]}, body={"version": None}),
            "add_client_to_appointment": RequestValues(
                {"appointment_id": await self._group_of(newcomer, slot)}, body={"version": None}
            ),
            "cancel_attendance": RequestValues(body={"version": None}),
            "correct_appointment": RequestValues({"appointment_id": started["id"]}, body={"version": None}),
            "waive_fee": RequestValues({"appointment_id": started["id"]}, body={"version": None}),
            "list_corrections": RequestValues({"appointment_id": started["id"]}),
            "list_check_ins": RequestValues({"appointment_id": started["id"]}),
            "start_video_visit": RequestValues({"appointment_id": started["id"]}, token=rivera),
            "assign_care_team": RequestValues(body={"clinician_ids": [ids["clinician_id"]], **shown}),
            "change_client": RequestValues(body=shown),
            "publish_availability": RequestValues(body={"expected_rule_ids": [one["id"] for one in week["rules"]]}),
            "grant_access": RequestValues(
                {"client_id": newcomer},
                body={"email": demo.client, "relationship": "representative", "until": None},
            ),
            "invite_proxy": RequestValues(body={"until": None}),
            "withdraw_invitation": RequestValues({"invitation_id": open_one}),
            "invite_client": RequestValues({"client_id": newcomer}),
            "search_clients": RequestValues(body={"text": "theo"}),
            "invite_clients": RequestValues(body={"client_ids": [ids["client_id"]]}),
            **dict.fromkeys(
                ("change_account_settings", "change_oidc_settings", "change_appointment_settings"),
                RequestValues(body={"version": None}),
            ),
            "request_record_erasure": RequestValues({"client_id": newcomer}, body=proof),
            "confirm_record_erasure": RequestValues({"erasure_id": waiting}, body=proof),
            "lift_legal_hold": RequestValues(body=proof),
            "withdraw_record_erasure": RequestValues({"erasure_id": waiting}),
            "change_branding_settings": RequestValues(body={"version": None, "portal_url": None}),
            "block_time": RequestValues(body={"starts_at": "2026-04-22T13:00:00Z", "ends_at": "2026-04-22T15:00:00Z"}),
            "reset_second_factor_of_staff": RequestValues({"staff_id": newest[2]}),
            "staff_end_session": RequestValues({"session_id": sessions[0]["id"]}),
            "staff_change_password": RequestValues(
                body={"current_password": password, "new_password": NEW_PASSWORD, "code": next_code}
            ),
            "staff_close_account": RequestValues(body=proof),
            "staff_remove_second_factor": RequestValues(body=proof),
            "staff_renew_recovery_codes": RequestValues(body=proof),
            "link_oidc_identity": RequestValues(body={"token": "a.b.c", "password": password, "code": next_code}),
            "staff_verify_second_factor": RequestValues(body={"challenge": challenge, "code": next_code}),
            "staff_sign_in": RequestValues(body={"email": email, "password": password}),
            "staff_refresh_session": RequestValues(body={"refresh_token": other["refresh_token"]}),
            "staff_request_password_reset": RequestValues(body={"email": email}),
            "staff_reset_password": RequestValues(body={"email": email, "code": reset, "password": NEW_PASSWORD}),
            "staff_enroll_second_factor": RequestValues(token=newest[0], body={"password": PASSWORD}),
            "staff_confirm_second_factor": RequestValues(
                token=newest[1], body={"code": code_at(begins["secret"], self.attack.portal.clock.now())}
            ),
            "staff_accept_invitation": RequestValues(
                body={"email": COLLEAGUE["email"], "code": lenas, "password": NEW_PASSWORD, "date_of_birth": None}
            ),
        }

    async def visitors(self) -> dict[str, RequestValues]:
        """Values for operations that need no session."""
        admin = self.attack.administrator
        who = {"email": NEWCOMER["email"], "date_of_birth": NEWCOMER["date_of_birth"]}
        await self.post("", f"{PORTAL}/auth/register", who)
        proof = await self.attack.portal.mailed_code(NEWCOMER["email"])
        second = (await self.post(admin, f"{PRACTICE}/clients", SECOND))["profile"]["client_id"]
        await self.post(admin, f"{PRACTICE}/clients/{second}/invitations")
        invitation = await self.attack.portal.mailed_code(SECOND["email"])
        signed_in = await self.post("", f"{PORTAL}/auth/login", {"email": VICTIM, "password": PASSWORD})
        await self.post("", f"{PORTAL}/auth/forgot-password", {"email": VICTIM})
        reset = await self.attack.portal.mailed_code(VICTIM)
        return {
            "register_account": RequestValues(body=who),
            "resend_verification": RequestValues(body={"email": NEWCOMER["email"]}),
            "verify_email": RequestValues(body={"email": NEWCOMER["email"], "code": proof, "password": NEW_PASSWORD}),
            "accept_invitation": RequestValues(
                body={
                    "email": SECOND["email"],
                    "code": invitation,
                    "password": NEW_PASSWORD,
                    "date_of_birth": SECOND["date_of_birth"],
                }
            ),
            "sign_in": RequestValues(body={"email": VICTIM, "password": PASSWORD}),
            "refresh_session": RequestValues(body={"refresh_token": signed_in["refresh_token"]}),
            "request_password_reset": RequestValues(body={"email": VICTIM}),
            "reset_password": RequestValues(body={"email": VICTIM, "code": reset, "password": NEW_PASSWORD}),
        }

    async def client(self, ids: dict[str, str], started: dict[str, Any]) -> dict[str, RequestValues]:
        """Values for the client's own API. Mira has a second factor, Theo has none."""
        theo, mira, demo = self.attack.victim, self.attack.attacker, self.attack.demo
        now = self.attack.portal.clock.now()
        feed = await self.post(theo, f"{PORTAL}/calendar/feed")
        ids["feed"] = feed["path"].partition("?")[0].rpartition("/")[2]
        change = {"new_email": "theo.lindqvist@client.example", "password": PASSWORD}
        await self.post(theo, f"{PORTAL}/profile/email", change)
        proof = await self.attack.portal.mailed_code(change["new_email"])
        settings = {"version": 0, "safe_email": "theo.safe@client.example"}
        await self.post(theo, f"{PORTAL}/profile/settings", settings, "PATCH")
        safe = await self.attack.portal.mailed_code(settings["safe_email"])  # type: ignore[arg-type]
        slots = await self._slots(ids)
        profile = await self.post(theo, f"{PORTAL}/profile", method="GET")
        last, late = slots[-1], slots[-2]
        names = ("clinician_id", "appointment_type_id", "location_id", "starts_at")
        choice = {name: last[name] for name in names}
        secret = (await self.post(mira, f"{PORTAL}/auth/mfa/enroll", {"password": demo.client_password}))["enrollment"]
        await self.post(mira, f"{PORTAL}/auth/mfa/confirm", {"code": code_at(secret["secret"], now)})
        challenge = await self.post(
            "", f"{PORTAL}/auth/login", {"email": demo.client, "password": demo.client_password}
        )
        codes = {"code": code_at(secret["secret"], now, steps=1)}
        enrollment_exempt = (await self.post(theo, f"{PORTAL}/auth/mfa/enroll", {"password": PASSWORD}))["enrollment"]
        days = {"first_day": last["starts_at"][:10], "last_day": last["starts_at"][:10]}
        return {
            "find_slots": RequestValues(query={"appointment_type_id": ids["appointment_type_id"], **days}),
            "count_slots": RequestValues(query={"appointment_type_id": ids["appointment_type_id"], **days}),
            "book_appointment": RequestValues(body={"slot": choice, "hold_id": None}),
            "hold_slot": RequestValues(body=choice),
            "cancel_appointment": RequestValues(body={"version": 0}),
            "reschedule_appointment": RequestValues(
                body={**{name: late[name] for name in names if name != "appointment_type_id"}, "version": 0}
            ),
            "join_video_visit": RequestValues({"appointment_id": started["id"]}),
            "change_password": RequestValues(body={"current_password": PASSWORD, "new_password": NEW_PASSWORD}),
            "close_account": RequestValues(body={"password": PASSWORD, "code": None}),
            "enroll_second_factor": RequestValues(body={"password": PASSWORD}),
            "confirm_second_factor": RequestValues(body={"code": code_at(enrollment_exempt["secret"], now)}),
            "remove_second_factor": RequestValues(token=mira, body={"password": demo.client_password, **codes}),
            "renew_recovery_codes": RequestValues(token=mira, body={"password": demo.client_password, **codes}),
            "verify_second_factor": RequestValues(body={"challenge": challenge["challenge"], **codes}),
            "request_email_change": RequestValues(body={**change, "new_email": "theo.l@client.example"}),
            "confirm_email_change": RequestValues(body={"code": proof}),
            "change_profile": RequestValues(body={"version": profile["version"]}),
            "change_notification_settings": RequestValues(body={"version": 1}),
            "confirm_safe_email": RequestValues(body={"code": safe}),
        }

    async def _slots(self, ids: dict[str, str]) -> list[Any]:
        day = (self.attack.portal.clock.now() + timedelta(days=8)).date().isoformat()
        query = urlencode({"appointment_type_id": ids["appointment_type_id"], "first_day": day, "last_day": day})
        found = await self.post(self.attack.victim, f"{PORTAL}/appointments/slots?{query}", method="GET")
        return [
            one for one in found["items"] if one["location_id"] is None and one["clinician_id"] == ids["clinician_id"]
        ]

    async def _group_of(self, client_id: str, slot: dict[str, Any]) -> str:
        """An appointment of the client at another time than the slot, with a free seat; its id."""
        group = {"name": "Group", "duration_minutes": 50, "seats": 2}
        added = await self.post(self.attack.administrator, f"{PRACTICE}/options/appointment-types", group)
        start = "2026-05-14T08:00:00-04:00"
        body = {**slot, "appointment_type_id": added["id"], "client_ids": [client_id], "starts_at": start}
        return str((await self.post(self.attack.administrator, f"{PRACTICE}/appointments", body))["id"])

    async def _owe_a_fee(self, appointment_id: str) -> None:
        """Have the client owe a fee for the appointment that has started, so that it can be waived."""
        settings = f"{PRACTICE}/settings/appointments"
        shown = await self.post(self.attack.administrator, settings, method="GET")
        fee = {**shown, "late_cancel_fee": {"amount": 4000, "currency": "USD"}}
        await self.post(self.attack.administrator, settings, fee, method="PUT")
        charge = {"status": "attending", "fee": "charge", "reason": "Called off late, and came"}
        appointment = f"{PRACTICE}/appointments/{appointment_id}"
        booked = await self.post(self.attack.administrator, appointment, method="GET")
        charge["client_id"] = booked["attendances"][0]["client_id"]
        await self.post(self.attack.administrator, f"{appointment}/corrections", charge)

    async def _clinician(self, clinician_id: str) -> str:
        """A session of the clinician, the only person who can start the video visit."""
        elm = OpenPractice(self.attack.portal, self.attack.practice_id, SLUG)
        return (await elm.staff("clinician", clinician_id=UUID(clinician_id))).token

    async def colleague_of(self, clinician_id: str) -> str:
        """Another active clinician; their id."""
        found = await self.post(self.attack.administrator, f"{PRACTICE}/clinicians", method="GET")
        return next(str(one["id"]) for one in found["items"] if one["active"] and one["id"] != clinician_id)

    async def _new_staff_member(self) -> list[str]:
        """Two sessions of a new staff member without a second factor, and that person's id."""
        admin = self.attack.administrator
        created = await self.post(admin, f"{PRACTICE}/staff", BEGINNER)
        await self.post(admin, f"{PRACTICE}/staff/{created['id']}/invitations")
        who = {"email": BEGINNER["email"], "password": PASSWORD}
        code = await self.attack.portal.mailed_code(BEGINNER["email"])  # type: ignore[arg-type]
        await self.post("", f"{PRACTICE}/auth/invitation", {**who, "code": code})
        opened = [(await self.post("", f"{PRACTICE}/auth/login", who))["access_token"] for _ in range(2)]
        return [*opened, created["id"]]
