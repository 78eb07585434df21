"""The local identity provider on PostgreSQL: the contract suites, and behavior specific to it."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from attrs import define, evolve, field

from adapters.local.identity import (
    LocalCredentials,
    LocalMailedCodes,
    LocalPasswords,
    LocalSecondFactors,
)
from adapters.local.identity_record import MAX_CODE_ATTEMPTS
from adapters.local.password_hashes import PasswordHashes
from adapters.local.sources import SystemTokens
from adapters.postgres.accounts.local_identities import PostgresIdentities
from portal_core.accounts.identity_provider import Accepted, Credential, MailedCodePurpose, Refused
from portal_core.kernel.actor import Actor
from portal_core.kernel.errors import Unavailable
from portal_core.notifications.errors import MailNotSent
from portal_core.notifications.use_cases.mail_code import MailCodeCommand
from tests.support.clock import FixedClock
from tests.support.contracts.accounts.identity import (
    OTHER,
    PASSWORD,
    CredentialsContract,
    IdentityProvider,
    MailedCodesContract,
    PasswordsContract,
    SecondFactorsContract,
    wrong,
)
from tests.support.engine.postgres import PortalDatabase, RandomIds


@define
class FakeMailer:
    """Accepts mail, or fails when configured to."""

    away: bool = False
    taken: list[MailCodeCommand] = field(factory=list)

    async def __call__(self, actor: Actor, command: MailCodeCommand) -> str:
        if self.away:
            raise MailNotSent("no_connection")
        self.taken.append(command)
        return "1"


@define
class LocalProvider(IdentityProvider):
    database: PortalDatabase
    hashes: PasswordHashes
    clock: FixedClock = field(factory=FixedClock)
    letters: FakeMailer = field(factory=FakeMailer)
    store: PostgresIdentities = field(init=False)
    codes: LocalMailedCodes = field(init=False)
    passwords: LocalPasswords = field(init=False)
    second_factors: LocalSecondFactors = field(init=False)
    credentials: LocalCredentials = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.store = PostgresIdentities(self.database.pool, self.database.keys)
        self.codes = LocalMailedCodes(self.store, self.hashes, self.letters, self.clock, RandomIds(), SystemTokens())
        self.passwords = LocalPasswords(self.store, self.hashes, self.clock)
        self.second_factors = LocalSecondFactors(self.store, self.hashes, self.clock)
        self.credentials = LocalCredentials(self.store)

    def mailed(self, credential: Credential, purpose: MailedCodePurpose) -> list[str]:
        to = (credential.email, purpose)
        return [letter.code for letter in self.letters.taken if (letter.to, letter.purpose) == to]

    def stored(self, credential: Credential) -> list[bytes]:
        rows = self.database.owner.execute(
            "SELECT record FROM portal.identities WHERE account_id = %s", (credential.account_id,)
        )
        return [row[0] for row in rows]


@pytest.fixture(scope="module")
def hashes() -> Iterator[PasswordHashes]:
    made = PasswordHashes(max_waiting=100)
    yield made
    made.close()


@pytest_asyncio.fixture
async def provider(shared_database: PortalDatabase, hashes: PasswordHashes) -> LocalProvider:
    for number in (7, 8):
        await _practice(shared_database, UUID(int=number))
    return LocalProvider(shared_database, hashes)


async def _practice(database: PortalDatabase, practice_id: UUID) -> None:
    """Create the practice with this id if it is missing, with a key of its own."""
    known = database.owner.execute("SELECT 1 FROM portal.practices WHERE id = %s", (practice_id,)).fetchone()
    if known is not None:
        return
    wrapped, master = await database.keys.make_practice_key(practice_id)
    database.owner.execute(
        "INSERT INTO portal.practices SELECT (p).* FROM (SELECT jsonb_populate_record(practices,"
        " jsonb_build_object('id', %s::text, 'slug', %s::text)) AS p FROM portal.practices WHERE id = %s) AS one",
        (str(practice_id), f"p{practice_id.hex}", await database.practice()),
    )
    database.owner.execute(
        "INSERT INTO portal.practice_keys (practice_id, wrapped, master_key, made_at) VALUES (%s, %s, %s, %s)",
        (practice_id, wrapped, master, database.clock.now()),
    )


class TestLocalMailedCodes(MailedCodesContract): ...


class TestLocalPasswords(PasswordsContract): ...


class TestLocalSecondFactors(SecondFactorsContract): ...


class TestLocalCredentials(CredentialsContract): ...


async def test_code_is_revoked_after_sixty_wrong_attempts(provider: LocalProvider) -> None:
    credential = await provider.verified()
    await provider.codes.send(credential, "reset_password")
    [code] = provider.mailed(credential, "reset_password")
    for _ in range(MAX_CODE_ATTEMPTS - 1):
        assert await provider.codes.redeem(credential, "reset_password", wrong(code), OTHER) is False
    kept = provider.stored(credential)
    assert await provider.codes.redeem(credential, "reset_password", wrong(code), OTHER) is False
    assert provider.stored(credential) != kept
    assert await provider.codes.redeem(credential, "reset_password", code, OTHER) is False
    await provider.codes.send(credential, "reset_password")
    fresh = provider.mailed(credential, "reset_password")[-1]
    assert await provider.codes.redeem(credential, "reset_password", fresh, OTHER) is True


async def test_concurrent_wrong_attempts_are_all_counted(provider: LocalProvider) -> None:
    credential = await provider.verified()
    await provider.codes.send(credential, "reset_password")
    [code] = provider.mailed(credential, "reset_password")
    tries = (provider.codes.redeem(credential, "reset_password", wrong(code), OTHER) for _ in range(MAX_CODE_ATTEMPTS))
    assert set(await asyncio.gather(*tries)) == {False}
    assert await provider.codes.redeem(credential, "reset_password", code, OTHER) is False


@pytest.mark.parametrize(
    ("purpose", "lasts"), [("verify_email", timedelta(hours=24)), ("reset_password", timedelta(minutes=30))]
)
@pytest.mark.parametrize("late", [False, True])
async def test_code_expires_after_its_lifetime(
    provider: LocalProvider, purpose: MailedCodePurpose, lasts: timedelta, late: bool
) -> None:
    credential = await provider.verified()
    await provider.codes.send(credential, purpose)
    code = provider.mailed(credential, purpose)[-1]
    provider.clock.advance(lasts - timedelta(seconds=0 if late else 1))
    assert await provider.codes.redeem(credential, purpose, code, OTHER) is not late


async def test_code_verifies_only_the_email_it_was_mailed_to(provider: LocalProvider) -> None:
    credential = provider.credential()
    await provider.codes.send(credential, "verify_email")
    [code] = provider.mailed(credential, "verify_email")
    moved = evolve(credential, email=f"moved-{credential.account_id.hex}@example.org")
    assert await provider.codes.redeem(moved, "verify_email", code, PASSWORD) is False
    assert await provider.codes.redeem(credential, "verify_email", code, PASSWORD) is True


async def test_code_is_accepted_with_common_typing_variations(provider: LocalProvider) -> None:
    credential = provider.credential()
    await provider.codes.send(credential, "verify_email")
    [code] = provider.mailed(credential, "verify_email")
    typed = f" {code[:4]}-{code[4:]} ".lower().replace("0", "o").replace("1", "l")
    assert await provider.codes.redeem(credential, "verify_email", typed, PASSWORD) is True


async def test_password_change_revokes_pending_codes(provider: LocalProvider) -> None:
    credential = await provider.verified()
    await provider.codes.send(credential, "reset_password")
    [code] = provider.mailed(credential, "reset_password")
    await provider.passwords.set(credential, OTHER)
    assert await provider.codes.redeem(credential, "reset_password", code, PASSWORD) is False
    assert await provider.passwords.check(credential, OTHER) == Accepted()


async def test_failed_mail_can_be_retried(provider: LocalProvider) -> None:
    credential = provider.credential()
    provider.letters.away = True
    with pytest.raises(MailNotSent):
        await provider.codes.send(credential, "verify_email")
    provider.letters.away = False
    await provider.codes.send(credential, "verify_email")
    [code] = provider.mailed(credential, "verify_email")
    assert await provider.codes.redeem(credential, "verify_email", code, PASSWORD) is True


async def test_one_of_concurrent_first_codes_is_valid(provider: LocalProvider) -> None:
    credential = provider.credential()
    await asyncio.gather(*(provider.codes.send(credential, "verify_email") for _ in range(5)))
    assert len(provider.stored(credential)) == 1
    codes = provider.mailed(credential, "verify_email")
    good = [await provider.codes.redeem(credential, "verify_email", code, PASSWORD) for code in codes]
    assert good.count(True) == 1


async def test_totp_code_is_accepted_once_concurrently(provider: LocalProvider) -> None:
    credential, secret = await provider.enrolled()
    code = provider.totp(secret)
    checks = (provider.second_factors.check(credential, "", code) for _ in range(8))
    assert sorted(await asyncio.gather(*checks)) == [False] * 7 + [True]


async def test_enrollment_code_cannot_sign_in(provider: LocalProvider) -> None:
    credential = await provider.verified()
    enrollment = await provider.second_factors.start_enrollment(credential, PASSWORD)
    assert enrollment is not None
    code = provider.totp(enrollment.secret)
    assert await provider.second_factors.confirm(credential, enrollment.handle, code) is True
    assert await provider.second_factors.check(credential, "", code) is False


async def test_older_totp_code_is_refused_after_a_newer_one(provider: LocalProvider) -> None:
    credential, secret = await provider.enrolled()
    assert await provider.answer(credential, provider.totp(secret, 1)) is True
    assert await provider.answer(credential, provider.totp(secret, 0)) is False


async def test_hash_with_old_parameters_is_verified_and_rehashed(provider: LocalProvider) -> None:
    weaker = PasswordHashes(memory_kib=8_192, time_cost=1)
    credential = provider.credential()
    await LocalPasswords(provider.store, weaker, provider.clock).create(credential, PASSWORD)
    weaker.close()
    before = await provider.store.find(credential)
    assert await provider.passwords.check(credential, OTHER) == Refused()
    assert await provider.store.find(credential) == before
    assert await provider.passwords.check(credential, PASSWORD) == Accepted()
    after = await provider.store.find(credential)
    assert before is not None
    assert after is not None
    assert before.password is not None
    assert before.password.startswith("$argon2id$v=19$m=8192,t=1,p=1$")
    assert after.password is not None
    assert after.password.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await provider.passwords.check(credential, PASSWORD) == Accepted()


async def test_unknown_and_disabled_accounts_cost_a_hash_too(
    provider: LocalProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[str] = []
    verify = PasswordHashes._verify

    def counting(self: PasswordHashes, kept: str, password: str) -> bool:
        verified.append(kept)
        return verify(self, kept, password)

    disabled = await provider.verified()
    await provider.credentials.disable(disabled)
    monkeypatch.setattr(PasswordHashes, "_verify", counting)
    for credential in (provider.credential(), disabled):
        assert await provider.passwords.check(credential, PASSWORD) == Refused()
    assert len(verified) == 2
    assert all(kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$") for kept in verified)


async def test_wrong_code_costs_a_hash_for_known_and_unknown_accounts(
    provider: LocalProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    make = PasswordHashes.make

    async def counting(self: PasswordHashes, password: str) -> str:
        made.append(password)
        return await make(self, password)

    known, unknown = await provider.verified(), provider.credential()
    monkeypatch.setattr(PasswordHashes, "make", counting)
    for credential in (known, unknown):
        assert await provider.codes.redeem(credential, "reset_password", "WRONG000", OTHER) is False
    assert len(made) == 2


async def test_record_content_is_unreadable_in_database_and_log(provider: LocalProvider) -> None:
    credential, secret = await provider.enrolled()
    await provider.codes.send(credential, "reset_password")
    kept = await provider.store.find(credential)
    assert kept is not None
    assert kept.password is not None
    [stored] = provider.stored(credential)
    for plain in (kept.password, "argon2", secret, "reset_password"):
        assert plain.encode() not in stored
        assert plain not in repr(kept)
    code = provider.letters.taken[-1]
    assert code.code not in repr(code)


async def test_record_copied_to_another_account_cannot_be_decrypted(provider: LocalProvider) -> None:
    victim, thief = await provider.verified(), await provider.verified()
    await provider.passwords.set(thief, OTHER)
    provider.database.owner.execute(
        "UPDATE portal.identities SET record = (SELECT record FROM portal.identities WHERE account_id = %s)"
        " WHERE account_id = %s",
        (thief.account_id, victim.account_id),
    )
    with pytest.raises(Exception, match="not encrypted with this key for this field"):
        await provider.passwords.check(victim, OTHER)


async def test_unknown_practice_has_no_accounts(provider: LocalProvider) -> None:
    stranger = evolve(provider.credential(), practice_id=uuid4())
    assert await provider.store.find(await provider.verified()) is not None
    with pytest.raises(Exception, match="Not found"):
        await provider.passwords.check(stranger, PASSWORD)


async def test_lost_database_raises_unavailable(database: PortalDatabase, hashes: PasswordHashes) -> None:
    practice = await database.practice()
    provider = LocalProvider(database, hashes)
    credential = evolve(provider.credential(), practice_id=practice)
    await provider.passwords.create(credential, PASSWORD)
    database.owner.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'portal_app'"
        " AND datname = current_database()"
    )
    with pytest.raises(Unavailable):
        await provider.passwords.check(credential, PASSWORD)
    assert await provider.passwords.check(credential, PASSWORD) == Accepted()
