"""Events about people that other features react to."""

from uuid import UUID

from attrs import frozen

from portal_core.kernel.outbox import Event


@frozen
class AccountSuspended(Event):
    """A corrected date of birth or state made a client too young for their account, and they were signed out."""

    account_id: UUID
    client_id: UUID


@frozen
class RecordRulesChanged(Event):
    """Whatever decides who may open an account for a client has changed: status, date of birth, state, or the key."""

    client_id: UUID


@frozen
class PracticeTimeZoneChanged(Event):
    """The practice has another time zone, and what is local to it keeps its time on the wall clock."""

    practice_id: UUID


@frozen
class PracticeTimeZoneCorrected(Event):
    """The practice has another time zone, and what is local to it keeps its instants, which were right."""

    practice_id: UUID
