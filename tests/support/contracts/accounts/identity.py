"""Contract of identity providers. Subclasses provide the fixture `provider`."""

from abc import ABC, abstractmethod
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from attrs import evolve

from adapters.memory.accounts.identity_provider import totp
from portal_core.accounts.identity_provider import (
    Accepted,
    Credential,
    Credentials,
    MailedCodePurpose,
    MailedCodes,
    Passwords,
    Refused,
    SecondFactorNeeded,
    SecondFactors,
)
from portal_core.accounts.model import Side
from tests.support.clock import FixedClock

PASSWORD = "Correct-horse-7-battery"
OTHER = "Staple-9-entirely-new"
PURPOSES: tuple[MailedCodePurpose, ...] = ("verify_email", "reset_password")
STEP = timedelta(seconds=30)


class IdentityProvider(ABC):
    """A provider with both pools, and access to the mailbox. `clock` is the provider's own."""

    codes: MailedCodes
    passwords: Passwords
    second_factors: SecondFactors
    credentials: Credentials
    clock: FixedClock

    @abstractmethod
    def mailed(self, credential: Credential, purpose: MailedCodePurpose) -> list[str]:
        """The codes mailed to the credential's email for this purpose, oldest first."""

    @property
    def max_code_lifetime(self) -> timedelta:
        """No mailed code is valid for longer than this."""
        return timedelta(hours=24)

    def credential(self, side: Side = "portal", email: str = "") -> Credential:
        """A credential that the provider does not know."""
        account_id = uuid4()
        return Credential(UUID(int=7), side, account_id, email or f"{account_id.hex}@example.org")

    async def verified(self, side: Side = "portal") -> Credential:
        """A credential with a verified email and the password `PASSWORD`."""
        credential = self.credential(side)
        await self.codes.send(credential, "verify_email")
        code = self.mailed(credential, "verify_email")[-1]
        assert await self.codes.redeem(credential, "verify_email", code, PASSWORD)
        return credential

    async def enrolled(self) -> tuple[Credential, str]:
        """A credential with a second factor, and its secret; the code that enrolled it is two steps old."""
        credential = await self.verified()
        enrollment = await self.second_factors.start_enrollment(credential, PASSWORD)
        assert enrollment is not None
        assert await self.second_factors.confirm(credential, enrollment.handle, self.totp(enrollment.secret))
        self.clock.advance(2 * STEP)
        return credential, enrollment.secret

    def totp(self, secret: str, steps: int = 0) -> str:
        """The code of an authenticator app whose clock is off by `steps` of 30 seconds."""
        return totp(secret, self.clock.now() + steps * STEP)

    async def state(self, credential: Credential) -> str:
        """The state that goes with a second factor after a correct password."""
        answer = await self.passwords.check(credential, PASSWORD)
        assert isinstance(answer, SecondFactorNeeded)
        return answer.state

    async def answer(self, credential: Credential, code: str) -> bool:
        return await self.second_factors.check(credential, await self.state(credential), code)


def wrong(code: str) -> str:
    """Another code of the same form."""
    return code[:-1] + ("1" if code[-1] == "0" else "0")


class MailedCodesContract:
    """Codes that prove an email."""

    @pytest.mark.parametrize("side", ["portal", "practice"])
    async def test_redeeming_code_verifies_email_and_sets_password(
        self, provider: IdentityProvider, side: Side
    ) -> None:
        credential = provider.credential(side)
        assert await provider.passwords.check(credential, PASSWORD) == Refused()
        await provider.codes.send(credential, "verify_email")
        assert await provider.passwords.check(credential, PASSWORD) == Refused()
        [code] = provider.mailed(credential, "verify_email")
        assert await provider.codes.redeem(credential, "verify_email", code, PASSWORD) is True
        assert await provider.passwords.check(credential, PASSWORD) == Accepted()
        assert await provider.passwords.check(credential, OTHER) == Refused()

    async def test_a_reset_replaces_the_password(self, provider: IdentityProvider) -> None:
        credential = await provider.verified()
        await provider.codes.send(credential, "reset_password")
        [code] = provider.mailed(credential, "reset_password")
        assert await provider.codes.redeem(credential, "reset_password", code, OTHER) is True
        assert await provider.passwords.check(credential, OTHER) == Accepted()
        assert await provider.passwords.check(credential, PASSWORD) == Refused()

    async def test_wrong_code_changes_nothing_and_right_one_stays_valid(self, provider: IdentityProvider) -> None:
        credential = await provider.verified()
        await provider.codes.send(credential, "reset_password")
        [code] = provider.mailed(credential, "reset_password")
        for bad in (wrong(code), "", "nonsense", code + "0", "\x00", "é" * 9):
            assert await provider.codes.redeem(credential, "reset_password", bad, OTHER) is False
        assert await provider.passwords.check(credential, PASSWORD) == Accepted()
        assert await provider.codes.redeem(credential, "reset_password", code, OTHER) is True

    @pytest.mark.parametrize("purpose", PURPOSES)
    async def test_code_is_single_use(self, provider: IdentityProvider, purpose: MailedCodePurpose) -> None:
        credential = provider.credential() if purpose == "verify_email" else await provider.verified()
        await provider.codes.send(credential, purpose)
        code = provider.mailed(credential, purpose)[-1]
        assert await provider.codes.redeem(credential, purpose, code, PASSWORD) is True
        assert await provider.codes.redeem(credential, purpose, code, OTHER) is False
        assert await provider.passwords.check(credential, PASSWORD) == Accepted()

    async def test_new_code_invalidates_previous_one(self, provider: IdentityProvider) -> None:
        credential = await provider.verified()
        await provider.codes.send(credential, "reset_password")
        await provider.codes.send(credential, "reset_password")
        first, second = provider.mailed(credential, "reset_password")
        assert first != second
        assert await provider.codes.redeem(credential, "reset_password", first, OTHER) is False
        assert await provider.codes.redeem(credential, "reset_password", second, OTHER) is True

    @pytest.mark.parametrize("purpose", PURPOSES)
    async def test_a_code_expires(self, provider: IdentityProvider, purpose: MailedCodePurpose) -> None:
        credential = provider.credential() if purpose == "verify_email" else await provider.verified()
        await provider.codes.send(credential, purpose)
        code = provider.mailed(credential, purpose)[-1]
        provider.clock.advance(provider.max_code_lifetime + timedelta(seconds=1))
        assert await provider.codes.redeem(credential, purpose, code, OTHER) is False
        assert await provider.passwords.check(credential, OTHER) == Refused()

    async def test_code_is_bound_to_credential_and_purpose(self, provider: IdentityProvider) -> None:
        credential, stranger = await provider.verified(), await provider.verified()
        await provider.codes.send(credential, "reset_password")
        await provider.codes.send(stranger, "reset_password")
        [code] = provider.mailed(credential, "reset_password")
        assert await provider.codes.redeem(stranger, "reset_password", code, OTHER) is False
        assert await provider.codes.redeem(provider.credential(), "reset_password", code, OTHER) is False
        assert await provider.codes.redeem(credential, "verify_email", code, OTHER) is False
        assert await provider.codes.redeem(credential, "reset_password", code, OTHER) is True

    async def test_verification_code_is_mailed_again(self, provider: IdentityProvider) -> None:
        credential = provider.credential()
        await provider.codes.send(credential, "verify_email")
        await provider.codes.send(credential, "verify_email")
        code = provider.mailed(credential, "verify_email")[-1]
        assert await provider.codes.redeem(credential, "verify_email", code, PASSWORD) is True

    async def test_another_code_can_be_sent_after_verification(self, provider: IdentityProvider) -> None:
        """The provider has the email as verified, the core does not yet: another code must still work."""
        credential = await provider.verified()
        await provider.codes.send(credential, "verify_email")
        code = provider.mailed(credential, "verify_email")[-1]
        assert await provider.codes.redeem(credential, "verify_email", code, OTHER) is True
        assert await provider.passwords.check(credential, OTHER) == Accepted()

    async def test_unknown_credential_redeems_nothing(self, provider: IdentityProvider) -> None:
        for purpose in PURPOSES:
            assert await provider.codes.redeem(provider.credential(), purpose, "123456", PASSWORD) is False

    async def test_a_reset_keeps_the_second_factor(self, provider: IdentityProvider) -> None:
        credential, secret = await provider.enrolled()
        await provider.codes.send(credential, "reset_password")
        code = provider.mailed(credential, "reset_password")[-1]
        assert await provider.codes.redeem(credential, "reset_password", code, OTHER) is True
        answer = await provider.passwords.check(credential, OTHER)
        assert isinstance(answer, SecondFactorNeeded)
        assert await provider.second_factors.check(credential, answer.state, provider.totp(secret)) is True


class PasswordsContract:
    """Passwords."""

    async def test_password_is_created_for_verified_email(self, provider: IdentityProvider) -> None:
        credential = provider.credential()
        await provider.passwords.create(credential, PASSWORD)
        assert await provider.passwords.check(credential, PASSWORD) == Accepted()
        await provider.passwords.create(credential, OTHER)
        assert await provider.passwords.check(credential, OTHER) == Accepted()
        await provider.codes.send(credential, "reset_password")
        assert len(provider.mailed(credential, "reset_password")) == 1

    async def test_password_is_replaced(self, provider: IdentityProvider) -> None:
        credential = await provider.verified()
        await provider.passwords.set(credential, OTHER)
        assert await provider.passwords.check(credential, OTHER) == Accepted()
        assert await provider.passwords.check(credential, PASSWORD) == Refused()

    async def test_was_set_since(self, provider: IdentityProvider) -> None:
        credential, start = provider.credential(), provider.clock.now()
        assert await provider.passwords.was_set_since(credential, start) is False

        async def by_code() -> None:
            await provider.codes.send(credential, "reset_password")
            provider.clock.advance(timedelta(minutes=2))
            code = provider.mailed(credential, "reset_password")[-1]
            assert await provider.codes.redeem(credential, "reset_password", code, PASSWORD)

        async def by_caller() -> None:
            await provider.passwords.set(credential, OTHER)

        await provider.passwords.create(credential, PASSWORD)
        assert await provider.passwords.was_set_since(credential, start) is True
        for change in (by_caller, by_code):
            provider.clock.advance(timedelta(minutes=10))
            now = provider.clock.now()
            assert await provider.passwords.was_set_since(credential, now) is False
            assert isinstance(await provider.passwords.check(credential, "Wrong-" + PASSWORD), Refused)
            assert await provider.passwords.was_set_since(credential, now) is False
            await change()
            assert await provider.passwords.was_set_since(credential, now) is True

    @pytest.mark.parametrize("password", ["", " ", "x", PASSWORD.lower(), PASSWORD + " ", "é" * 60, "\x00", "p" * 256])
    async def test_anything_else_is_refused(self, provider: IdentityProvider, password: str) -> None:
        assert await provider.passwords.check(await provider.verified(), password) == Refused()
        assert await provider.passwords.check(provider.credential(), password) == Refused()

    async def test_every_character_counts(self, provider: IdentityProvider) -> None:
        credential = await provider.verified()
        long = "Aa1-" + "ü x" * 41 + "!"
        assert len(long) == 128
        await provider.passwords.set(credential, long)
        assert await provider.passwords.check(credential, long) == Accepted()
        assert await provider.passwords.check(credential, long[:-1] + "?") == Refused()
        assert await provider.passwords.check(credential, long[:-1]) == Refused()

    async def test_one_email_may_have_credentials_in_two_practices(self, provider: IdentityProvider) -> None:
        first = provider.credential(email="twice@example.org")
        second = evolve(provider.credential(email="twice@example.org"), practice_id=UUID(int=8))
        await provider.passwords.create(first, PASSWORD)
        await provider.passwords.create(second, OTHER)
        assert await provider.passwords.check(first, PASSWORD) == Accepted()
        assert await provider.passwords.check(second, OTHER) == Accepted()
        assert await provider.passwords.check(second, PASSWORD) == Refused()

    async def test_sides_have_separate_pools(self, provider: IdentityProvider) -> None:
        credential = await provider.verified("practice")
        assert await provider.passwords.check(evolve(credential, side="portal"), PASSWORD) == Refused()


class SecondFactorsContract:
    """Time-based one-time passwords."""

    async def test_enrollment_requires_password_and_valid_code(self, provider: IdentityProvider) -> None:
        credential = await provider.verified()
        assert await provider.second_factors.start_enrollment(credential, OTHER) is None
        assert await provider.second_factors.start_enrollment(provider.credential(), PASSWORD) is None
        enrollment = await provider.second_factors.start_enrollment(credential, PASSWORD)
        assert enrollment is not None
        assert await provider.passwords.check(credential, PASSWORD) == Accepted()
        code = provider.totp(enrollment.secret)
        for bad in (wrong(code), "", "12345", "abcdef", "１２３４５６"):
            assert await provider.second_factors.confirm(credential, enrollment.handle, bad) is False
        assert await provider.passwords.check(credential, PASSWORD) == Accepted()
        assert await provider.second_factors.confirm(credential, enrollment.handle, code) is True
        assert isinstance(await provider.passwords.check(credential, PASSWORD), SecondFactorNeeded)
        assert await provider.passwords.check(credential, OTHER) == Refused()

    async def test_each_enrollment_has_its_own_secret(self, provider: IdentityProvider) -> None:
        credential = await provider.verified()
        first = await provider.second_factors.start_enrollment(credential, PASSWORD)
        second = await provider.second_factors.start_enrollment(credential, PASSWORD)
        assert first is not None
        assert second is not None
        assert first.secret != second.secret
        assert await provider.second_factors.confirm(credential, second.handle, provider.totp(first.secret)) is False
        assert await provider.second_factors.confirm(credential, second.handle, provider.totp(second.secret)) is True

    @pytest.mark.parametrize("steps", [-1, 0, 1])
    async def test_code_one_step_off_is_accepted(self, provider: IdentityProvider, steps: int) -> None:
        credential, secret = await provider.enrolled()
        provider.clock.advance(2 * STEP)
        assert await provider.answer(credential, provider.totp(secret, steps)) is True

    @pytest.mark.parametrize("steps", [-60, -20, 20, 60])
    async def test_code_many_steps_off_is_refused(self, provider: IdentityProvider, steps: int) -> None:
        credential, secret = await provider.enrolled()
        assert await provider.answer(credential, provider.totp(secret, steps)) is False

    async def test_code_is_single_use(self, provider: IdentityProvider) -> None:
        credential, secret = await provider.enrolled()
        code = provider.totp(secret)
        assert await provider.answer(credential, code) is True
        assert await provider.answer(credential, code) is False
        provider.clock.advance(2 * STEP)
        assert await provider.answer(credential, provider.totp(secret)) is True

    async def test_wrong_code_leaves_right_one_valid(self, provider: IdentityProvider) -> None:
        credential, secret = await provider.enrolled()
        state = await provider.state(credential)
        assert await provider.second_factors.check(credential, state, wrong(provider.totp(secret))) is False
        assert await provider.second_factors.check(credential, state, "") is False
        assert await provider.second_factors.check(credential, state, provider.totp(secret)) is True

    async def test_code_is_bound_to_credential(self, provider: IdentityProvider) -> None:
        (first, secret), (second, _) = await provider.enrolled(), await provider.enrolled()
        assert await provider.answer(second, provider.totp(secret)) is False
        assert await provider.answer(first, provider.totp(secret)) is True

    async def test_no_code_is_accepted_without_second_factor(self, provider: IdentityProvider) -> None:
        assert await provider.second_factors.check(await provider.verified(), "", "123456") is False
        assert await provider.second_factors.check(provider.credential(), "", "123456") is False

    async def test_removed_second_factor_is_not_required(self, provider: IdentityProvider) -> None:
        credential, secret = await provider.enrolled()
        await provider.second_factors.remove(credential)
        await provider.second_factors.remove(credential)
        await provider.second_factors.remove(provider.credential())
        assert await provider.passwords.check(credential, PASSWORD) == Accepted()
        again = await provider.second_factors.start_enrollment(credential, PASSWORD)
        assert again is not None
        assert again.secret != secret


class CredentialsContract:
    """The credential as a whole."""

    async def test_codes_go_to_changed_email(self, provider: IdentityProvider) -> None:
        credential = await provider.verified()
        moved = evolve(credential, email=f"new-{credential.account_id.hex}@example.org")
        for _ in range(2):
            await provider.credentials.change_email(credential, moved.email)
        assert await provider.passwords.check(moved, PASSWORD) == Accepted()
        await provider.codes.send(moved, "reset_password")
        [code] = provider.mailed(moved, "reset_password")
        assert provider.mailed(credential, "reset_password") == []
        assert await provider.codes.redeem(moved, "reset_password", code, OTHER) is True
        assert await provider.passwords.check(moved, OTHER) == Accepted()

    async def test_disabled_credential_is_refused_everything(self, provider: IdentityProvider) -> None:
        credential, secret = await provider.enrolled()
        state = await provider.state(credential)
        await provider.codes.send(credential, "reset_password")
        code = provider.mailed(credential, "reset_password")[-1]
        for _ in range(2):
            await provider.credentials.disable(credential)
        assert await provider.passwords.check(credential, PASSWORD) == Refused()
        assert await provider.second_factors.check(credential, state, provider.totp(secret)) is False
        assert await provider.second_factors.start_enrollment(credential, PASSWORD) is None
        assert await provider.codes.redeem(credential, "reset_password", code, OTHER) is False

    async def test_deleted_credential_is_unknown(self, provider: IdentityProvider) -> None:
        credential = await provider.verified()
        for _ in range(2):
            await provider.credentials.delete(credential)
        assert await provider.passwords.check(credential, PASSWORD) == Refused()

    async def test_unknown_credentials_are_ignored(self, provider: IdentityProvider) -> None:
        unknown = provider.credential()
        await provider.credentials.disable(unknown)
        await provider.credentials.delete(unknown)
        await provider.credentials.change_email(unknown, "other@example.org")
        assert await provider.passwords.check(unknown, PASSWORD) == Refused()
