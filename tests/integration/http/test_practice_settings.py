"""Each feature's settings of a practice over HTTP: defaults, replacement, versions, refusals."""

from typing import Any

import pytest
import pytest_asyncio

from tests.support.clock import FixedClock
from tests.support.http.open_practice import PORTAL, PRACTICE, OpenPractice
from tests.support.http.running_portal import RunningPortal

DEFAULTS: dict[str, dict[str, Any]] = {
    "accounts": {
        "min_password_length": 12,
        "client_second_factor_required": False,
        "idle_timeout_minutes": 15,
        "session_lifetime_minutes": 480,
        "access_token_lifetime_minutes": 60,
        "clinicians_see": "all_clients",
    },
    "oidc": {"issuer": None, "audience": None, "jwks_url": None},
    "appointments": {
        "cancel_notice_minutes": 1440,
        "cancel_notice_days": None,
        "late_cancel": "refuse",
        "late_cancel_fee": None,
        "no_show_fee": None,
        "self_booking": True,
        "hold_duration_minutes": 10,
        "max_holds_per_client": 2,
        "max_requests_per_client": 3,
        "max_waitlist_entries_per_client": 3,
        "offer_duration_minutes": 120,
        "calendar_title": "Appointment",
        "calendar_name": "Appointments",
    },
    "branding": {"neutral_name": "Secure portal", "portal_url": None},
}
ISSUER = {"issuer": "https://a.example", "audience": "portal", "jwks_url": "https://a.example/jwks"}
CHANGED: dict[str, dict[str, Any]] = {
    "accounts": {
        "min_password_length": 64,
        "client_second_factor_required": True,
        "idle_timeout_minutes": 60,
        "session_lifetime_minutes": 1440,
        "access_token_lifetime_minutes": 1,
        "clinicians_see": "own_clients",
    },
    "oidc": ISSUER,
    "appointments": {
        "cancel_notice_minutes": None,
        "cancel_notice_days": 2,
        "late_cancel": "fee",
        "late_cancel_fee": {"amount": 5000, "currency": "EUR"},
        "no_show_fee": {"amount": 6000, "currency": "EUR"},
        "self_booking": False,
        "hold_duration_minutes": 5,
        "max_holds_per_client": 1,
        "max_requests_per_client": 1,
        "max_waitlist_entries_per_client": 1,
        "offer_duration_minutes": 60,
        "calendar_title": "Meeting",
        "calendar_name": "At Elm Street",
    },
    "branding": {"neutral_name": "Office", "portal_url": "https://127.0.0.1/start"},
}
REFUSED: list[tuple[str, dict[str, Any], set[str]]] = [
    ("accounts", {"clinicians_see": "some"}, {"clinicians_see"}),
    ("accounts", {"min_password_length": 11}, {"min_password_length"}),
    ("accounts", {"min_password_length": 65}, {"min_password_length"}),
    ("accounts", {"min_password_length": True}, {"min_password_length"}),
    ("accounts", {"min_password_length": "15"}, {"min_password_length"}),
    ("accounts", {"client_second_factor_required": "no"}, {"client_second_factor_required"}),
    ("accounts", {"idle_timeout_minutes": 0}, {"idle_timeout_minutes"}),
    ("accounts", {"idle_timeout_minutes": 61}, {"idle_timeout_minutes"}),
    ("accounts", {"session_lifetime_minutes": 1441}, {"session_lifetime_minutes"}),
    ("accounts", {"access_token_lifetime_minutes": 0}, {"access_token_lifetime_minutes"}),
    ("accounts", {"access_token_lifetime_minutes": 1441}, {"access_token_lifetime_minutes"}),
    ("accounts", {"time_zone": "UTC"}, {"time_zone"}),
    ("accounts", {"version": -1}, {"version"}),
    ("oidc", {"issuer": "https://a.example"}, {"audience", "jwks_url"}),
    ("oidc", {**ISSUER, "audience": ""}, {"audience"}),
    ("oidc", {**ISSUER, "audience": "  a\n b"}, {"audience"}),
    ("oidc", {**ISSUER, "issuer": "https://a.example/" + "a" * 500}, {"issuer"}),
    ("oidc", {**ISSUER, "issuer": "http://a.example"}, {"issuer"}),
    ("oidc", {**ISSUER, "jwks_url": "http://a.example/jwks"}, {"jwks_url"}),
    ("oidc", {**ISSUER, "jwks_url": "https:///jwks"}, {"jwks_url"}),
    ("oidc", {**ISSUER, "secret": "x"}, {"secret"}),
    *(
        ("oidc", {**ISSUER, "jwks_url": f"https://{host}/jwks"}, {"jwks_url"})
        for host in (
            "localhost",
            "127.0.0.1",
            "10.0.0.8:8443",
            "169.254.169.254",
            "[::1]",
            "[::ffff:10.0.0.8]",
            "2130706433",
        )
    ),
    ("appointments", {"cancel_notice_minutes": -1}, {"cancel_notice_minutes"}),
    ("appointments", {"cancel_notice_days": 0}, {"cancel_notice_days"}),
    ("appointments", {"cancel_notice_minutes": 60, "cancel_notice_days": 1}, {"cancel_notice_days"}),
    ("appointments", {"late_cancel": "sometimes"}, {"late_cancel"}),
    ("appointments", {"late_cancel": "fee"}, {"late_cancel_fee"}),
    ("appointments", {"late_cancel": "fee", "late_cancel_fee": {}}, {"late_cancel_fee.amount"}),
    ("appointments", {"late_cancel_fee": {"amount": 1, "fee": 1}}, {"late_cancel_fee.fee"}),
    ("appointments", {"late_cancel_fee": {"amount": 0}}, {"late_cancel_fee.amount"}),
    ("appointments", {"late_cancel_fee": {"amount": 1, "currency": "usd"}}, {"late_cancel_fee.currency"}),
    ("appointments", {"self_booking": 1}, {"self_booking"}),
    ("appointments", {"hold_duration_minutes": 0}, {"hold_duration_minutes"}),
    ("appointments", {"max_holds_per_client": 0}, {"max_holds_per_client"}),
    ("appointments", {"max_requests_per_client": 101}, {"max_requests_per_client"}),
    ("appointments", {"max_waitlist_entries_per_client": 0}, {"max_waitlist_entries_per_client"}),
    ("appointments", {"offer_duration_minutes": 0}, {"offer_duration_minutes"}),
    ("appointments", {"calendar_title": ""}, {"calendar_title"}),
    ("appointments", {"calendar_name": "a" * 101}, {"calendar_name"}),
    ("appointments", {"calendar_title": "\u202eabc"}, {"calendar_title"}),
    ("branding", {"neutral_name": " "}, {"neutral_name"}),
    ("branding", {"neutral_name": "x" * 201}, {"neutral_name"}),
    ("branding", {"portal_url": "http://elm.example"}, {"portal_url"}),
    ("branding", {"portal_url": "https://"}, {"portal_url"}),
    ("branding", {"portal_url": "https://exa mple.org"}, {"portal_url"}),
    ("branding", {"portal_url": "https://elm.example:99999/"}, {"portal_url"}),
    ("branding", {"portal_url": "https://elsewhere.example"}, {"portal_url"}),
    ("branding", {"portal_url": "https://127.0.0.1/\nhttps://elsewhere.example"}, {"portal_url"}),
    ("branding", {"name": "Elm"}, {"name"}),
]


@pytest_asyncio.fixture(scope="module")
async def shared_practice(shared: RunningPortal) -> OpenPractice:
    """A practice for requests that change nothing."""
    shared.clock.at = FixedClock().at
    return await OpenPractice.open(shared)


each_section = pytest.mark.parametrize("section", DEFAULTS)


@each_section
async def test_put_replaces_the_defaults(open_practice: OpenPractice, section: str) -> None:
    admin, path = open_practice.admin, f"{PRACTICE}/settings/{section}"
    shown = await open_practice.ask(admin, "GET", path)
    assert shown == {**DEFAULTS[section], "version": 0}
    changed = await open_practice.ask(admin, "PUT", path, {**CHANGED[section], "version": 0})
    assert changed == {**CHANGED[section], "version": 1}
    assert await open_practice.ask(admin, "GET", path) == changed
    same = await open_practice.ask(admin, "PUT", path, changed)
    assert same == {**changed, "version": 2}
    assert await open_practice.ask(admin, "PUT", path, DEFAULTS[section]) == {**DEFAULTS[section], "version": 3}
    name = {"accounts": "account", "appointments": "appointment"}.get(section, section)
    assert open_practice.count("audit_entries", f"action = '{name}_settings.changed'") == 3


@each_section
async def test_stale_version_is_refused(open_practice: OpenPractice, section: str) -> None:
    admin, path = open_practice.admin, f"{PRACTICE}/settings/{section}"
    for known in (0, 1):
        for version in {0, 1, 2} - {known}:
            stale = await open_practice.send(admin, "PUT", path, {**DEFAULTS[section], "version": version})
            assert (stale.status_code, stale.json()["code"]) == (409, "stale_version")
        await open_practice.ask(admin, "PUT", path, {**DEFAULTS[section], "version": known})


@pytest.mark.parametrize(("section", "body", "paths"), REFUSED)
async def test_wrong_field_is_named(
    shared_practice: OpenPractice, section: str, body: dict[str, Any], paths: set[str]
) -> None:
    admin, path = shared_practice.admin, f"{PRACTICE}/settings/{section}"
    answer = await shared_practice.send(admin, "PUT", path, {**DEFAULTS[section], **body})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert {one["path"] for one in answer.json()["errors"]} == paths
    assert (await shared_practice.ask(admin, "GET", path))["version"] == 0


@pytest.mark.parametrize(
    ("section", "field"),
    [
        (section, field)
        for section, fields in DEFAULTS.items()
        for field, value in fields.items()
        if value is not None and field != "cancel_notice_minutes"
    ],
)
async def test_setting_that_is_left_out_is_refused(shared_practice: OpenPractice, section: str, field: str) -> None:
    """It would fall back to its default unseen: `clinicians_see` to all clients, a long password to a shorter one."""
    body = {name: value for name, value in CHANGED[section].items() if name != field}
    answer = await shared_practice.send(shared_practice.admin, "PUT", f"{PRACTICE}/settings/{section}", body)
    assert (answer.status_code, {one["path"] for one in answer.json()["errors"]}) == (422, {field})


async def test_notice_is_in_minutes_or_days(shared_practice: OpenPractice) -> None:
    body = {**DEFAULTS["appointments"], "cancel_notice_minutes": None}
    answer = await shared_practice.send(shared_practice.admin, "PUT", f"{PRACTICE}/settings/appointments", body)
    assert answer.json()["errors"] == [
        {"path": "cancel_notice_minutes", "code": "required", "message": "Enter the notice in minutes or in days."}
    ]


async def test_booking_options_show_the_appointment_settings(open_practice: OpenPractice) -> None:
    mira = await open_practice.client()
    path = f"{PRACTICE}/settings/appointments"
    for body in (None, CHANGED["appointments"]):
        if body is not None:
            await open_practice.ask(open_practice.admin, "PUT", path, body)
        settings = await open_practice.ask(open_practice.admin, "GET", path)
        for person, options in (
            (open_practice.admin, f"{PRACTICE}/options"),
            (mira, f"{PORTAL}/appointments/options"),
        ):
            assert (await open_practice.ask(person, "GET", options))["settings"] == settings


async def test_change_of_the_practice_leaves_settings_alone(open_practice: OpenPractice) -> None:
    admin, path = open_practice.admin, f"{PRACTICE}/settings/accounts"
    before = await open_practice.ask(admin, "GET", PRACTICE)
    changed = await open_practice.ask(admin, "PUT", path, {**DEFAULTS["accounts"], "min_password_length": 15})
    assert await open_practice.ask(admin, "GET", PRACTICE) == before
    assert "settings" not in before
    named = {"name": "Elm", "time_zone": "America/Chicago", "state": "il", "version": before["version"]}
    assert (await open_practice.ask(admin, "PUT", PRACTICE, named))["state"] == "IL"
    assert await open_practice.ask(admin, "GET", path) == changed
