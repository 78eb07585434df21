"""Getting an account: by registering, or by the practice's invitation."""

from datetime import date
from typing import Annotated

from litestar import Controller
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta, Struct

from entrypoints.http.accounts.operation_names import operation_name, tags_for
from entrypoints.http.contract.fields import Code, Email, Password, Request
from entrypoints.http.contract.routing import post
from entrypoints.http.server.request import PortalRequest
from portal_core.accounts.errors import CodeRefused, InvalidPassword
from portal_core.accounts.model import Side
from portal_core.accounts.use_cases.accept_invitation import AcceptInvitation, AcceptInvitationCommand
from portal_core.accounts.use_cases.register_account import RegisterAccount, RegisterAccountCommand
from portal_core.accounts.use_cases.resend_verification import ResendVerification, ResendVerificationCommand
from portal_core.accounts.use_cases.verify_email import VerifyEmail, VerifyEmailCommand
from portal_core.accounts.views import AccountView
from portal_core.kernel.contact import InvalidEmail
from portal_core.kernel.errors import RateLimited


class RequestAccepted(Struct, frozen=True):
    """The same whatever is known of the email."""

    message: str = "If this can be done, a mail is on its way."


REQUEST_ACCEPTED = RequestAccepted()


class RegisterRequest(Request, frozen=True):
    """As the practice has them on record."""

    email: Email
    date_of_birth: date


class EmailAddressRequest(Request, frozen=True):
    """Whose mail it is about."""

    email: Email


class VerifyEmailRequest(Request, frozen=True):
    """The mailed code, and the password to sign in with."""

    email: Email
    code: Code
    password: Password


DATE_OF_BIRTH_DESCRIPTION = (
    "Required of clients, as the practice has it on record; without it the code is refused (`code_refused`)."
    " Proxies and staff leave it out."
)


class AcceptInvitationRequest(Request, frozen=True):
    """What proves who one is, and the password to sign in with."""

    email: Email
    code: Code
    password: Password
    date_of_birth: Annotated[date | None, Meta(description=DATE_OF_BIRTH_DESCRIPTION)] = None


class RegistrationController(Controller):
    """Registering oneself."""

    path = "/auth"
    tags = tags_for("portal", "Getting an account")

    @post("/register", auth="visitor", idempotent=False, status_code=202, raises=[InvalidEmail, RateLimited])
    async def register_account(
        self,
        request: PortalRequest,
        data: JSONBody[RegisterRequest],
        register_account: NamedDependency[RegisterAccount],
    ) -> RequestAccepted:
        """Asks for an account. A client of the practice who has none is mailed a code."""
        await register_account(request.visitor, RegisterAccountCommand(data.email, data.date_of_birth))
        return REQUEST_ACCEPTED

    @post("/resend-verification", auth="visitor", idempotent=False, status_code=202, raises=[InvalidEmail, RateLimited])
    async def resend_verification(
        self,
        request: PortalRequest,
        data: JSONBody[EmailAddressRequest],
        resend_verification: NamedDependency[ResendVerification],
    ) -> RequestAccepted:
        """Asks for another code; the one before is dead."""
        await resend_verification(request.visitor, ResendVerificationCommand(data.email))
        return REQUEST_ACCEPTED

    @post(
        "/verify-email",
        auth="visitor",
        idempotent=False,
        raises=[InvalidEmail, InvalidPassword, CodeRefused, RateLimited],
    )
    async def verify_email(
        self, request: PortalRequest, data: JSONBody[VerifyEmailRequest], verify_email: NamedDependency[VerifyEmail]
    ) -> None:
        """Proves the email by the mailed code and sets the password. Then sign in."""
        await verify_email(request.visitor, VerifyEmailCommand(data.email, data.code, data.password))


def invitation_controller(side: Side) -> type[Controller]:
    """Accepting an invitation; the code knows on which side."""

    class InvitationController(Controller):
        path = "/auth/invitation"
        tags = tags_for(side, "Getting an account")

        @post(
            "",
            auth="visitor",
            idempotent=False,
            operation_id=operation_name(side, "accept_invitation"),
            raises=[InvalidEmail, InvalidPassword, CodeRefused, RateLimited],
        )
        async def accept_invitation(
            self,
            request: PortalRequest,
            data: JSONBody[AcceptInvitationRequest],
            accept_invitation: NamedDependency[AcceptInvitation],
        ) -> AccountView:
            """Makes the account of somebody the practice has invited. Then sign in."""
            command = AcceptInvitationCommand(data.email, data.code, data.password, data.date_of_birth)
            return await accept_invitation(request.visitor, command)

    return InvitationController
