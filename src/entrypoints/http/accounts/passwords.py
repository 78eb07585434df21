"""Reset and change passwords, and close an account."""

from litestar import Controller, Response
from litestar.di import NamedDependency
from litestar.params import JSONBody

from entrypoints.http.accounts.operation_names import operation_name, tags_for
from entrypoints.http.accounts.registration import REQUEST_ACCEPTED, EmailAddressRequest, RequestAccepted
from entrypoints.http.accounts.session_responses import signed_out_response
from entrypoints.http.contract.fields import Code, Email, Password, Request
from entrypoints.http.contract.routing import post
from entrypoints.http.server.cookies import SessionCookies
from entrypoints.http.server.request import PortalRequest
from portal_core.accounts.errors import CodeRefused, InvalidPassword, WrongPassword
from portal_core.accounts.model import Side
from portal_core.accounts.use_cases.change_password import ChangePassword, ChangePasswordCommand
from portal_core.accounts.use_cases.close_account import CloseAccount, CloseAccountCommand
from portal_core.accounts.use_cases.request_password_reset import RequestPasswordReset, RequestPasswordResetCommand
from portal_core.accounts.use_cases.reset_password import ResetPassword, ResetPasswordCommand
from portal_core.kernel.contact import InvalidEmail
from portal_core.kernel.errors import RateLimited
from portal_core.people.errors import LastAdministrator


class ResetPasswordRequest(Request, frozen=True):
    """The mailed code and the new password."""

    email: Email
    code: Code
    password: Password


class ChangePasswordRequest(Request, frozen=True):
    """The current password and the new one. `code` is required if a second factor is enrolled."""

    current_password: Password
    new_password: Password
    code: Code | None = None


class CloseAccountRequest(Request, frozen=True):
    """`code` is required if a second factor is enrolled."""

    password: Password
    code: Code | None = None


def password_controller(side: Side) -> type[Controller]:
    """Passwords on one side."""

    class PasswordController(Controller):
        path = "/auth"
        tags = tags_for(side, "Password")

        @post(
            "/forgot-password",
            auth="visitor",
            idempotent=False,
            status_code=202,
            operation_id=operation_name(side, "request_password_reset"),
            raises=[InvalidEmail, RateLimited],
        )
        async def request_password_reset(
            self,
            request: PortalRequest,
            data: JSONBody[EmailAddressRequest],
            request_password_reset: NamedDependency[RequestPasswordReset],
        ) -> RequestAccepted:
            """Requests a code to reset a forgotten password."""
            await request_password_reset(request.visitor, RequestPasswordResetCommand(data.email, side))
            return REQUEST_ACCEPTED

        @post(
            "/reset-password",
            auth="visitor",
            idempotent=False,
            operation_id=operation_name(side, "reset_password"),
            raises=[InvalidEmail, InvalidPassword, CodeRefused, RateLimited],
        )
        async def reset_password(
            self,
            request: PortalRequest,
            data: JSONBody[ResetPasswordRequest],
            reset_password: NamedDependency[ResetPassword],
        ) -> None:
            """Sets a new password with a mailed code. Every session ends."""
            await reset_password(request.visitor, ResetPasswordCommand(data.email, data.code, data.password, side))

        @post(
            "/change-password",
            idempotent=False,
            operation_id=operation_name(side, "change_password"),
            raises=[InvalidPassword, WrongPassword, CodeRefused, RateLimited],
        )
        async def change_password(
            self,
            request: PortalRequest,
            data: JSONBody[ChangePasswordRequest],
            change_password: NamedDependency[ChangePassword],
        ) -> None:
            """Changes the password. All other sessions end."""
            command = ChangePasswordCommand(data.current_password, data.new_password, data.code or "")
            await change_password(request.actor, command)

        @post(
            "/close-account",
            idempotent=False,
            operation_id=operation_name(side, "close_account"),
            raises=[WrongPassword, CodeRefused, LastAdministrator, RateLimited],
            status_code=204,
        )
        async def close_account(
            self,
            request: PortalRequest,
            data: JSONBody[CloseAccountRequest],
            close_account: NamedDependency[CloseAccount],
            session_cookies: NamedDependency[SessionCookies],
        ) -> Response[None]:
            """Closes the caller's own account. The record stays with the practice."""
            await close_account(request.actor, CloseAccountCommand(data.password, data.code or ""))
            return signed_out_response(session_cookies)

    return PasswordController
