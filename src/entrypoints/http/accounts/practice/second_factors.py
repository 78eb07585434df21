"""An administrator helps a person who has lost their phone, recovery codes or device."""

from uuid import UUID

from litestar import Controller
from litestar.di import NamedDependency
from litestar.params import JSONBody

from entrypoints.http.contract.fields import FromPath, Request
from entrypoints.http.contract.routing import post
from entrypoints.http.server.request import PortalRequest
from portal_core.access.errors import GrantNotActive
from portal_core.accounts.errors import AccountNotOpen, SecondFactorRequired
from portal_core.accounts.use_cases.reset_second_factor import (
    IdentityCheck,
    ResetSecondFactor,
    ResetSecondFactorCommand,
)
from portal_core.accounts.use_cases.sign_out_person import SignOutPerson, SignOutPersonCommand
from portal_core.kernel.errors import Forbidden, StaleVersion

RESET_ERRORS = (Forbidden, SecondFactorRequired, AccountNotOpen, GrantNotActive, StaleVersion)


class ResetSecondFactorRequest(Request, frozen=True):
    """How the person's identity was checked outside of the portal. `called_back`: at the number on file."""

    identity_check: IdentityCheck


class SecondFactorsController(Controller):
    """Resets of other people's second factors, and ends of their sessions."""

    tags = ("Practice: people",)

    @post("/clients/{client_id:uuid}/second-factor/reset", raises=RESET_ERRORS)
    async def reset_second_factor_of_client(
        self,
        request: PortalRequest,
        client_id: FromPath[UUID],
        data: JSONBody[ResetSecondFactorRequest],
        reset_second_factor: NamedDependency[ResetSecondFactor],
    ) -> None:
        """Removes a client's second factor and recovery codes, signs them out everywhere, and notifies them."""
        await reset_second_factor(request.actor, ResetSecondFactorCommand("portal", client_id, data.identity_check))

    @post(
        "/clients/{client_id:uuid}/grants/{grant_id:uuid}/second-factor/reset",
        raises=RESET_ERRORS,
    )
    async def reset_second_factor_of_proxy(
        self,
        request: PortalRequest,
        client_id: FromPath[UUID],
        grant_id: FromPath[UUID],
        data: JSONBody[ResetSecondFactorRequest],
        reset_second_factor: NamedDependency[ResetSecondFactor],
    ) -> None:
        """Resets the second factor of the proxy who holds this grant on the client's record."""
        await reset_second_factor(
            request.actor, ResetSecondFactorCommand("portal", client_id, data.identity_check, grant_id)
        )

    @post("/staff/{staff_id:uuid}/second-factor/reset", raises=RESET_ERRORS)
    async def reset_second_factor_of_staff(
        self,
        request: PortalRequest,
        staff_id: FromPath[UUID],
        data: JSONBody[ResetSecondFactorRequest],
        reset_second_factor: NamedDependency[ResetSecondFactor],
    ) -> None:
        """Resets the second factor of another staff member."""
        await reset_second_factor(request.actor, ResetSecondFactorCommand("practice", staff_id, data.identity_check))

    @post("/clients/{client_id:uuid}/sign-out", idempotent=False, raises=[Forbidden])
    async def sign_out_client(
        self, request: PortalRequest, client_id: FromPath[UUID], sign_out_person: NamedDependency[SignOutPerson]
    ) -> None:
        """Signs a client out everywhere."""
        await sign_out_person(request.actor, SignOutPersonCommand("portal", client_id))

    @post("/staff/{staff_id:uuid}/sign-out", idempotent=False, raises=[Forbidden])
    async def sign_out_staff(
        self, request: PortalRequest, staff_id: FromPath[UUID], sign_out_person: NamedDependency[SignOutPerson]
    ) -> None:
        """Signs a staff member out everywhere."""
        await sign_out_person(request.actor, SignOutPersonCommand("practice", staff_id))
