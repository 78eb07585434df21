"""A practice and its people, as far as the portal needs them. The EHR remains the system of record."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from attrs import evolve, fields, frozen

from portal_core.kernel.actor import Role
from portal_core.kernel.contact import ContactChanges, EmergencyContact
from portal_core.kernel.errors import StaleVersion
from portal_core.kernel.time_zones import zone_info
from portal_core.people.identifiers import License
from portal_core.people.search import search_words, sort_name

ClientStatus = Literal["active", "discharged"]
STATUSES: tuple[ClientStatus, ...] = ("active", "discharged")
Coverage = Literal["self_pay", "insured"]
"""Whether a client pays by themselves or through an insurance."""
COVERAGES: tuple[Coverage, ...] = ("self_pay", "insured")

ClientAccountStatus = Literal["none", "invited", "active", "suspended", "closed"]
"""Whether a client has an account of their own.

`invited`: an invitation can be accepted. `suspended`: the holder is too young for it (`corrections.py`). `closed`: they
closed it and were not invited again. An account that was registered and never verified counts as none.
"""


ClientTeam = Literal["none"]
"""`none`: an active client on whose care team is nobody, or only clinicians who have left."""


@frozen
class ClientFilter:
    """Which clients to list; what is None does not limit them."""

    account: ClientAccountStatus | None = None
    care_team: ClientTeam | None = None


ALL_CLIENTS = ClientFilter()


@frozen
class Practice:
    """One practice. `time_zone` (IANA) sets its local dates; `state` (two letters) the law for minors treated there.
    `npi` and `tax_id` (an EIN) are what its bills name.

    It is found by `slug`, or by a name in `hosts`. Everybody may read its `phone` (E.164, perhaps with an extension)
    and postal `address`; mails carry them.
    """

    id: UUID
    slug: str
    name: str
    time_zone: str
    created_at: datetime
    state: str | None = None
    hosts: tuple[str, ...] = ()
    npi: str | None = None
    tax_id: str | None = None
    phone: str | None = None
    address: str | None = None
    version: int = 1

    def today(self, now: datetime) -> date:
        """The local date at the practice."""
        return now.astimezone(zone_info(self.time_zone)).date()

    def with_details(self, *, version: int, **values: Any) -> "Practice":
        """Set these fields: its name, time zone, state, identifiers, phone and address.

        Raises:
            StaleVersion: it changed after it was read.
        """
        _require_version(version, self.version)
        return evolve(self, **values, version=self.version + 1)

    def with_hosts(self, hosts: tuple[str, ...]) -> "Practice":
        """Replace its host names."""
        return evolve(self, hosts=tuple(sorted(set(hosts))), version=self.version + 1)


@frozen
class Client:
    """A client of the practice. `email` is normalized; `state` is where they are treated, None for the practice's.

    `external_id` is the EHR's id, unique in the practice; an import finds the record by it. `address`,
    `emergency_contact` and `coverage` are encrypted, and None once the record's key is destroyed.
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
    emergency_contact: EmergencyContact | None = None
    coverage: Coverage | None = None
    status: ClientStatus = "active"
    version: int = 1

    @property
    def display_name(self) -> str:
        """The name used wherever the client is shown: chosen name, or else given name, and family name."""
        return f"{self.chosen_name or self.given_name} {self.family_name}"

    @property
    def sort_name(self) -> str:
        """By which clients are listed: family name first, folded."""
        return sort_name(self.family_name, self.given_name)

    @property
    def search_words(self) -> tuple[str, ...]:
        """By which staff find the client; see `search_words`."""
        names = (self.given_name, self.chosen_name, self.family_name)
        return search_words(names, self.phone, self.date_of_birth, self.external_id, self.email)

    def change_contact(self, changes: ContactChanges, version: int) -> "Client":
        """Change the contact fields that a client or proxy may edit.

        Raises:
            StaleVersion: it changed after it was read.
        """
        _require_version(version, self.version)
        return self.with_changes(**changes.values())

    def with_next_version(self) -> "Client":
        """Increase the version: the care team is stored apart from the client, but changing it changes the client."""
        return evolve(self, version=self.version + 1)

    def with_changes(self, **values: Any) -> "Client":
        """Set these fields and increase the version; return the same client when nothing differs."""
        changed = evolve(self, **values)
        return self if changed == self else evolve(changed, version=self.version + 1)


@frozen
class Clinician:
    """A clinician, who sees clients. `room_link` is their own video room, where the practice uses such rooms.

    `npi` and `licenses` are what bills name; several licenses, because telehealth needs one in each client's state.
    """

    id: UUID
    practice_id: UUID
    name: str
    credentials: str | None = None
    external_id: str | None = None
    time_zone: str | None = None
    room_link: str | None = None
    npi: str | None = None
    licenses: tuple[License, ...] = ()
    active: bool = True
    version: int = 1

    def with_changes(self, **values: Any) -> "Clinician":
        """Set these fields and increase the version; return the same clinician when nothing differs."""
        changed = evolve(self, **values)
        return self if changed == self else evolve(changed, version=self.version + 1)


@frozen
class StaffMember:
    """A member of the practice's staff. `clinician_id` is set for those who see clients.

    `issuer` and `subject` identify those who sign in through the EHR's identity provider; both or neither are set.
    `made_administrator_at` is when another administrator gave them that role; None where the operator of the
    deployment or a job did, and for all others.
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
    made_administrator_at: datetime | None = None
    version: int = 1

    @property
    def is_administrator(self) -> bool:
        """Whether they are an active administrator of the practice."""
        return self.active and "administrator" in self.roles

    def with_changes(self, **values: Any) -> "StaffMember":
        """Set these fields and increase the version; return the same member when nothing differs."""
        changed = evolve(self, **values)
        return self if changed == self else evolve(changed, version=self.version + 1)


def changed_fields(before: Client | Clinician | StaffMember | Practice, after: object) -> str:
    """The names of the fields that differ, for the audit log; never their values."""
    names = (a.name for a in fields(type(before)) if a.name != "version")
    return " ".join(name for name in names if getattr(before, name) != getattr(after, name))


def _require_version(version: int, current: int) -> None:
    if version != current:
        raise StaleVersion
