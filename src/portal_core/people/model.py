"""A practice and its people, as far as the portal knows them. The EHR remains the place where they are kept."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from attrs import evolve, field, fields, frozen

from portal_core.kernel.actor import Role
from portal_core.kernel.contact import ContactChanges
from portal_core.kernel.errors import StaleVersion

ClientStatus = Literal["active", "discharged"]
STATUSES: tuple[ClientStatus, ...] = ("active", "discharged")


@frozen
class Practice:
    """One practice. `time_zone` (IANA) decides its local dates, `state` (two letters) the law for minors treated there.

    It is found by `slug`, or by a name in `hosts`. `settings` has one section for each feature, named as the feature.
    """

    id: UUID
    slug: str
    name: str
    time_zone: str
    created_at: datetime
    state: str | None = None
    hosts: tuple[str, ...] = ()
    settings: Mapping[str, Mapping[str, object]] = field(factory=dict)
    version: int = 1

    def today(self, now: datetime) -> date:
        """The date at the practice."""
        return now.astimezone(ZoneInfo(self.time_zone)).date()

    def with_details(self, *, name: str, time_zone: str, state: str | None, version: int) -> "Practice":
        """Another name or place.

        Raises:
            StaleVersion: it changed after it was read.
        """
        _require_version(version, self.version)
        return evolve(self, name=name, time_zone=time_zone, state=state, version=self.version + 1)

    def with_hosts(self, hosts: tuple[str, ...]) -> "Practice":
        """Under these host names from now on."""
        return evolve(self, hosts=tuple(sorted(set(hosts))), version=self.version + 1)

    def with_section(self, section: str, values: Mapping[str, object], version: int) -> "Practice":
        """New settings of one feature, in place of the old.

        Raises:
            StaleVersion: it changed after it was read.
        """
        _require_version(version, self.version)
        return evolve(self, settings={**self.settings, section: dict(values)}, version=self.version + 1)


@frozen
class Client:
    """A client of the practice. `email` is normalised; `state` is where they are treated, None for the practice's.

    `external_id` is the EHR's own, unique in the practice; an import finds the record by it.
    """

    id: UUID
    practice_id: UUID
    given_name: str
    family_name: str
    date_of_birth: date
    created_at: datetime
    external_id: str | None = None
    chosen_name: str | None = None
    pronouns: str | None = None
    email: str | None = None
    phone: str | None = None
    address: str | None = None
    time_zone: str | None = None
    language: str | None = None
    state: str | None = None
    status: ClientStatus = "active"
    version: int = 1

    @property
    def display_name(self) -> str:
        """What the client is called everywhere."""
        return f"{self.chosen_name or self.given_name} {self.family_name}"

    @property
    def sort_name(self) -> str:
        """Family name first, letter case aside."""
        return f"{self.family_name} {self.given_name}".casefold()

    def change_contact(self, changes: ContactChanges, version: int) -> "Client":
        """Contact fields as the client or a proxy wants them.

        Raises:
            StaleVersion: it changed after it was read.
        """
        _require_version(version, self.version)
        return self.with_changes(**changes.values())

    def with_next_version(self) -> "Client":
        """One version on: their care team is kept beside the client, and another one is a change of the client."""
        return evolve(self, version=self.version + 1)

    def with_changes(self, **values: Any) -> "Client":
        """With these fields, one version on; the same client when nothing differs."""
        changed = evolve(self, **values)
        return self if changed == self else evolve(changed, version=self.version + 1)


@frozen
class Clinician:
    """Somebody who sees clients. `room_link` is their own room for video, where the practice uses such."""

    id: UUID
    practice_id: UUID
    name: str
    credentials: str | None = None
    external_id: str | None = None
    time_zone: str | None = None
    room_link: str | None = None
    active: bool = True
    version: int = 1

    def with_changes(self, **values: Any) -> "Clinician":
        """With these fields, one version on; the same clinician when nothing differs."""
        changed = evolve(self, **values)
        return self if changed == self else evolve(changed, version=self.version + 1)


@frozen
class StaffMember:
    """Somebody who works at the practice. `clinician_id` is set for those who see clients.

    `issuer` and `subject` name those who sign in by the EHR's identity provider; both or none.
    """

    id: UUID
    practice_id: UUID
    name: str
    email: str
    roles: frozenset[Role]
    clinician_id: UUID | None = None
    external_id: str | None = None
    active: bool = True
    issuer: str | None = None
    subject: str | None = None
    version: int = 1

    @property
    def is_administrator(self) -> bool:
        """Whether they run the practice, today."""
        return self.active and "administrator" in self.roles

    def with_changes(self, **values: Any) -> "StaffMember":
        """With these fields, one version on; the same member when nothing differs."""
        changed = evolve(self, **values)
        return self if changed == self else evolve(changed, version=self.version + 1)


def changed_fields(before: Client | Clinician | StaffMember | Practice, after: object) -> str:
    """The names of the fields that differ, for the audit trail; never their values."""
    names = (a.name for a in fields(type(before)) if a.name != "version")
    return " ".join(name for name in names if getattr(before, name) != getattr(after, name))


def _require_version(version: int, current: int) -> None:
    if version != current:
        raise StaleVersion
