"""A series of Ann's with Dr. Grey, on Tuesdays at 10:00 from 3 March 2026."""

from datetime import datetime
from typing import Any

from portal_core.appointments.practice_views import SeriesView
from portal_core.appointments.use_cases.book_series import BookSeriesCommand
from portal_core.appointments.use_cases.extend_series import ExtendSeriesCommand
from portal_core.appointments.use_cases.list_my_appointments import ListMyAppointmentsQuery
from portal_core.appointments.use_cases.move_series import MoveSeriesCommand
from portal_core.appointments.views import AppointmentFilter, AppointmentView
from portal_core.kernel.actor import ClientActor
from tests.unit.appointments.conftest import BookingScenario

TUESDAY = datetime(2026, 3, 3, 10)  # noqa: DTZ001


def series_command(scenario: BookingScenario, count: int | None = 4, **more: object) -> BookSeriesCommand:
    values = {
        "clinician_id": scenario.grey,
        "appointment_type_id": scenario.appointment_type.id,
        "client_ids": [scenario.ann.client_id],
        "first_start": TUESDAY,
        "count": count,
        **more,
    }
    return BookSeriesCommand(**values)  # type: ignore[arg-type]


async def book(scenario: BookingScenario, count: int | None = 4, **more: object) -> SeriesView:
    return await scenario.use_cases.book_series(scenario.world.front_desk, series_command(scenario, count, **more))


async def appointments_of(scenario: BookingScenario, actor: ClientActor) -> list[AppointmentView]:
    query = ListMyAppointmentsQuery(AppointmentFilter("all"))
    return list((await scenario.use_cases.list_mine(actor, query)).items)


async def starts_of(scenario: BookingScenario) -> list[datetime]:
    return [one.starts_at for one in await appointments_of(scenario, scenario.ann)]


async def extend(scenario: BookingScenario, series: SeriesView, **more: Any) -> SeriesView:
    command = ExtendSeriesCommand(series_id=series.id, **more)
    return await scenario.use_cases.extend_series(scenario.world.front_desk, command)


async def move(scenario: BookingScenario, series: SeriesView, first_start: datetime, **more: Any) -> SeriesView:
    values = {"clinician_id": scenario.grey, **more}
    command = MoveSeriesCommand(series_id=series.id, first_start=first_start, **values)
    return await scenario.use_cases.move_series(scenario.world.front_desk, command)
