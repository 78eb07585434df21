"""Notice deliveries, and notifications in an account's inbox.

Mail cannot be delivered exactly once: the vendor may have accepted a message while its response was lost. Therefore one
worker claims a notice, sends it at most once per claim, and settles it with the outcome. When the outcome is unknown,
the notice's class decides: security and safety notices are sent again, all others stay uncertain.
"""

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from attrs import evolve, frozen

from portal_core.kernel.notices import Channel, NoticeClass
from portal_core.notifications.errors import NoticeNotReplayable

NoticeState = Literal["queued", "sending", "sent", "dropped", "uncertain", "dead"]
"""`dropped`: no recipient, or no longer true. `dead`: given up. `uncertain`: possibly sent. An operator sees the last
two."""

LEASE_DURATION = timedelta(minutes=5)
"""How long a claim is valid. Longer than any timeout of a mail adapter, so it expires only after a crash."""

JOB_LOST_AFTER = timedelta(minutes=10)
"""A delivery job that has not started within this time is considered lost and is enqueued again."""

MAX_FAILURES = 12
INITIAL_RETRY_DELAY = timedelta(seconds=30)
MAX_RETRY_DELAY = timedelta(hours=1)


@frozen
class Sent:
    """The vendor accepted it; `vendor_message_id` is the vendor's id for it."""

    vendor_message_id: str | None = None


@frozen
class NotSent:
    """Certainly not sent; trying again later is safe."""

    reason: str


@frozen
class Refused:
    """Permanently refused, for example because of a bad address; trying again would not help."""

    reason: str


@frozen
class Uncertain:
    """It is unknown whether it was sent."""

    reason: str


@frozen
class Dropped:
    """There is nothing to send: no recipient, or the notice is no longer true."""

    reason: str


DeliveryOutcome = Sent | NotSent | Refused | Uncertain | Dropped


@frozen
class NoticeDelivery:
    """The delivery of one notice to one person through one channel.

    A new row from a feature's outbox has no channel yet, and may be addressed to several people (`to_client`: the
    client and the proxies with a grant). The first claim plans the delivery: this row becomes the first delivery, and a
    sibling row is added for each of the others. `attempt` counts claims and is never reset, so that a late worker is
    recognized. `failures` counts failures since the notice was queued or replayed. `failure_reason` is a short code for
    the last failure and holds no address. `due_at` is the earliest time of a claim; `enqueued_at` is when a job was
    last deferred for it.
    """

    id: UUID
    kind: str
    notice_class: NoticeClass
    created_at: datetime
    due_at: datetime
    enqueued_at: datetime
    to_account: UUID | None = None
    to_client: UUID | None = None
    subject_id: UUID | None = None
    deduplication_key: str | None = None
    channel: Channel | None = None
    state: NoticeState = "queued"
    attempt: int = 0
    failures: int = 0
    claimed_at: datetime | None = None
    claimed_by: str | None = None
    settled_at: datetime | None = None
    vendor_message_id: str | None = None
    failure_reason: str | None = None
    version: int = 1

    def claimable(self, now: datetime) -> bool:
        """Whether a worker may claim it now."""
        return self.state == "queued" and self.due_at <= now

    def needs_job(self, now: datetime) -> bool:
        """Whether it is due and has no job, or its job was lost."""
        return self.claimable(now) and (self.enqueued_at < self.due_at or self.enqueued_at <= now - JOB_LOST_AFTER)

    def stalled(self, now: datetime) -> bool:
        """Whether its claim has expired, so the worker must have crashed."""
        return self.state == "sending" and self.claimed_at is not None and self.claimed_at <= now - LEASE_DURATION

    def claimed(self, by: str, now: datetime) -> "NoticeDelivery":
        """Claim it for the worker `by`. Only `Notices.claim` calls this; it lets exactly one of many workers win."""
        assert self.claimable(now)
        return evolve(
            self,
            state="sending",
            attempt=self.attempt + 1,
            claimed_at=now,
            claimed_by=by,
            version=self.version + 1,
        )

    def enqueued(self, now: datetime) -> "NoticeDelivery":
        """Record that a job was deferred for it at `now`."""
        return evolve(self, enqueued_at=now, version=self.version + 1)

    def planned(self, channel: Channel, to_account: UUID | None) -> "NoticeDelivery":
        """Set the person and the channel of this delivery."""
        return evolve(self, channel=channel, to_account=to_account, version=self.version + 1)

    def sibling(self, notice_id: UUID, channel: Channel, to_account: UUID | None, now: datetime) -> "NoticeDelivery":
        """Create another delivery of the same notice."""
        return NoticeDelivery(
            notice_id,
            self.kind,
            self.notice_class,
            now,
            now,
            now,
            to_account=to_account,
            to_client=self.to_client,
            subject_id=self.subject_id,
            channel=channel,
        )

    def settled(self, attempt: int, settlement: DeliveryOutcome, now: datetime) -> "NoticeDelivery":
        """Apply the outcome of claim number `attempt`.

        Returns the same row when it was claimed again since, or is settled already. A worker that reports after its
        lease expired may still settle an uncertain notice, and may mark a notice that was queued again as sent.
        """
        late = self.state == "queued" and isinstance(settlement, Sent)
        if attempt != self.attempt or not (late or self.state in ("sending", "uncertain")):
            return self
        match settlement:
            case Sent(vendor_message_id=vendor_message_id):
                return self._closed("sent", None, now, vendor_message_id)
            case Dropped(reason=reason):
                return self._closed("dropped", reason, now)
            case Refused(reason=reason):
                return self._closed("dead", reason, now)
            case NotSent(reason=reason):
                return self._failed(reason, now)
        if self.state == "uncertain":
            return self
        if self.notice_class in ("security", "safety"):
            return self._failed(settlement.reason, now)
        return self._closed("uncertain", settlement.reason, now)

    def replayed(self, now: datetime) -> "NoticeDelivery":
        """Queue it again for an operator, with its failure count reset.

        Raises:
            NoticeNotReplayable: it is neither dead nor uncertain.
        """
        if self.state not in ("dead", "uncertain"):
            raise NoticeNotReplayable
        return evolve(
            self, state="queued", failures=0, due_at=now, enqueued_at=now, settled_at=None, version=self.version + 1
        )

    def _failed(self, reason: str, now: datetime) -> "NoticeDelivery":
        failures = self.failures + 1
        if failures >= MAX_FAILURES:
            return evolve(self._closed("dead", reason, now), failures=failures)
        return evolve(
            self,
            state="queued",
            failures=failures,
            due_at=now + retry_delay(failures),
            failure_reason=reason,
            version=self.version + 1,
        )

    def _closed(
        self, state: NoticeState, failure_reason: str | None, now: datetime, vendor_message_id: str | None = None
    ) -> "NoticeDelivery":
        return evolve(
            self,
            state=state,
            failure_reason=failure_reason,
            vendor_message_id=vendor_message_id,
            settled_at=now,
            version=self.version + 1,
        )


def retry_delay(failures: int) -> timedelta:
    """Return the wait after `failures` failures in a row: doubles from 30 seconds, up to one hour."""
    return min(INITIAL_RETRY_DELAY * (1 << (failures - 1)), MAX_RETRY_DELAY)


@frozen
class Notification:
    """An item in an account's inbox. `client_id` is the record it concerns; None if it concerns the account itself."""

    id: UUID
    account_id: UUID
    kind: str
    created_at: datetime
    client_id: UUID | None = None
    subject_id: UUID | None = None
    read_at: datetime | None = None
