"""The guardians that the rows of an import name, and whom of them an import invites."""

from datetime import date
from typing import cast, get_args

from attrs import frozen

from portal_core.access.model import GrantTerms, Relationship
from portal_core.kernel.contact import normalize_email
from portal_core.kernel.errors import Invalid, check_all
from portal_core.people.import_rows import DateOrder, parse_date


@frozen
class Guardian:
    """Whom to invite, and the terms of their access."""

    email: str
    terms: GrantTerms


@frozen
class GuardianColumns:
    """The guardians of one client, all as text. None or blank where the row names none.

    `guardian_email` are addresses with `;` between them. `guardian_relationship` is one for all of them, or one each:
    `parent` (which it is when it is blank), `guardian`, `representative` or `other`. `guardian_until` is the first day
    without access, in the import's order of dates; blank is as long as the rules for minors allow.
    """

    guardian_email: str | None = None
    guardian_relationship: str | None = None
    guardian_until: str | None = None

    @property
    def named(self) -> bool:
        """Whether the row names a guardian."""
        return bool(_parts(self.guardian_email))

    def guardians(self, dates: DateOrder) -> tuple[Guardian, ...]:
        """Each guardian once.

        Raises:
            Invalid: an email, a relationship or the date is not valid; it names every such column.
        """
        emails = _parts(self.guardian_email)
        parsed = check_all(
            {
                "emails": lambda: tuple(normalize_email(one, path="guardian_email") for one in emails),
                "relationships": lambda: self._relationships(len(emails)),
                "until": lambda: self._until(dates),
            }
        )
        until = cast(date | None, parsed["until"])
        pairs = dict(zip(cast(tuple[str, ...], parsed["emails"]), self._relationships(len(emails)), strict=True))
        return tuple(Guardian(email, GrantTerms(kind, until=until)) for email, kind in pairs.items())

    def _relationships(self, count: int) -> tuple[Relationship, ...]:
        given = [one.lower() for one in _parts(self.guardian_relationship)] or ["parent"]
        given = given * count if len(given) == 1 else given
        if len(given) != count or not set(given) <= set(get_args(Relationship)):
            message = f"Must be one of {', '.join(get_args(Relationship))}: one for all guardians, or one for each."
            raise Invalid.at("guardian_relationship", "relationship_unknown", message)
        return tuple(cast(Relationship, one) for one in given)

    def _until(self, dates: DateOrder) -> date | None:
        text = (self.guardian_until or "").strip()
        return parse_date(text, dates, "guardian_until") if text else None


def _parts(text: str | None) -> tuple[str, ...]:
    return tuple(one.strip() for one in (text or "").split(";") if one.strip())
