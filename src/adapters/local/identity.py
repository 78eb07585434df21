"""The local identity provider: Argon2id passwords, TOTP, and mailed codes."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from attrs import evolve, frozen

from adapters.local.identity_record import IdentityStore, StoredIdentity
from adapters.local.password_hashes import PasswordHashes
from adapters.local.totp import matching_step, new_secret
from portal_core.accounts.identity_provider import (
    Accepted,
    Credential,
    Credentials,
    MailedCodePurpose,
    MailedCodes,
    PasswordCheckResult,
    Passwords,
    Refused,
    SecondFactorNeeded,
    SecondFactors,
    TotpEnrollment,
)
from portal_core.kernel.actor import Actor, SystemActor
from portal_core.kernel.codes import normalize_code
from portal_core.kernel.sources import Clock, IdSource, TokenSource
from portal_core.notifications.use_cases.mail_code import MailCodeCommand

CODE_LIFETIMES: dict[MailedCodePurpose, timedelta] = {
    "verify_email": timedelta(hours=24),
    "reset_password": timedelta(minutes=30),
}
MailCodes = Callable[[Actor, MailCodeCommand], Awaitable[str]]
"""`MailCode` with its dependencies."""


def _digest(credential: Credential, purpose: MailedCodePurpose, code: str) -> bytes:
    """The digest of a code, bound to its credential, its purpose and the email that it proves."""
    bound = "\0".join((str(credential.account_id), credential.side, credential.email, purpose, normalize_code(code)))
    return hashlib.sha256(bound.encode("utf-8", "surrogatepass")).digest()


@frozen
class LocalMailedCodes(MailedCodes):
    """Codes of eight characters, valid once, for 24 hours (verification) or 30 minutes (reset), and sixty attempts.

    Only a digest is stored, encrypted with the practice's key, so that its 40 bits cannot be searched in a stolen
    database. `send` raises what the mailer raises (`MailError`), which the notice delivery handles.
    """

    store: IdentityStore
    hashes: PasswordHashes
    mail: MailCodes
    clock: Clock
    ids: IdSource
    tokens: TokenSource

    async def send(self, credential: Credential, purpose: MailedCodePurpose) -> None:
        code = self.tokens.code()
        until = self.clock.now() + CODE_LIFETIMES[purpose]
        async with self.store.change(credential) as record:
            record.stored = (record.stored or StoredIdentity()).issue(
                purpose, _digest(credential, purpose, code), until
            )
        job = SystemActor(credential.practice_id, "mail_code")
        await self.mail(
            job, MailCodeCommand(self.ids.new(), credential.email, purpose, code, account_id=credential.account_id)
        )

    async def redeem(self, credential: Credential, purpose: MailedCodePurpose, code: str, password: str) -> bool:
        # Hashed first, whether or not the code is correct: both take as long, and no lock is held meanwhile.
        password_hash = await self.hashes.make(password)
        async with self.store.change(credential) as record:
            if record.stored is None:
                return False
            redeemed = record.stored.redeem(
                purpose, _digest(credential, purpose, code), self.clock.now(), password_hash
            )
            record.stored = redeemed or record.stored.with_failed_attempt(purpose)
        return redeemed is not None


@frozen
class LocalPasswords(Passwords):
    """Argon2id hashes; a hash with older parameters is replaced when its password is next entered."""

    store: IdentityStore
    hashes: PasswordHashes
    clock: Clock

    async def create(self, credential: Credential, password: str) -> None:
        password_hash = await self.hashes.make(password)
        async with self.store.change(credential) as record:
            record.stored = (record.stored or StoredIdentity()).with_password(password_hash, self.clock.now())

    async def check(self, credential: Credential, password: str) -> PasswordCheckResult:
        stored = await find_by_password(self.store, self.hashes, credential, password)
        if stored is None:
            return Refused()
        return Accepted() if stored.totp_secret is None else SecondFactorNeeded("")

    async def set(self, credential: Credential, password: str) -> None:
        password_hash = await self.hashes.make(password)
        async with self.store.change(credential) as record:
            if record.stored is not None:
                record.stored = record.stored.with_password(password_hash, self.clock.now())

    async def was_set_since(self, credential: Credential, at: datetime) -> bool:
        stored = await self.store.find(credential)
        return stored is not None and stored.password_at is not None and stored.password_at >= at


async def find_by_password(
    store: IdentityStore, hashes: PasswordHashes, credential: Credential, password: str
) -> StoredIdentity | None:
    """The credential's record if the password is correct and it is not disabled; always takes one hashing."""
    stored = await store.find(credential)
    stored_hash = stored.password if stored is not None and not stored.disabled else None
    if not await hashes.matches(stored_hash, password) or stored is None or stored_hash is None:
        return None
    if hashes.needs_rehash(stored_hash):
        password_hash = await hashes.make(password)
        async with store.change(credential) as record:
            if record.stored is not None and record.stored.password == stored_hash:
                record.stored = evolve(record.stored, password=password_hash)
    return stored


@frozen
class LocalSecondFactors(SecondFactors):
    """TOTP. An enrollment's handle is its secret, which the core stores encrypted; a check needs no state."""

    store: IdentityStore
    hashes: PasswordHashes
    clock: Clock

    async def start_enrollment(self, credential: Credential, password: str) -> TotpEnrollment | None:
        if await find_by_password(self.store, self.hashes, credential, password) is None:
            return None
        secret = new_secret()
        return TotpEnrollment(secret, secret)

    async def confirm(self, credential: Credential, handle: str, code: str) -> bool:
        return await self._accept(credential, code, handle)

    async def check(self, credential: Credential, state: str, code: str) -> bool:
        return await self._accept(credential, code)

    async def _accept(self, credential: Credential, code: str, enrollment_secret: str | None = None) -> bool:
        """Check and mark the code as used under one lock: of two concurrent requests with one code, one is refused."""
        async with self.store.change(credential) as record:
            stored = record.stored
            secret = None if stored is None or stored.disabled else enrollment_secret or stored.totp_secret
            if stored is None or secret is None:
                return False
            step = matching_step(secret, code, self.clock.now(), stored.last_step(secret))
            if step is not None:
                record.stored = stored.with_totp(secret, step)
        return step is not None

    async def remove(self, credential: Credential) -> None:
        async with self.store.change(credential) as record:
            if record.stored is not None:
                record.stored = record.stored.with_totp(None, 0)


@frozen
class LocalCredentials(Credentials):
    """The credential as a whole. The email is not stored: codes are bound to the address they were mailed to."""

    store: IdentityStore

    async def change_email(self, credential: Credential, email: str) -> None:
        async with self.store.change(credential) as record:
            if record.stored is not None:
                record.stored = record.stored.without_codes()

    async def disable(self, credential: Credential) -> None:
        async with self.store.change(credential) as record:
            if record.stored is not None:
                record.stored = evolve(record.stored.without_codes(), disabled=True)

    async def delete(self, credential: Credential) -> None:
        async with self.store.change(credential) as record:
            record.stored = None
