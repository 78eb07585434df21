"""What a practice offers, as screens show it: frozen, ready for JSON. Lengths of time are whole minutes."""

from datetime import timedelta
from uuid import UUID

from attrs import frozen

from portal_core.appointments.scheduling.deadlines import CalendarDays
from portal_core.appointments.settings import AppointmentRules, Clinician, Kind, LateCancel, Place, Schedule
from portal_core.kernel.money import Money

MINUTE = timedelta(minutes=1)


@frozen(kw_only=True)
class KindView:
    """A kind of appointment."""

    id: UUID
    name: str
    minutes: int
    seats: int
    online: bool
    active: bool
    buffer_before: int
    buffer_after: int
    slot_step: int | None
    minimum_notice: int
    maximum_advance_days: int
    version: int

    @classmethod
    def of(cls, kind: Kind) -> "KindView":
        timing = kind.timing
        return cls(
            id=kind.id,
            name=kind.name,
            minutes=timing.duration // MINUTE,
            seats=kind.seats,
            online=kind.online,
            active=kind.active,
            buffer_before=timing.buffer_before // MINUTE,
            buffer_after=timing.buffer_after // MINUTE,
            slot_step=timing.slot_step // MINUTE if timing.slot_step else None,
            minimum_notice=timing.minimum_notice // MINUTE,
            maximum_advance_days=timing.maximum_advance_days,
            version=kind.version,
        )


@frozen(kw_only=True)
class PlaceView:
    """An office."""

    id: UUID
    name: str
    zone: str
    address: str
    active: bool
    version: int

    @classmethod
    def of(cls, place: Place) -> "PlaceView":
        return cls(
            id=place.id,
            name=place.name,
            zone=place.zone,
            address=place.address,
            active=place.active,
            version=place.version,
        )


@frozen(kw_only=True)
class OfferedClinicianView:
    """Somebody who sees clients."""

    id: UUID
    name: str
    credentials: str
    active: bool

    @classmethod
    def of(cls, one: Clinician) -> "OfferedClinicianView":
        return cls(id=one.id, name=one.name, credentials=one.credentials, active=one.active)


@frozen(kw_only=True)
class RulesView:
    """The practice's rules; the notice for cancelling is in minutes or in days of the calendar.

    `version` is the practice's: its other settings and its name raise it too.
    """

    cancel_notice_minutes: int | None
    cancel_notice_days: int | None
    late_cancel: LateCancel
    late_fee: Money | None
    self_booking: bool
    hold_minutes: int
    holds_per_client: int
    requests_per_client: int
    waitlist_per_client: int
    offer_minutes: int
    calendar_title: str
    version: int

    @classmethod
    def of(cls, rules: AppointmentRules, version: int) -> "RulesView":
        notice = rules.cancel_notice
        return cls(
            cancel_notice_minutes=None if isinstance(notice, CalendarDays) else notice // MINUTE,
            cancel_notice_days=notice.days if isinstance(notice, CalendarDays) else None,
            late_cancel=rules.late_cancel,
            late_fee=rules.late_fee,
            self_booking=rules.self_booking,
            hold_minutes=rules.hold_for // MINUTE,
            holds_per_client=rules.holds_per_client,
            requests_per_client=rules.requests_per_client,
            waitlist_per_client=rules.waitlist_per_client,
            offer_minutes=rules.offer_for // MINUTE,
            calendar_title=rules.calendar_title,
            version=version,
        )


@frozen(kw_only=True)
class OfferingView:
    """Rules, kinds, places and clinicians, each in order of their names; `zone` is the practice's."""

    zone: str
    rules: RulesView
    kinds: tuple[KindView, ...]
    places: tuple[PlaceView, ...]
    clinicians: tuple[OfferedClinicianView, ...]

    @classmethod
    def of(cls, schedule: Schedule) -> "OfferingView":
        return cls(
            zone=schedule.zone,
            rules=RulesView.of(schedule.rules, schedule.version),
            kinds=tuple(sorted(map(KindView.of, schedule.kinds.values()), key=lambda one: (one.name, one.id))),
            places=tuple(sorted(map(PlaceView.of, schedule.places.values()), key=lambda one: (one.name, one.id))),
            clinicians=tuple(
                sorted(map(OfferedClinicianView.of, schedule.clinicians.values()), key=lambda one: (one.name, one.id))
            ),
        )
