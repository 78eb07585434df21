"""Errors of sign-in and accounts. None of them reveals to a visitor whether an email is known."""

from portal_core.kernel.errors import Conflict, Forbidden, Invalid, RateLimited, Unauthenticated


class SignInRefused(Unauthenticated):
    """The email is unknown, the password is wrong, or the account is not active; the response is the same for all."""

    code = "sign_in_refused"
    title = "The email or the password is incorrect."


class SignInLocked(RateLimited):
    """Five failures for this email, known or not; `retry_after` is the time until the lock ends."""

    code = "sign_in_locked"
    title = "Too many failed attempts. Sign-in with this email is locked; try again later."


class ChallengeNotOpen(Unauthenticated):
    """The second-factor challenge is unknown, used, expired, or was attempted too often."""

    code = "challenge_not_open"
    audit_action = "sign_in.challenge_refused"
    title = "This sign-in expired or had too many attempts. Start again with your password."


class SecondFactorRefused(Unauthenticated):
    """The code is wrong or was already used."""

    code = "second_factor_refused"
    title = "This code is incorrect or was already used."


class SingleFactorSignIn(Unauthenticated):
    """The issuer confirms who the person is, but not that they used a second factor."""

    code = "single_factor_sign_in"
    title = "Sign in with a second factor at your identity provider."


class LinkNeeded(Unauthenticated):
    """The email of the token is that of an account whose holder has not linked it to this identity."""

    code = "link_needed"
    title = "Sign in with your password first, and link your account to your identity provider there."


class StaffTokenRefused(Invalid):
    """The ID token is not valid, or was used before."""

    code = "token_refused"
    title = "This sign-in at your identity provider cannot be used. Sign in there again."


class IdentityLinked(Conflict):
    """Another account of the practice is linked to this identity."""

    code = "identity_linked"
    title = "Another account is linked to this identity."


class RefreshRefused(Unauthenticated):
    """The refresh token is unknown or already used, or its session has ended."""

    code = "refresh_refused"
    audit_action = "session.refresh_refused"
    title = "This session cannot be renewed. Sign in again."


class SecondFactorRequired(Forbidden):
    """A second factor is required, and this session was opened without one."""

    code = "second_factor_required"
    title = "Set up your second factor first."


class AdministratorTooNew(Forbidden):
    """Another administrator appointed this one less than seven days ago, so the two may be one person."""

    code = "administrator_too_new"
    title = "You became an administrator less than seven days ago. Ask another administrator."


class RequesterNotAdministrator(Conflict):
    """The administrator who asked for the erasure is no longer one."""

    code = "requester_not_administrator"
    title = "The person who asked for this is no longer an administrator. Withdraw the request and ask again."


class CodeRefused(Invalid):
    """The mailed code is wrong, used, expired, or belongs to no account; the response is the same for all."""

    code = "code_refused"
    title = "This code is incorrect or has expired."


class InvalidPassword(Invalid):
    """A new password does not meet the policy; `fields` gives the reason."""

    code = "password_invalid"
    title = "Choose another password."


class WrongPassword(Invalid):
    """A signed-in person entered a wrong password for an action that requires it."""

    code = "wrong_password"
    title = "The password is incorrect."


class AlreadyRegistered(Conflict):
    """An open account has this email on this side, this client or this staff member. Shown to staff and jobs only."""

    code = "already_registered"
    title = "An account already exists."


class SecondFactorEnrolled(Conflict):
    """A second factor is enrolled; remove it before enrolling another."""

    code = "second_factor_enrolled"
    title = "A second factor is already set up."


class NoSecondFactor(Conflict):
    """The account has no second factor to remove or to renew recovery codes for."""

    code = "no_second_factor"
    title = "No second factor is set up."


class EnrollmentNotOpen(Conflict):
    """No enrollment was started, or it has expired."""

    code = "enrollment_not_open"
    title = "This setup has expired. Start again with your password."


class AccountNotOpen(Conflict):
    """The account's status does not allow it, such as verifying a verified email or closing a closed account."""

    code = "account_not_open"
    title = "The account's status does not allow this."
