"""The states of a notice delivery."""

import itertools
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from attrs import evolve

from portal_core.kernel.notices import NoticeClass
from portal_core.notifications.errors import NoticeNotReplayable
from portal_core.notifications.model import (
    JOB_LOST_AFTER,
    LEASE_DURATION,
    MAX_FAILURES,
    DeliveryOutcome,
    Dropped,
    NoticeDelivery,
    NotSent,
    Refused,
    Sent,
    Uncertain,
    retry_delay,
)

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
SETTLEMENTS: tuple[DeliveryOutcome, ...] = (Sent("v"), NotSent("x"), Refused("x"), Uncertain("x"), Dropped("x"))


def queued(notice_class: NoticeClass = "reminder") -> NoticeDelivery:
    return NoticeDelivery(UUID(int=1), "new_message", notice_class, NOW, NOW, NOW)


def test_the_wait_doubles_up_to_an_hour() -> None:
    waits = [retry_delay(failures) for failures in range(1, MAX_FAILURES + 1)]
    assert waits[0] == timedelta(seconds=30)
    assert all(later in (before * 2, timedelta(hours=1)) for before, later in itertools.pairwise(waits))
    assert waits[-1] == timedelta(hours=1)


@pytest.mark.parametrize("settlement", SETTLEMENTS)
def test_outcome_of_an_earlier_claim_is_ignored(settlement: DeliveryOutcome) -> None:
    first = queued().claimed("slow", NOW).settled(1, Uncertain("worker_lost"), NOW)
    second = first.replayed(NOW).claimed("other", NOW)
    assert second.settled(1, settlement, NOW) is second


@pytest.mark.parametrize("settlement", SETTLEMENTS)
def test_settled_notice_does_not_change(settlement: DeliveryOutcome) -> None:
    for end in (Sent("v"), Refused("x"), Dropped("x")):
        row = queued().claimed("w", NOW).settled(1, end, NOW)
        assert row.settled(1, settlement, NOW) is row


@pytest.mark.parametrize(
    ("settlement", "state"),
    [(Sent("v"), "sent"), (NotSent("x"), "queued"), (Refused("x"), "dead"), (Dropped("x"), "dropped")],
)
def test_late_outcome_settles_uncertain_notice(settlement: DeliveryOutcome, state: str) -> None:
    uncertain = queued().claimed("w", NOW).settled(1, Uncertain("worker_lost"), NOW)
    assert uncertain.settled(1, settlement, NOW).state == state
    assert uncertain.settled(1, Uncertain("y"), NOW) is uncertain


def test_late_sent_outcome_prevents_sending_again() -> None:
    again = queued("security").claimed("w", NOW).settled(1, Uncertain("worker_lost"), NOW)
    assert again.state == "queued"
    assert again.settled(1, Sent("v"), NOW).state == "sent"
    assert again.settled(1, NotSent("x"), NOW) is again


def test_every_transition_raises_the_version_by_one() -> None:
    row = queued()
    for after in (row.claimed("w", NOW), row.enqueued(NOW), row.planned("sms", None)):
        assert after.version == row.version + 1
    claimed = row.claimed("w", NOW)
    for settlement in SETTLEMENTS:
        assert claimed.settled(1, settlement, NOW).version == claimed.version + 1
    dead = evolve(claimed, failures=MAX_FAILURES - 1).settled(1, NotSent("x"), NOW)
    assert (dead.state, dead.failures, dead.version) == ("dead", MAX_FAILURES, claimed.version + 1)
    replayed = dead.replayed(NOW)
    assert (replayed.failures, replayed.attempt, replayed.settled_at) == (0, 1, None)
    assert replayed.version == dead.version + 1


def test_only_dead_or_uncertain_notices_can_be_replayed() -> None:
    claimed = queued().claimed("w", NOW)
    for row in (queued(), claimed, claimed.settled(1, Sent("v"), NOW), claimed.settled(1, Dropped("x"), NOW)):
        with pytest.raises(NoticeNotReplayable):
            row.replayed(NOW)


def test_job_is_needed_when_due_and_again_when_lost() -> None:
    fresh = queued()
    assert not fresh.needs_job(NOW)
    assert not fresh.needs_job(NOW + JOB_LOST_AFTER - timedelta(seconds=1))
    assert fresh.needs_job(NOW + JOB_LOST_AFTER)
    failed = fresh.claimed("w", NOW).settled(1, NotSent("x"), NOW)
    assert not failed.needs_job(failed.due_at - timedelta(seconds=1))
    assert failed.needs_job(failed.due_at)
    assert not failed.enqueued(failed.due_at).needs_job(failed.due_at)
    assert not fresh.claimed("w", NOW).needs_job(NOW + JOB_LOST_AFTER)


def test_a_claim_lasts_as_long_as_its_lease() -> None:
    claimed = queued().claimed("w", NOW)
    assert not claimed.stalled(NOW + LEASE_DURATION - timedelta(seconds=1))
    assert claimed.stalled(NOW + LEASE_DURATION)
    assert not queued().stalled(NOW + LEASE_DURATION)


@pytest.mark.parametrize(
    ("outcome", "state", "reason"),
    [
        (Sent("v"), "sent", None),
        (Dropped("no_address"), "dropped", "no_address"),
        (Refused("bounced"), "dead", "bounced"),
        (Uncertain("worker_lost"), "uncertain", "worker_lost"),
    ],
    ids=repr,
)
def test_closed_notice_says_when_and_why(outcome: DeliveryOutcome, state: str, reason: str | None) -> None:
    later = NOW + timedelta(minutes=1)
    closed = queued().claimed("one", NOW).settled(1, outcome, later)
    assert (closed.state, closed.failure_reason, closed.settled_at) == (state, reason, later)
    assert closed.vendor_message_id == ("v" if state == "sent" else None)


def test_failed_attempt_waits_and_the_last_one_closes() -> None:
    notice, now = queued(), NOW
    for failures in range(1, MAX_FAILURES):
        notice = notice.claimed("one", now).settled(failures, NotSent("no_connection"), now)
        assert (notice.state, notice.failures, notice.failure_reason) == ("queued", failures, "no_connection")
        assert (notice.due_at, notice.settled_at) == (now + retry_delay(failures), None)
        now = notice.due_at
    dead = notice.claimed("one", now).settled(MAX_FAILURES, NotSent("no_connection"), now)
    assert (dead.state, dead.failures, dead.failure_reason) == ("dead", MAX_FAILURES, "no_connection")
    assert dead.settled_at == now


def test_replayed_notice_is_due_at_once_with_a_job() -> None:
    dead = queued().claimed("one", NOW).settled(1, Refused("bounced"), NOW)
    later = NOW + timedelta(days=1)
    replayed = dead.replayed(later)
    assert replayed == evolve(
        dead,
        state="queued",
        failures=0,
        due_at=later,
        enqueued_at=later,
        settled_at=None,
        version=dead.version + 1,
    )
    assert not replayed.needs_job(later), "who replays it defers its job"


def test_sibling_is_the_same_notice_for_another_channel() -> None:
    client, subject, account = UUID(int=2), UUID(int=3), UUID(int=4)
    first = evolve(queued("security"), to_client=client, subject_id=subject, attempt=3, failures=2)
    later = NOW + timedelta(minutes=1)
    assert first.sibling(UUID(int=9), "sms", account, later) == NoticeDelivery(
        UUID(int=9),
        "new_message",
        "security",
        later,
        later,
        later,
        to_account=account,
        to_client=client,
        subject_id=subject,
        channel="sms",
    )
