"""The core's record of a second factor, and the end of an account: what each transition changes, and what it keeps."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from attrs import evolve

from portal_core.accounts.errors import AccountNotOpen, EnrollmentNotOpen
from portal_core.accounts.model import (
    CHALLENGE_LIFETIME,
    ENROLLMENT_LIFETIME,
    Account,
    Challenge,
    SecondFactor,
)

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
INSTANT = timedelta.resolution
FACTOR = SecondFactor(UUID(int=1), UUID(int=2), recovery_hashes=(b"old",), version=4)


def challenge_created(at: datetime) -> Challenge:
    return Challenge(UUID(int=3), UUID(int=2), UUID(int=1), b"", "", "bearer", at + CHALLENGE_LIFETIME)


def test_enrollment_lasts_ten_minutes() -> None:
    started = FACTOR.start_enrollment("handle", NOW)
    assert started == evolve(FACTOR, pending="handle", pending_until=NOW + ENROLLMENT_LIFETIME, version=5)
    assert started.handle(NOW + ENROLLMENT_LIFETIME - INSTANT) == "handle"
    for factor, at in ((started, NOW + ENROLLMENT_LIFETIME), (FACTOR, NOW)):
        with pytest.raises(EnrollmentNotOpen):
            factor.handle(at)


def test_recovery_codes_complete_the_enrollment() -> None:
    started = FACTOR.start_enrollment("handle", NOW)
    completed = started.with_recovery_codes((b"one", b"two"))
    assert completed == evolve(FACTOR, recovery_hashes=(b"one", b"two"), version=6)
    assert not completed.may_have_been_confirmed(challenge_created(NOW))


def test_recovery_code_is_used_once() -> None:
    codes = evolve(FACTOR, recovery_hashes=(b"one", b"two"))
    used = codes.redeem_recovery_code(b"one")
    assert used == evolve(codes, recovery_hashes=(b"two",), version=5)
    assert used is not None
    assert used.redeem_recovery_code(b"one") is None


@pytest.mark.parametrize(("later", "possible"), [(-INSTANT, False), (timedelta(0), True), (INSTANT, True)])
def test_only_a_challenge_after_the_enrollment_may_have_confirmed_it(later: timedelta, possible: bool) -> None:
    started = FACTOR.start_enrollment("handle", NOW)
    assert started.may_have_been_confirmed(challenge_created(NOW + later)) == possible
    assert not FACTOR.may_have_been_confirmed(challenge_created(NOW + later))


def test_account_closes_once_and_says_when() -> None:
    account = Account(UUID(int=1), UUID(int=2), "a@example.org", "proxy", NOW, status="active", version=3)
    closed = account.close(NOW)
    assert closed == evolve(account, status="closed", closed_at=NOW, version=4)
    with pytest.raises(AccountNotOpen):
        closed.close(NOW)
