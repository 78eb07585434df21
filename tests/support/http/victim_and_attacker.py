"""A practice with some history: two clients with accounts and an administrator, all signed in."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
from attrs import define, field

from entrypoints.demo import Demo, code_at, load
from portal_core.accounts.use_cases.register_account import RegisterAccount, RegisterAccountCommand
from portal_core.accounts.use_cases.verify_email import VerifyEmail, VerifyEmailCommand
from portal_core.kernel.actor import VisitorActor
from tests.support.http.running_portal import RunningPortal

PORTAL = "/api/v1/portal"
PRACTICE = "/api/v1/practice"
VICTIM = "theo@client.example"
PASSWORD = "amber lantern 9 orchestra"


@define
class AttackScenario:
    """The tokens of three people, and the ids of the second client's records."""

    portal: RunningPortal
    practice_id: UUID
    attacker: str
    victim: str
    administrator: str
    demo: Demo = field(repr=False)
    victim_ids: dict[str, str] = field(factory=dict)

    def http_client(self, token: str, **headers: str) -> Any:
        return self.portal.http_client(token, **headers)


async def make_attack_scenario(portal: RunningPortal) -> AttackScenario:
    """The demo practice, with Mira as the attacker and Theo as the victim."""

    async def run_jobs() -> None:
        await portal.run_jobs()

    demo = await load(portal.portal, run_jobs)
    (practice,) = await portal.portal.parts.directory().all()
    visitor = VisitorActor(practice.id)
    date_of_birth = portal.database.owner.execute(
        "SELECT date_of_birth FROM portal.clients WHERE email = %s", (VICTIM,)
    ).fetchone()
    assert date_of_birth is not None
    await portal.portal.use_case(RegisterAccount)(visitor, RegisterAccountCommand(VICTIM, date_of_birth[0]))
    code = await portal.mailed_code(VICTIM)
    await portal.portal.use_case(VerifyEmail)(visitor, VerifyEmailCommand(VICTIM, code, PASSWORD))
    return AttackScenario(
        portal,
        practice.id,
        attacker=await _sign_in_client(portal, demo.client, demo.client_password),
        victim=await _sign_in_client(portal, VICTIM, PASSWORD),
        administrator=await _sign_in_staff(
            portal, demo.administrator, demo.administrator_password, demo.administrator_secret
        ),
        demo=demo,
    )


async def _sign_in_client(portal: RunningPortal, email: str, password: str) -> str:
    async with portal.http_client() as ask:
        answer = await ask.post(f"{PORTAL}/auth/login", json={"email": email, "password": password})
        return str(_ok(answer)["access_token"])


async def _sign_in_staff(portal: RunningPortal, email: str, password: str, secret: str) -> str:
    async with portal.http_client() as ask:
        asked = _ok(await ask.post(f"{PRACTICE}/auth/login", json={"email": email, "password": password}))
        code = code_at(secret, portal.clock.now())
        answer = await ask.post(f"{PRACTICE}/auth/mfa", json={"challenge": asked["challenge"], "code": code})
        return str(_ok(answer)["access_token"])


async def add_victim_records(attack: AttackScenario) -> None:
    """Theo books, holds, requests, waits and gets an offer; the administrator blocks time and grants a proxy."""
    clock = attack.portal.clock
    async with attack.http_client(attack.victim) as ask:
        kin = {"name": "Iris Lindqvist", "relationship": "sister", "phone": "+15185550144"}
        known = _ok(await ask.get(f"{PORTAL}/profile"))
        person = {"pronouns": "he/him", "emergency_contact": kin, "version": known["version"]}
        _ok(await ask.patch(f"{PORTAL}/profile", json=person))
        booking_options = _ok(await ask.get(f"{PORTAL}/appointments/options"))
        appointment_type = next(
            one for one in booking_options["appointment_types"] if one["name"] == "Individual session"
        )["id"]
        slots = await _slots(ask, appointment_type, clock.now().date() + timedelta(days=3))
        online = next(one for one in slots if one["location_id"] is None)
        offices = [one for one in slots if one["location_id"] is not None]
        booked = _ok(await ask.post(f"{PORTAL}/appointments", json={"slot": _choice(online)}))
        held = _ok(await ask.post(f"{PORTAL}/appointments/holds", json=_choice(offices[0])))
        wish = {
            "appointment_type_id": appointment_type,
            "location_id": None,
            "preferred": [{"starts_at": online["starts_at"], "ends_at": online["ends_at"]}],
            "reason": "a private reason",
        }
        request = _ok(await ask.post(f"{PORTAL}/appointments/request", json=wish))
        given_back = _ok(await ask.post(f"{PORTAL}/appointments", json={"slot": _choice(offices[-1])}))
        day = given_back["starts_at"][:10]
        waits = {
            "appointment_type_id": appointment_type,
            "location_id": offices[-1]["location_id"],
            "earliest_date": day,
            "latest_date": day,
        }
        waiting = _ok(await ask.post(f"{PORTAL}/appointments/waitlist", json=waits))
        cancel = {"version": given_back["version"]}
        _ok(await ask.patch(f"{PORTAL}/appointments/{given_back['id']}/cancel", json=cancel))
        await attack.portal.run_jobs()
        mine = _ok(await ask.get(f"{PORTAL}/appointments/waitlist"))["items"]
        told_of = _ok(await ask.get(f"{PORTAL}/notifications"))["items"]
        sessions = _ok(await ask.get(f"{PORTAL}/auth/sessions"))["items"]
        client = _ok(await ask.get(f"{PORTAL}/profile"))["client_id"]
        sent = {"category": "insurance", "file_name": "card.txt"}
        document = _ok(await ask.post(f"{PORTAL}/documents", json=sent))["id"]
        _ok(await ask.put(f"{PORTAL}/documents/{document}/content", content=b"Member 4711"))
        stated = {"statement": "It was the third.", "reason": "I was there."}
        amendment = _ok(await ask.post(f"{PORTAL}/amendment-requests", json=stated))["id"]
        await attack.portal.run_jobs()
    attack.victim_ids = {
        "appointment_id": booked["id"],
        "hold_id": held["id"],
        "request_id": request["id"],
        "entry_id": waiting["id"],
        "offer_id": next(one["offer"]["id"] for one in mine if one["offer"]),
        "document_id": document,
        "amendment_request_id": amendment,
        "notification_id": told_of[0]["id"],
        "session_id": sessions[0]["id"],
        "client_id": client,
        "clinician_id": booked["clinician_id"],
        "appointment_type_id": appointment_type,
        "location_id": offices[0]["location_id"],
    }


async def _slots(ask: httpx.AsyncClient, appointment_type: str, first_day: Any) -> list[dict[str, Any]]:
    last_day = first_day + timedelta(days=6)
    query = {
        "appointment_type_id": appointment_type,
        "first_day": first_day.isoformat(),
        "last_day": last_day.isoformat(),
        "size": 100,
    }
    return list(_ok(await ask.get(f"{PORTAL}/appointments/slots", params=query))["items"])


def _choice(slot: dict[str, Any]) -> dict[str, Any]:
    return {name: slot[name] for name in ("clinician_id", "appointment_type_id", "location_id", "starts_at")}


def _ok(answer: httpx.Response) -> Any:
    assert answer.status_code < 300, f"{answer.request.method} {answer.request.url.path}: {answer.text}"
    return answer.json()
