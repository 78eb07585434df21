"""Whose clients a clinician sees who sees own clients only: whose care team they are on, or whom they have appointments
with. Statements that confine a clinician so are variants, because for everybody else the condition would only cost."""

from typing import Any

from sqlalchemy import Select, bindparam, exists, or_, select, union

from adapters.postgres.appointments.tables import appointments, attendances
from adapters.postgres.engine.columns import Uuid
from adapters.postgres.people.tables import care_team

_practice = bindparam("practice_id", type_=Uuid)
_clinician = bindparam("own_clinician", type_=Uuid)
_on_team = (care_team.c.practice_id == _practice, care_team.c.clinician_id == _clinician)
_attended = (
    appointments.c.practice_id == _practice,
    appointments.c.clinician_id == _clinician,
    attendances.c.practice_id == _practice,
    attendances.c.appointment_id == appointments.c.id,
)


def is_own(client_id: Any) -> Any:
    """Whether this client is one of the clinician `own_clinician`'s."""
    return or_(
        exists().where(*_on_team, care_team.c.client_id == client_id),
        exists().where(*_attended, attendances.c.client_id == client_id),
    )


def own_ids() -> Any:
    """The ids of all clients of the clinician `own_clinician`, for lists."""
    seen: Select[Any] = select(attendances.c.client_id).select_from(appointments.join(attendances, _attended[3]))
    return union(select(care_team.c.client_id).where(*_on_team), seen.where(*_attended)).subquery("own")
