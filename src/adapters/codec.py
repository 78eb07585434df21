"""Converts values of the core to and from JSON for JSONB columns: UUIDs and times as text, durations as seconds."""

from datetime import date, datetime, time, timedelta
from uuid import UUID

import cattrs

from portal_core.appointments.scheduling.deadlines import CalendarDays

converter = cattrs.Converter(forbid_extra_keys=False)
for _kind in (date, datetime, time):
    converter.register_unstructure_hook(_kind, lambda value: value.isoformat())
    converter.register_structure_hook(_kind, lambda text, kind: kind.fromisoformat(text))
converter.register_unstructure_hook(UUID, str)
converter.register_structure_hook(UUID, lambda text, _: UUID(text))
converter.register_unstructure_hook(timedelta, lambda value: value.total_seconds())
converter.register_structure_hook(timedelta, lambda seconds, _: timedelta(seconds=seconds))
# A notice period is elapsed time (seconds) or calendar days (an object).
converter.register_structure_hook(
    timedelta | CalendarDays,
    lambda value, _: converter.structure(value, CalendarDays) if isinstance(value, dict) else timedelta(seconds=value),
)
