"""Blanks at the ends of what people enter are left out, except in passwords."""

from functools import partial
from typing import Any
from uuid import UUID

import pytest

from portal_core.accounts.errors import SignInRefused
from portal_core.appointments.use_cases.cancel_appointment import CancelAppointmentCommand
from portal_core.appointments.use_cases.cancel_appointment_for_clients import CancelAppointmentForClientsCommand
from portal_core.appointments.use_cases.cancel_series import CancelSeriesCommand
from portal_core.appointments.use_cases.decline_appointment_request import DeclineAppointmentRequestCommand
from portal_core.notifications.branding import BrandingSettings
from portal_core.notifications.use_cases.change_notification_settings import ChangeNotificationSettingsCommand
from tests.unit.accounts.use_cases import ANN, PASSWORD, AccountUseCases

ANY = UUID(int=1)


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (partial(CancelAppointmentCommand, appointment_id=ANY), "reason"),
        (partial(CancelAppointmentForClientsCommand, appointment_id=ANY), "reason"),
        (partial(CancelSeriesCommand, series_id=ANY), "reason"),
        (partial(DeclineAppointmentRequestCommand, request_id=ANY), "answer"),
    ],
)
@pytest.mark.parametrize(("typed", "kept"), [(" A cold\n", "A cold"), (" \t", None), (None, None)])
def test_reason_has_no_blanks_at_its_ends(command: Any, name: str, typed: str | None, kept: str | None) -> None:
    assert getattr(command(**{name: typed}), name) == kept


def test_settings_have_no_blanks_at_their_ends() -> None:
    assert BrandingSettings(portal_url=" https://elm.example ").portal_url == "https://elm.example"
    changes = ChangeNotificationSettingsCommand(0, language=" es ", time_zone=" Europe/Vienna ").validated()
    assert (changes.language, changes.time_zone) == ("es", "Europe/Vienna")


@pytest.mark.parametrize("typed", [f"{PASSWORD} ", f" {PASSWORD}"])
async def test_blanks_of_a_password_count(typed: str) -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account(ANN, typed)
    assert await use_cases.signed_in(ANN, typed)
    with pytest.raises(SignInRefused):
        await use_cases.signed_in(ANN, PASSWORD)
