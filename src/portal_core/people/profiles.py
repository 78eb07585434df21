"""Build the views of a client that every read and change returns."""

from datetime import datetime
from uuid import UUID

from portal_core.people.model import Client
from portal_core.people.ports import PeopleUnit
from portal_core.people.views import ClientView, ProfileView


async def profile_view(unit: PeopleUnit, client: Client) -> ProfileView:
    """For the client and proxies. A proxy's unit cannot read the client's account: `sign_in_email` is null for them."""
    return ProfileView.of(client, await _sign_in_email(unit, client.id))


async def client_view(unit: PeopleUnit, client: Client, now: datetime) -> ClientView:
    """The view for staff."""
    return ClientView.of(
        client,
        *await unit.read_together(
            unit.care_teams.of(client.id), _sign_in_email(unit, client.id), unit.client_accounts.of(client.id, now)
        ),
    )


async def _sign_in_email(unit: PeopleUnit, client_id: UUID) -> str | None:
    account = await unit.accounts.find_by_person("portal", client_id)
    return account.email if account is not None and account.status == "active" else None
