"""Setting up, renewing and removing the second factor."""

import segno
from litestar import Controller
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Struct

from entrypoints.http.accounts.sides import named, tag
from entrypoints.http.contract.fields import Code, Password, Request
from entrypoints.http.contract.routing import delete, post
from entrypoints.http.server.request import PortalRequest
from portal_core.accounts.errors import (
    CodeRefused,
    EnrolmentOver,
    NoSecondFactor,
    PasswordRefused,
    SecondFactorEnrolled,
)
from portal_core.accounts.model import Side
from portal_core.accounts.use_cases.confirm_second_factor import ConfirmSecondFactor
from portal_core.accounts.use_cases.enroll_second_factor import EnrollSecondFactor
from portal_core.accounts.use_cases.remove_second_factor import RemoveSecondFactor, RemoveSecondFactorCommand
from portal_core.accounts.use_cases.renew_recovery_codes import RenewRecoveryCodes
from portal_core.accounts.views import RecoveryCodesView, TotpEnrolmentView
from portal_core.kernel.errors import RateLimited


class PasswordRequest(Request, frozen=True):
    """The password, once more."""

    password: Password


class CodeRequest(Request, frozen=True):
    """Six digits of the authenticator app."""

    code: Code


class RemoveRequest(Request, frozen=True):
    """`code` is the authenticator app's, or a recovery code."""

    password: Password
    code: Code


class EnrolmentAnswer(Struct, frozen=True):
    """`qr_svg` shows `enrolment.uri` to an authenticator app: an SVG element."""

    enrolment: TotpEnrolmentView
    qr_svg: str


def second_factor_controller(side: Side) -> type[Controller]:
    """The second factor at one side."""

    class SecondFactorController(Controller):
        path = "/auth/mfa"
        tags = tag(side, "Second factor")

        @post(
            "/enroll",
            enrolling=True,
            idempotent=False,
            operation_id=named(side, "enroll_second_factor"),
            raises=[SecondFactorEnrolled, PasswordRefused, RateLimited],
        )
        async def enroll_second_factor(
            self,
            request: PortalRequest,
            data: JSONBody[PasswordRequest],
            enroll_second_factor: NamedDependency[EnrollSecondFactor],
        ) -> EnrolmentAnswer:
            """Begins the set-up: show the QR code to an authenticator app, then confirm."""
            enrolment = await enroll_second_factor(request.actor, data.password)
            drawn = segno.make(enrolment.uri, error="m", micro=False)
            return EnrolmentAnswer(enrolment, drawn.svg_inline(scale=4, light="#fff"))

        @post(
            "/confirm",
            enrolling=True,
            idempotent=False,
            operation_id=named(side, "confirm_second_factor"),
            raises=[SecondFactorEnrolled, EnrolmentOver, CodeRefused, RateLimited],
        )
        async def confirm_second_factor(
            self,
            request: PortalRequest,
            data: JSONBody[CodeRequest],
            confirm_second_factor: NamedDependency[ConfirmSecondFactor],
        ) -> RecoveryCodesView:
            """Finishes the set-up. The recovery codes are shown this once."""
            return await confirm_second_factor(request.actor, data.code)

        @post(
            "/recovery-codes",
            idempotent=False,
            operation_id=named(side, "renew_recovery_codes"),
            raises=[NoSecondFactor, PasswordRefused, RateLimited],
        )
        async def renew_recovery_codes(
            self,
            request: PortalRequest,
            data: JSONBody[PasswordRequest],
            renew_recovery_codes: NamedDependency[RenewRecoveryCodes],
        ) -> RecoveryCodesView:
            """Ten new recovery codes; the old ones are dead."""
            return await renew_recovery_codes(request.actor, data.password)

        @delete(
            "",
            operation_id=named(side, "remove_second_factor"),
            raises=[NoSecondFactor, PasswordRefused, CodeRefused, RateLimited],
        )
        async def remove_second_factor(
            self,
            request: PortalRequest,
            data: JSONBody[RemoveRequest],
            remove_second_factor: NamedDependency[RemoveSecondFactor],
        ) -> None:
            """Removes the second factor, where the practice does not ask for one."""
            await remove_second_factor(request.actor, RemoveSecondFactorCommand(data.password, data.code))

    return SecondFactorController
