"""A practice in which every route of the document finds what it needs: for each, a request that succeeds."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

import httpx
from attrs import define, field, frozen

from entrypoints.demo import SLUG, code_at
from tests.support.engine.table_snapshot import Rewinding
from tests.support.http.open_practice import ElmStreet
from tests.support.http.operations import Operation, with_ids
from tests.support.http.raw_asgi import ask
from tests.support.http.running_portal import RunningPortal
from tests.support.http.victim_and_attacker import PASSWORD, PORTAL, PRACTICE, VICTIM, Story, fill, told

NEW_PASSWORD = "copper meadow 5 saxophone"
NEWCOMER = {"given_name": "Nora", "family_name": "Voss", "born": "1979-03-08", "email": "nora@client.example"}
SECOND = {"given_name": "Ines", "family_name": "Maron", "born": "1993-08-21", "email": "ines@client.example"}
BEGINNER = {"name": "Otto Lund", "email": "otto@elm-street.example", "roles": ["front_desk"]}
COLLEAGUE = {"name": "Lena Ortiz", "email": "lena@elm-street.example", "roles": ["front_desk"]}


@frozen
class Asked:
    """What of a request differs from the document's example with the scene's ids."""

    path: dict[str, str] = field(factory=dict)
    query: dict[str, str] = field(factory=dict)
    body: Any = None
    token: str = ""


@define
class Scene:
    """`tokens` by side; `ids` by parameter name; `asked` by operation id."""

    story: Story
    tokens: dict[str, str]
    ids: dict[str, str]
    asked: dict[str, Asked]
    rewinding: Rewinding

    @property
    def portal(self) -> RunningPortal:
        return self.story.portal

    def token(self, operation: Operation) -> str:
        """The session that may ask this."""
        return self.asked.get(operation.operation_id, Asked()).token or self.tokens.get(operation.side, "")

    def path_values(self, operation: Operation) -> dict[str, str]:
        own = self.asked.get(operation.operation_id, Asked()).path
        return {name: own.get(name) or self.ids[name] for name in operation.path_parameters}

    def query_values(self, operation: Operation) -> dict[str, str]:
        return self.asked.get(operation.operation_id, Asked()).query

    def body(self, operation: Operation) -> Any:
        """The body that succeeds; None where there is none."""
        own = self.asked.get(operation.operation_id, Asked()).body
        if isinstance(own, dict):
            return {**with_ids(operation.example, self.ids), **own}
        return with_ids(operation.example, self.ids)

    def target(self, operation: Operation) -> str:
        """Path and query of the request that succeeds."""
        values = {name: quote(value, safe="") for name, value in self.path_values(operation).items()}
        query = urlencode(self.query_values(operation))
        return operation.path.format(**values) + (f"?{query}" if query else "")

    async def ask(self, method: str, target: str, headers: Any = (), body: bytes = b"") -> httpx.Response:
        return await ask(self.portal.app, method, target, headers, body)


async def set_scene(portal: RunningPortal) -> Scene:
    """The story, and beside it one of everything that the document's routes can be about."""
    story = await told(portal)
    desk = _Desk(story)
    soon = portal.clock.now() + timedelta(minutes=5)
    begun = await desk.begun(soon)
    portal.clock.at = soon + timedelta(minutes=1)  # it has begun; nobody was idle for long
    await fill(story)
    ids = dict(story.victims)
    asked = await desk.practice(ids, begun)
    asked |= await desk.visitors()
    asked |= await desk.client(ids, begun)
    await portal.work_off()
    tokens = {"portal": story.victim, "practice": story.administrator}
    return Scene(story, tokens, ids, asked, Rewinding(portal.database.owner))


@define
class _Desk:
    """Does what has to have been done before."""

    story: Story

    async def post(self, token: str, path: str, body: Any = None, method: str = "POST") -> Any:
        async with self.story.asking(token) as client:
            answer = await client.request(method, path, json=body)
        assert answer.status_code < 300, f"{method} {path}: {answer.text}"
        return answer.json() if answer.content else None

    async def begun(self, at: datetime) -> dict[str, Any]:
        """A telehealth appointment of the victim's, booked by the practice for `at`."""
        offering = await self.post(self.story.victim, f"{PORTAL}/appointments/offering", method="GET")
        profile = await self.post(self.story.victim, f"{PORTAL}/profile", method="GET")
        body = {
            "clinician_id": offering["clinicians"][0]["id"],
            "kind_id": offering["kinds"][0]["id"],
            "starts_at": at.isoformat(),
            "client_ids": [profile["client_id"]],
            "outside_hours": True,
        }
        return dict(await self.post(self.story.administrator, f"{PRACTICE}/appointments", body))

    async def practice(self, ids: dict[str, str], begun: dict[str, Any]) -> dict[str, Asked]:
        """What the practice's side is about; adds to `ids`."""
        admin = self.story.administrator
        clinician = f"{PRACTICE}/clinicians/{ids['clinician_id']}"
        client = f"{PRACTICE}/clients/{ids['client_id']}"
        block = {"starts_at": "2026-04-20T13:00:00Z", "ends_at": "2026-04-20T15:00:00Z"}
        ids["block_id"] = (await self.post(admin, f"{clinician}/blocks", block))["id"]
        closed = {"date": "2026-04-21", "opens": False}
        ids["exception_id"] = (await self.post(admin, f"{clinician}/availability/exceptions", closed))["id"]
        weekly = {
            "clinician_id": ids["clinician_id"],
            "kind_id": ids["kind_id"],
            "client_ids": [ids["client_id"]],
            "first_start": "2026-05-06T08:00:00",
            "count": 3,
            "outside_hours": True,
        }
        ids["series_id"] = (await self.post(admin, f"{PRACTICE}/appointments/series", weekly))["id"]
        colleague = await self.post(admin, f"{PRACTICE}/staff", COLLEAGUE)
        ids["staff_id"] = colleague["id"]
        invited = await self.post(admin, f"{PRACTICE}/staff/{colleague['id']}/invitations")
        ids["invitation_id"] = invited["id"]
        lenas = await self.story.portal.mailed_code(COLLEAGUE["email"])  # type: ignore[arg-type]
        proxy = {"email": self.story.demo.client, "relation": "representative", "areas": ["appointments"]}
        ids["grant_id"] = (await self.post(admin, f"{client}/grants", proxy))["id"]
        await self.story.portal.work_off()
        rivera, newest = await self._clinician(begun["clinician_id"]), await self._beginner()
        begins = (await self.post(newest[1], f"{PRACTICE}/auth/mfa/enroll", {"password": PASSWORD}))["enrolment"]
        ids["notice_id"] = self._spoil_a_notice()
        sessions = await self.post(admin, f"{PRACTICE}/auth/sessions", method="GET")
        shown = {"version": (await self.post(admin, client, method="GET"))["profile"]["version"]}
        week = await self.post(admin, f"{clinician}/availability", method="GET")
        newcomer = (await self.post(admin, f"{PRACTICE}/clients", NEWCOMER))["profile"]["client_id"]
        demo = self.story.demo
        password, email = demo.administrator_password, demo.administrator
        await self.post("", f"{PRACTICE}/auth/forgot-password", {"email": email})
        reset = await self.story.portal.mailed_code(email)
        next_code = code_at(demo.administrator_secret, self.story.portal.clock.now(), steps=1)
        code = code_at(demo.administrator_secret, self.story.portal.clock.now())
        challenge = (await self.post("", f"{PRACTICE}/auth/login", {"email": email, "password": password}))["challenge"]
        opened = (await self.post("", f"{PRACTICE}/auth/login", {"email": email, "password": password}))["challenge"]
        other = await self.post("", f"{PRACTICE}/auth/mfa", {"challenge": opened, "code": code})
        slot = {**weekly, "starts_at": "2026-05-05T08:00:00-04:00", "place_id": None}
        for name in ("first_start", "count"):
            slot.pop(name)
        moved = {**slot, "version": None}
        moved.pop("client_ids")
        wish = {"starts_at": "2026-05-12T14:00:00Z", "ends_at": "2026-05-12T16:00:00Z"}
        wished = {"kind_id": ids["kind_id"], "preferred": [wish]}
        request = await self.post(self.story.victim, f"{PORTAL}/appointments/request", wished)
        return {
            "list_day": Asked(query={"date": "2026-03-02"}),
            "book_for_client": Asked(body=slot),
            "book_series": Asked(body={**weekly, "first_start": "2026-05-07T08:00:00", "place_id": None}),
            "confirm_request": Asked(
                {"request_id": request["id"]},
                body={"starts_at": wish["starts_at"], "version": request["version"], "outside_hours": True},
            ),
            "move_for_clients": Asked(body=moved),
            "cancel_for_clients": Asked(body={"version": None}),
            "complete_appointment": Asked({"appointment_id": begun["id"]}, body={"version": None}),
            "mark_no_show": Asked({"appointment_id": begun["id"]}, body={"version": None}),
            "list_check_ins": Asked({"appointment_id": begun["id"]}),
            "host_session": Asked({"appointment_id": begun["id"]}, token=rivera),
            "assign_care_team": Asked(body={"clinician_ids": [ids["clinician_id"]], **shown}),
            "change_client": Asked(body=shown),
            "publish_availability": Asked(body={"replaces": [one["id"] for one in week["rules"]]}),
            "grant_access": Asked(
                {"client_id": newcomer},
                body={"email": demo.client, "relation": "representative", "until": None},
            ),
            "invite_proxy": Asked(body={"until": None}),
            "invite_client": Asked({"client_id": newcomer}),
            "change_practice_settings": Asked({"section": "accounts"}),
            "block_time": Asked(body={"starts_at": "2026-04-22T13:00:00Z", "ends_at": "2026-04-22T15:00:00Z"}),
            "reset_second_factor_of_staff": Asked({"staff_id": newest[2]}),
            "staff_end_session": Asked({"session_id": sessions[0]["id"]}),
            "staff_change_password": Asked(body={"current_password": password, "new_password": NEW_PASSWORD}),
            "staff_close_account": Asked(body={"password": password, "code": next_code}),
            "staff_remove_second_factor": Asked(body={"password": password, "code": next_code}),
            "staff_renew_recovery_codes": Asked(body={"password": password}),
            "staff_answer_second_factor": Asked(body={"challenge": challenge, "code": next_code}),
            "staff_log_in": Asked(body={"email": email, "password": password}),
            "staff_refresh_session": Asked(body={"refresh_token": other["refresh_token"]}),
            "staff_request_password_reset": Asked(body={"email": email}),
            "staff_reset_password": Asked(body={"email": email, "code": reset, "password": NEW_PASSWORD}),
            "staff_enroll_second_factor": Asked(token=newest[0], body={"password": PASSWORD}),
            "staff_confirm_second_factor": Asked(
                token=newest[1], body={"code": code_at(begins["secret"], self.story.portal.clock.now())}
            ),
            "staff_accept_invitation": Asked(
                body={"email": COLLEAGUE["email"], "code": lenas, "password": NEW_PASSWORD, "date_of_birth": None}
            ),
        }

    async def visitors(self) -> dict[str, Asked]:
        """What those need who have no session yet."""
        admin = self.story.administrator
        who = {"email": NEWCOMER["email"], "date_of_birth": NEWCOMER["born"]}
        await self.post("", f"{PORTAL}/auth/register", who)
        proof = await self.story.portal.mailed_code(NEWCOMER["email"])
        second = (await self.post(admin, f"{PRACTICE}/clients", SECOND))["profile"]["client_id"]
        await self.post(admin, f"{PRACTICE}/clients/{second}/invitations")
        invitation = await self.story.portal.mailed_code(SECOND["email"])
        signed_in = await self.post("", f"{PORTAL}/auth/login", {"email": VICTIM, "password": PASSWORD})
        await self.post("", f"{PORTAL}/auth/forgot-password", {"email": VICTIM})
        reset = await self.story.portal.mailed_code(VICTIM)
        return {
            "register_account": Asked(body=who),
            "resend_verification": Asked(body={"email": NEWCOMER["email"]}),
            "verify_email": Asked(body={"email": NEWCOMER["email"], "code": proof, "password": NEW_PASSWORD}),
            "accept_invitation": Asked(
                body={
                    "email": SECOND["email"],
                    "code": invitation,
                    "password": NEW_PASSWORD,
                    "date_of_birth": SECOND["born"],
                }
            ),
            "log_in": Asked(body={"email": VICTIM, "password": PASSWORD}),
            "refresh_session": Asked(body={"refresh_token": signed_in["refresh_token"]}),
            "request_password_reset": Asked(body={"email": VICTIM}),
            "reset_password": Asked(body={"email": VICTIM, "code": reset, "password": NEW_PASSWORD}),
        }

    async def client(self, ids: dict[str, str], begun: dict[str, Any]) -> dict[str, Asked]:
        """What a client's own side is about. Mira has a second factor, Theo has none."""
        theo, mira, demo = self.story.victim, self.story.attacker, self.story.demo
        now = self.story.portal.clock.now()
        feed = await self.post(theo, f"{PORTAL}/calendar/feed")
        ids["feed"] = feed["path"].partition("?")[0].rpartition("/")[2]
        change = {"new_email": "theo.lindqvist@client.example", "password": PASSWORD}
        await self.post(theo, f"{PORTAL}/profile/email", change)
        proof = await self.story.portal.mailed_code(change["new_email"])
        wish = {"version": 0, "safe_email": "theo.safe@client.example"}
        await self.post(theo, f"{PORTAL}/profile/settings", wish, "PATCH")
        safe = await self.story.portal.mailed_code(wish["safe_email"])  # type: ignore[arg-type]
        slots = await self._slots(ids)
        profile = await self.post(theo, f"{PORTAL}/profile", method="GET")
        last, late = slots[-1], slots[-2]
        names = ("clinician_id", "kind_id", "place_id", "starts_at")
        choice = {name: last[name] for name in names}
        secret = (await self.post(mira, f"{PORTAL}/auth/mfa/enroll", {"password": demo.client_password}))["enrolment"]
        await self.post(mira, f"{PORTAL}/auth/mfa/confirm", {"code": code_at(secret["secret"], now)})
        challenge = await self.post(
            "", f"{PORTAL}/auth/login", {"email": demo.client, "password": demo.client_password}
        )
        codes = {"code": code_at(secret["secret"], now, steps=1)}
        enrolling = (await self.post(theo, f"{PORTAL}/auth/mfa/enroll", {"password": PASSWORD}))["enrolment"]
        days = {"first_day": last["starts_at"][:10], "last_day": last["starts_at"][:10]}
        return {
            "find_slots": Asked(query={"kind_id": ids["kind_id"], **days}),
            "book_appointment": Asked(body={"slot": choice, "hold_id": None}),
            "hold_slot": Asked(body=choice),
            "cancel_appointment": Asked(body={"version": 0}),
            "reschedule_appointment": Asked(
                body={**{name: late[name] for name in names if name != "kind_id"}, "version": 0}
            ),
            "join_session": Asked({"appointment_id": begun["id"]}),
            "change_password": Asked(body={"current_password": PASSWORD, "new_password": NEW_PASSWORD}),
            "close_account": Asked(body={"password": PASSWORD, "code": None}),
            "enroll_second_factor": Asked(body={"password": PASSWORD}),
            "confirm_second_factor": Asked(body={"code": code_at(enrolling["secret"], now)}),
            "remove_second_factor": Asked(token=mira, body={"password": demo.client_password, **codes}),
            "renew_recovery_codes": Asked(token=mira, body={"password": demo.client_password}),
            "answer_second_factor": Asked(body={"challenge": challenge["challenge"], **codes}),
            "request_email_change": Asked(body={**change, "new_email": "theo.l@client.example"}),
            "confirm_email_change": Asked(body={"code": proof}),
            "change_profile": Asked(body={"version": profile["version"]}),
            "change_settings": Asked(body={"version": 1}),
            "confirm_safe_email": Asked(body={"code": safe}),
        }

    async def _slots(self, ids: dict[str, str]) -> list[Any]:
        day = (self.story.portal.clock.now() + timedelta(days=8)).date().isoformat()
        query = urlencode({"kind_id": ids["kind_id"], "first_day": day, "last_day": day})
        found = await self.post(self.story.victim, f"{PORTAL}/appointments/slots?{query}", method="GET")
        return [one for one in found["items"] if one["place_id"] is None and one["clinician_id"] == ids["clinician_id"]]

    async def _clinician(self, clinician_id: str) -> str:
        """The session of a clinician, who alone may open a room."""
        elm = ElmStreet(self.story.portal, self.story.practice_id, SLUG)
        return (await elm.staff("clinician", clinician_id=UUID(clinician_id))).token

    async def _beginner(self) -> list[str]:
        """Two sessions of a new colleague who has yet to set up a second factor, and the colleague's id."""
        admin = self.story.administrator
        made = await self.post(admin, f"{PRACTICE}/staff", BEGINNER)
        await self.post(admin, f"{PRACTICE}/staff/{made['id']}/invitations")
        who = {"email": BEGINNER["email"], "password": PASSWORD}
        code = await self.story.portal.mailed_code(BEGINNER["email"])  # type: ignore[arg-type]
        await self.post("", f"{PRACTICE}/auth/invitation", {**who, "code": code})
        opened = [(await self.post("", f"{PRACTICE}/auth/login", who))["access_token"] for _ in range(2)]
        return [*opened, made["id"]]

    def _spoil_a_notice(self) -> str:
        """A notice that could not be sent, which nobody can bring about over HTTP."""
        row = self.story.portal.database.owner.execute(
            "UPDATE portal.notices SET state = 'dead', settled_at = created_at"
            " WHERE id = (SELECT max(id::text)::uuid FROM portal.notices WHERE channel = 'email') RETURNING id"
        ).fetchone()
        assert row is not None
        return str(row[0])
