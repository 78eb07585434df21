"""Set up, renew and remove one's own second factor."""

from io import BytesIO

import segno
from litestar import Controller
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Struct

from entrypoints.http.accounts.operation_names import operation_name, tags_for
from entrypoints.http.contract.fields import Code, Password, Request
from entrypoints.http.contract.routing import delete, post
from entrypoints.http.server.request import PortalRequest
from portal_core.accounts.errors import (
    CodeRefused,
    EnrollmentNotOpen,
    NoSecondFactor,
    SecondFactorEnrolled,
    WrongPassword,
)
from portal_core.accounts.model import Side
from portal_core.accounts.use_cases.confirm_second_factor import ConfirmSecondFactor, ConfirmSecondFactorCommand
from portal_core.accounts.use_cases.enroll_second_factor import EnrollSecondFactor, EnrollSecondFactorCommand
from portal_core.accounts.use_cases.remove_second_factor import RemoveSecondFactor, RemoveSecondFactorCommand
from portal_core.accounts.use_cases.renew_recovery_codes import RenewRecoveryCodes, RenewRecoveryCodesCommand
from portal_core.accounts.views import RecoveryCodesView, TotpEnrollmentView
from portal_core.kernel.errors import RateLimited


class PasswordRequest(Request, frozen=True):
    """The account's password, to confirm the change."""

    password: Password


class CodeRequest(Request, frozen=True):
    """A six-digit code of the authenticator app."""

    code: Code


class AllFactorsRequest(Request, frozen=True):
    """Password and second factor, to confirm the change. `code` is the authenticator app's code, or a recovery code."""

    password: Password
    code: Code


class EnrollmentResponse(Struct, frozen=True):
    """`qr_svg` is an SVG document with the QR code of `enrollment.uri`; it can stand in a page or in an image."""

    enrollment: TotpEnrollmentView
    qr_svg: str


def _qr_svg(uri: str) -> str:
    drawn = BytesIO()
    segno.make(uri, error="m", micro=False).save(
        drawn, kind="svg", xmldecl=False, svgns=True, nl=False, scale=4, light="#fff"
    )
    return drawn.getvalue().decode()


def second_factor_controller(side: Side) -> type[Controller]:
    """The second factor on one side."""

    class SecondFactorController(Controller):
        path = "/auth/mfa"
        tags = tags_for(side, "Second factor")

        @post(
            "/enroll",
            enrollment_exempt=True,
            idempotent=False,
            operation_id=operation_name(side, "enroll_second_factor"),
            raises=[SecondFactorEnrolled, WrongPassword, RateLimited],
        )
        async def enroll_second_factor(
            self,
            request: PortalRequest,
            data: JSONBody[PasswordRequest],
            enroll_second_factor: NamedDependency[EnrollSecondFactor],
        ) -> EnrollmentResponse:
            """Starts the setup: scan the QR code with an authenticator app, then confirm."""
            enrollment = await enroll_second_factor(request.actor, EnrollSecondFactorCommand(data.password))
            return EnrollmentResponse(enrollment, _qr_svg(enrollment.uri))

        @post(
            "/confirm",
            enrollment_exempt=True,
            idempotent=False,
            operation_id=operation_name(side, "confirm_second_factor"),
            raises=[SecondFactorEnrolled, EnrollmentNotOpen, CodeRefused, RateLimited],
        )
        async def confirm_second_factor(
            self,
            request: PortalRequest,
            data: JSONBody[CodeRequest],
            confirm_second_factor: NamedDependency[ConfirmSecondFactor],
        ) -> RecoveryCodesView:
            """Completes the setup and returns the recovery codes, which are shown only once."""
            return await confirm_second_factor(request.actor, ConfirmSecondFactorCommand(data.code))

        @post(
            "/recovery-codes",
            idempotent=False,
            operation_id=operation_name(side, "renew_recovery_codes"),
            raises=[NoSecondFactor, WrongPassword, CodeRefused, RateLimited],
        )
        async def renew_recovery_codes(
            self,
            request: PortalRequest,
            data: JSONBody[AllFactorsRequest],
            renew_recovery_codes: NamedDependency[RenewRecoveryCodes],
        ) -> RecoveryCodesView:
            """Creates ten new recovery codes, which replace the old ones."""
            return await renew_recovery_codes(request.actor, RenewRecoveryCodesCommand(data.password, data.code))

        @delete(
            "",
            operation_id=operation_name(side, "remove_second_factor"),
            raises=[NoSecondFactor, WrongPassword, CodeRefused, RateLimited],
        )
        async def remove_second_factor(
            self,
            request: PortalRequest,
            data: JSONBody[AllFactorsRequest],
            remove_second_factor: NamedDependency[RemoveSecondFactor],
        ) -> None:
            """Removes the second factor. Where one is required, the session may then only set up a new one."""
            await remove_second_factor(request.actor, RemoveSecondFactorCommand(data.password, data.code))

    return SecondFactorController
