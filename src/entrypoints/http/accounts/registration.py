"""Getting an account: by registering, or by the practice's invitation."""

from datetime import date
from typing import Annotated

from litestar import Controller
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta, Struct

from entrypoints.http.accounts.sides import named, tag
from entrypoints.http.contract.fields import Code, Email, Password, Request
from entrypoints.http.contract.routing import post
from entrypoints.http.server.request import PortalRequest
from portal_core.accounts.errors import CodeRefused, PasswordUnfit
from portal_core.accounts.model import Side
from portal_core.accounts.use_cases.accept_invitation import AcceptInvitation, AcceptInvitationCommand
from portal_core.accounts.use_cases.register_account import RegisterAccount, RegisterAccountCommand
from portal_core.accounts.use_cases.resend_verification import ResendVerification, ResendVerificationCommand
from portal_core.accounts.use_cases.verify_email import VerifyEmail, VerifyEmailCommand
from portal_core.accounts.views import AccountView
from portal_core.kernel.contact import EmailUnfit
from portal_core.kernel.errors import RateLimited


class Noted(Struct, frozen=True):
    """The same whatever is known of the email."""

    message: str = "If this can be done, a mail is on its way."


NOTED = Noted()


class RegisterRequest(Request, frozen=True):
    """As the practice has them on record."""

    email: Email
    date_of_birth: date


class EmailRequest(Request, frozen=True):
    """Whose mail it is about."""

    email: Email


class VerifyEmailRequest(Request, frozen=True):
    """The mailed code, and the password to sign in with."""

    email: Email
    code: Code
    password: Password


WHO_WAS_BORN = (
    "Required of clients, as the practice has it on record; without it the code is refused (`code_refused`)."
    " Proxies and staff leave it out."
)


class AcceptInvitationRequest(Request, frozen=True):
    """What proves who one is, and the password to sign in with."""

    email: Email
    code: Code
    password: Password
    date_of_birth: Annotated[date | None, Meta(description=WHO_WAS_BORN)] = None


class RegistrationController(Controller):
    """Registering oneself."""

    path = "/auth"
    tags = tag("portal", "Getting an account")

    @post("/register", auth="none", idempotent=False, status_code=202, raises=[EmailUnfit, RateLimited])
    async def register_account(
        self,
        request: PortalRequest,
        data: JSONBody[RegisterRequest],
        register_account: NamedDependency[RegisterAccount],
    ) -> Noted:
        """Asks for an account. A client of the practice who has none is mailed a code."""
        await register_account(request.visitor, RegisterAccountCommand(data.email, data.date_of_birth))
        return NOTED

    @post("/resend-verification", auth="none", idempotent=False, status_code=202, raises=[EmailUnfit, RateLimited])
    async def resend_verification(
        self,
        request: PortalRequest,
        data: JSONBody[EmailRequest],
        resend_verification: NamedDependency[ResendVerification],
    ) -> Noted:
        """Asks for another code; the one before is dead."""
        await resend_verification(request.visitor, ResendVerificationCommand(data.email))
        return NOTED

    @post("/verify-email", auth="none", idempotent=False, raises=[EmailUnfit, PasswordUnfit, CodeRefused, RateLimited])
    async def verify_email(
        self, request: PortalRequest, data: JSONBody[VerifyEmailRequest], verify_email: NamedDependency[VerifyEmail]
    ) -> None:
        """Proves the email by the mailed code and sets the password. Then sign in."""
        await verify_email(request.visitor, VerifyEmailCommand(data.email, data.code, data.password))


def invitation_controller(side: Side) -> type[Controller]:
    """Accepting an invitation; the code knows on which side."""

    class InvitationController(Controller):
        path = "/auth/invitation"
        tags = tag(side, "Getting an account")

        @post(
            "",
            auth="none",
            idempotent=False,
            operation_id=named(side, "accept_invitation"),
            raises=[EmailUnfit, PasswordUnfit, CodeRefused, RateLimited],
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
