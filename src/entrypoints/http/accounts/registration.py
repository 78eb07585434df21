"""Open an account: by registration, or with the practice's invitation."""

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
    """The same response whether or not the email is known."""

    message: str = "If the request can be fulfilled, an email is on its way."


REQUEST_ACCEPTED = RequestAccepted()


class RegisterRequest(Request, frozen=True):
    """The email and date of birth that the practice has on file."""

    email: Email
    date_of_birth: date


class EmailAddressRequest(Request, frozen=True):
    """The email of the account."""

    email: Email


class VerifyEmailRequest(Request, frozen=True):
    """The mailed code and the new password."""

    email: Email
    code: Code
    password: Password


DATE_OF_BIRTH_DESCRIPTION = (
    "Required of clients, and must match the date on file; otherwise the code is refused (`code_refused`)."
    " Proxies and staff omit it."
)


class AcceptInvitationRequest(Request, frozen=True):
    """The email and mailed code of the invitation, and the new password."""

    email: Email
    code: Code
    password: Password
    date_of_birth: Annotated[date | None, Meta(description=DATE_OF_BIRTH_DESCRIPTION)] = None


class RegistrationController(Controller):
    """Registration of clients."""

    path = "/auth"
    tags = tags_for("portal", "Getting an account")

    @post("/register", auth="visitor", idempotent=False, status_code=202, raises=[InvalidEmail, RateLimited])
    async def register_account(
        self,
        request: PortalRequest,
        data: JSONBody[RegisterRequest],
        register_account: NamedDependency[RegisterAccount],
    ) -> RequestAccepted:
        """Requests an account. A client of the practice without an account is mailed a code."""
        await register_account(request.visitor, RegisterAccountCommand(data.email, data.date_of_birth))
        return REQUEST_ACCEPTED

    @post("/resend-verification", auth="visitor", idempotent=False, status_code=202, raises=[InvalidEmail, RateLimited])
    async def resend_verification(
        self,
        request: PortalRequest,
        data: JSONBody[EmailAddressRequest],
        resend_verification: NamedDependency[ResendVerification],
    ) -> RequestAccepted:
        """Requests another code, which replaces the previous one."""
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
        """Verifies the email with the mailed code and sets the password. It does not sign in."""
        await verify_email(request.visitor, VerifyEmailCommand(data.email, data.code, data.password))


def invitation_controller(side: Side) -> type[Controller]:
    """Accept an invitation; the side follows from the code."""

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
            """Creates the account of an invited person. It does not sign in."""
            command = AcceptInvitationCommand(data.email, data.code, data.password, data.date_of_birth)
            return await accept_invitation(request.visitor, command)

    return InvitationController
