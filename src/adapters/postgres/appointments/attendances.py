"""A client's part in an appointment, as a row. Its texts are encrypted with the client's key."""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from adapters.postgres.appointments.tables import attendances
from adapters.postgres.engine.entities import entity
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.transaction import Transaction
from portal_core.appointments.attendance import Attendance, Occasion
from portal_core.appointments.model import Booking
from portal_core.kernel.money import Money

ATTENDANCE_TEXTS: Final = ("reason", "internal_note")
ATTENDANCE = entity(
    Attendance,
    attendances,
    "attendance_",
    fee_due=(attendances.c.fee_amount, attendances.c.fee_currency),
    left=(
        attendances.c.left_clinician_id,
        attendances.c.left_location_id,
        attendances.c.starts_at,
        attendances.c.left_ends_at,
        attendances.c.left_time_zone,
    ),
)
_row = insert(attendances)
UPSERT_ATTENDANCE = statement(
    "attendances.put",
    _row.on_conflict_do_update(
        index_elements=["practice_id", "client_id", "appointment_id"],
        set_={
            name: _row.excluded[name]
            for name in (
                "starts_at",
                "status",
                "cancelled_at",
                "cancelled_by",
                "cancelled_late",
                *ATTENDANCE_TEXTS,
                "fee_amount",
                "fee_currency",
                "changed_at",
                "sequence",
                "left_ends_at",
                "left_time_zone",
                "left_clinician_id",
                "left_location_id",
            )
        },
    ),
)


async def load_attendance_keys(tx: Transaction, rows: Iterable[Any]) -> None:
    """Load the keys of clients whose part has a text."""
    await tx.load_keys(
        row["attendance_client_id"]
        for row in rows
        if any(row[f"attendance_{name}"] is not None for name in ATTENDANCE_TEXTS)
    )


async def attendance_texts(tx: Transaction, row: Any, appointment_id: UUID) -> dict[str, str | None]:
    """The texts of a client's part, decrypted."""
    return {
        name: await tx.unseal(
            row["attendance_client_id"], attendances.c[name], appointment_id, row[f"attendance_{name}"]
        )
        or None
        for name in ATTENDANCE_TEXTS
    }


async def attendance_values(tx: Transaction, booking: Booking, one: Attendance) -> dict[str, Any]:
    """The parameters of `UPSERT_ATTENDANCE` for a client's part in the booking."""
    # A change for all clients must not fail because one client's record key was destroyed.
    texts = {
        name: await tx.seal_unless_destroyed(one.client_id, attendances.c[name], one.appointment_id, getattr(one, name))
        for name in ATTENDANCE_TEXTS
    }
    return ATTENDANCE.values(
        one,
        starts_at=(one.left or booking.appointment).starts_at,
        left_ends_at=one.left and one.left.ends_at,
        left_time_zone=one.left and one.left.time_zone,
        left_clinician_id=one.left and one.left.clinician_id,
        left_location_id=one.left and one.left.location_id,
        **texts,
        fee_amount=one.fee_due.amount if one.fee_due else None,
        fee_currency=one.fee_due.currency if one.fee_due else None,
    )


def fee_of(amount: int | None, currency: str | None) -> Money | None:
    """The fee from its two columns."""
    return None if amount is None or currency is None else Money(amount, currency)


def _left(row: Any) -> Occasion | None:
    """The appointment as it was when the client left, from its columns."""
    if row["attendance_left_ends_at"] is None:
        return None
    return Occasion(
        row["attendance_left_clinician_id"],
        row["attendance_left_location_id"],
        row["attendance_starts_at"],
        row["attendance_left_ends_at"],
        row["attendance_left_time_zone"],
    )


async def attendance_of(tx: Transaction, row: Any) -> Attendance:
    """The client's part, from its columns."""
    texts = await attendance_texts(tx, row, row["attendance_appointment_id"])
    fee = fee_of(row["attendance_fee_amount"], row["attendance_fee_currency"])
    return ATTENDANCE.of(row, **texts, fee_due=fee, left=_left(row))
