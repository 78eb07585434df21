"""What may go wrong around accounts. Nothing here tells an outsider whether an email is known."""

from portal_core.kernel.errors import Conflict, Forbidden, Invalid, RateLimited, Unauthenticated


class SignInRefused(Unauthenticated):
    """The email is unknown, the password wrong, or the account not open: one answer for all of them."""

    code = "sign_in_refused"
    title = "The email or the password is not right."


class SignInLocked(RateLimited):
    """Five failures for this email, known or not; `retry_after` says when it opens again."""

    code = "sign_in_locked"
    title = "Too many failed tries. Signing in with this email is locked for a while."


class ChallengeNotOpen(Unauthenticated):
    """The question for the second factor was answered before, tried too often, or is too old."""

    code = "challenge_not_open"
    title = "This sign-in took too long or was tried too often. Start again with your password."


class SecondFactorRefused(Unauthenticated):
    """The code is wrong, or was used before."""

    code = "second_factor_refused"
    title = "This code is not right, or was used before."


class SingleFactorSignIn(Unauthenticated):
    """The issuer vouches for the person, and not that they showed a second factor."""

    code = "single_factor_sign_in"
    title = "Sign in with a second factor at your identity provider."


class RefreshRefused(Unauthenticated):
    """The refresh token is unknown, used before, or its session is over."""

    code = "refresh_refused"
    title = "This session cannot be renewed. Sign in again."


class SecondFactorRequired(Forbidden):
    """The practice asks for a second factor, and this session has not shown one."""

    code = "second_factor_required"
    title = "Set up your second factor first."


class CodeRefused(Invalid):
    """The mailed code is wrong, used, expired, or belongs to no account: one answer for all of them."""

    code = "code_refused"
    title = "This code is not right, or is no longer good."


class InvalidPassword(Invalid):
    """A new password does not pass the policy; `fields` says why."""

    code = "password_invalid"
    title = "Choose another password."


class WrongPassword(Invalid):
    """A signed-in person asked for something that needs their password, and it was wrong."""

    code = "wrong_password"
    title = "The password is not right."


class AlreadyRegistered(Conflict):
    """An open account has this email on this side, this client or this member of staff. For staff and jobs only."""

    code = "already_registered"
    title = "There is an account already."


class SecondFactorEnrolled(Conflict):
    """Enrolling again needs the old factor removed first."""

    code = "second_factor_enrolled"
    title = "A second factor is set up already."


class NoSecondFactor(Conflict):
    """There is none to remove, or to renew recovery codes of."""

    code = "no_second_factor"
    title = "No second factor is set up."


class EnrollmentNotOpen(Conflict):
    """No enrolment was begun, or it is too old."""

    code = "enrollment_not_open"
    title = "This took too long. Begin again with your password."


class AccountNotOpen(Conflict):
    """The account's state does not allow it: proving a proven email, closing a closed account."""

    code = "account_not_open"
    title = "The account is not in a state that allows this."
