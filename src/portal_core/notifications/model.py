"""A notice on its way out, and a notification in somebody's inbox.

Mail has no exactly-once: the vendor may have taken a message and not been able to say so. A notice is therefore
claimed by one worker, sent at most once for a claim, and settled by what is known afterwards. When nothing is known
it is uncertain, and its class decides: what protects somebody is sent again, what would only annoy twice is not.
"""

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from attrs import evolve, frozen

from portal_core.kernel.notices import Channel, NoticeClass
from portal_core.notifications.errors import NoticeNotReplayable

NoticeState = Literal["queued", "sending", "sent", "dropped", "uncertain", "dead"]
"""`dropped`: nobody to tell, or no longer true. `dead`: given up; `uncertain`: perhaps sent. An operator sees both."""

LEASE_DURATION = timedelta(minutes=5)
"""How long a claim may take. Longer than every timeout of a mail adapter, so that it runs out only after a crash."""

JOB_LOST_AFTER = timedelta(minutes=10)
"""A job handed to the workers and not begun by then is taken for lost, and another is handed over."""

MAX_FAILURES = 12
INITIAL_RETRY_DELAY = timedelta(seconds=30)
MAX_RETRY_DELAY = timedelta(hours=1)


@frozen
class Sent:
    """The vendor took it; `vendor_message_id` is the vendor's name for it."""

    vendor_message_id: str | None = None


@frozen
class NotSent:
    """Surely not sent; trying again later is safe."""

    reason: str


@frozen
class Refused:
    """Surely not sent, and never will be as it stands: a bad address, for one."""

    reason: str


@frozen
class Uncertain:
    """Nobody knows whether it was sent."""

    reason: str


@frozen
class Dropped:
    """There is nothing to send after all."""

    reason: str


DeliveryOutcome = Sent | NotSent | Refused | Uncertain | Dropped


@frozen
class NoticeDelivery:
    """One notice, by one channel, to one person.

    As a feature's outbox writes it the channel is None and the person may stand for several (`to_client`: the client
    and those who hold a grant). The first claim plans: this row becomes the first delivery, the others are added
    beside it. `attempt` counts claims and is never set back, so that a worker that comes late is known; `failures`
    counts since it was queued or replayed. `failure_reason` is a short code of the last failure and holds no address.
    `due_at` is the earliest time of a claim; `enqueued_at` when a job was last deferred for it.
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
        """Whether a worker may take it now."""
        return self.state == "queued" and self.due_at <= now

    def needs_job(self, now: datetime) -> bool:
        """Whether it is due and no job has been handed over for it, or the job was lost."""
        return self.claimable(now) and (self.enqueued_at < self.due_at or self.enqueued_at <= now - JOB_LOST_AFTER)

    def stalled(self, now: datetime) -> bool:
        """Whether its worker is gone."""
        return self.state == "sending" and self.claimed_at is not None and self.claimed_at <= now - LEASE_DURATION

    def claimed(self, by: str, now: datetime) -> "NoticeDelivery":
        """Taken by a worker. Only `Notices.claim` calls this, where one of many workers gets it."""
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
        """A job was deferred for it."""
        return evolve(self, enqueued_at=now, version=self.version + 1)

    def planned(self, channel: Channel, to_account: UUID | None) -> "NoticeDelivery":
        """It goes to this person by this channel."""
        return evolve(self, channel=channel, to_account=to_account, version=self.version + 1)

    def sibling(self, notice_id: UUID, channel: Channel, to_account: UUID | None, now: datetime) -> "NoticeDelivery":
        """Another delivery of the same notice."""
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
        """What became of claim number `attempt`.

        The same row when another claim was made since, or it is settled. A worker that comes after its lease may
        still say what became of an uncertain notice, and that one which was queued again need not be sent.
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
        """Queued again by an operator, with all its tries.

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
    """The wait after that many failures in a row: doubling from half a minute, an hour at most."""
    return min(INITIAL_RETRY_DELAY * (1 << (failures - 1)), MAX_RETRY_DELAY)


@frozen
class Notification:
    """A line in the inbox of an account. `client_id` is the record it concerns, None for the account itself."""

    id: UUID
    account_id: UUID
    kind: str
    created_at: datetime
    client_id: UUID | None = None
    subject_id: UUID | None = None
    read_at: datetime | None = None
