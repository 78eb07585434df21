"""Delivers one notice."""

from datetime import datetime
from uuid import UUID

from attrs import frozen

from portal_core.kernel.actor import Actor, SystemActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_system
from portal_core.kernel.errors import StaleVersion
from portal_core.kernel.notices import NOTICE_KINDS, NoticeKind
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.uow import Begin
from portal_core.notifications.audit import delivery_entry
from portal_core.notifications.errors import MailNotSent, MailRefused, MailUncertain
from portal_core.notifications.model import (
    DeliveryOutcome,
    Dropped,
    NoticeDelivery,
    Notification,
    NotSent,
    Refused,
    Sent,
    Uncertain,
)
from portal_core.notifications.outbound import (
    OutboundMessage,
    appointment_time,
    build_message,
    deliveries,
    recipients_for,
)
from portal_core.notifications.ports import (
    CodeRequest,
    CodeSender,
    Mail,
    Mailer,
    NotificationsUnit,
    Recipient,
    SmsMessage,
    SmsSender,
)
from portal_core.notifications.views import DeliveryView


@frozen
class DeliverNotice:
    """Claims a notice, sends it, and stores the outcome. A job.

    The first claim also plans the notice, one delivery for each person and channel: inbox items are added at once, the
    other deliveries become sibling notices. No transaction is open between the claim and the settlement; if the worker
    dies there, `SweepNotices` picks up the notice. A job that runs twice finds nothing to claim. Vendor failures are
    not raised: they are stored, and the notice is retried or given up by the rules of `NoticeDelivery`.

    `worker_name` identifies this process in the row. Without an `sms_sender` no text messages are sent, and people who
    chose only text messages get mail.
    """

    begin: Begin[NotificationsUnit]
    clock: Clock
    ids: IdSource
    mailer: Mailer
    sms_sender: SmsSender | None
    code_sender: CodeSender
    worker_name: str

    async def __call__(self, actor: Actor, notice_id: UUID) -> DeliveryView:
        async with self.begin(actor) as unit:
            by = require_system(actor)
            now = self.clock.now()
            row = await unit.notices.claim(notice_id, self.worker_name, now)
            if row is None:
                return DeliveryView(None)
            row, ready = await self._prepare(unit, row, now)
            if isinstance(ready, DeliveryOutcome):
                settled = row.settled(row.attempt, ready, now)
                await unit.notices.save(settled, delivery_entry(settled))
                return await unit.commit(DeliveryView(settled.state))
            await unit.commit(None)
        return await self._settle(actor, row, await self._send(by, ready))

    async def _prepare(
        self, unit: NotificationsUnit, row: NoticeDelivery, now: datetime
    ) -> tuple[NoticeDelivery, OutboundMessage | DeliveryOutcome]:
        kind = NOTICE_KINDS.get(row.kind)
        if kind is None:
            return row, Refused("unknown_kind")
        if kind.code is not None:
            return row, CodeRequest(row.id, kind.code, row.to_account, row.subject_id)
        at = await appointment_time(unit, row, now) if kind.states_appointment_time else None
        if isinstance(at, Dropped):
            return row, at
        people = await recipients_for(unit, row, kind, now)
        if self.sms_sender is None:
            people = tuple(map(Recipient.without_sms, people))
        if row.channel is None:
            row = await self._plan(unit, row, kind, people, now)
        if row.channel == "in_app":
            return row, Sent()
        person = next((one for one in people if one.account_id == row.to_account), None)
        if row.channel is None or person is None:
            return row, Dropped("nobody_to_tell")
        return row, await build_message(unit, row, kind, person, at, now)

    async def _plan(
        self,
        unit: NotificationsUnit,
        row: NoticeDelivery,
        kind: NoticeKind,
        people: tuple[Recipient, ...],
        now: datetime,
    ) -> NoticeDelivery:
        pairs = deliveries(row, kind, people)
        if not pairs:
            return row
        first, channel = pairs[0]
        planned = row.planned(channel, first.account_id)
        siblings = [
            row.sibling(self.ids.new(), channel, person.account_id, now)
            for person, channel in pairs[1:]
            if channel != "in_app"
        ]
        await unit.notices.save(planned, delivery_entry(planned), *siblings)
        for other in siblings:
            await unit.outbox.defer(DeliverNotice, notice_id=other.id)
        for person, channel in pairs:
            if channel == "in_app" and person.account_id is not None:
                line = Notification(self.ids.new(), person.account_id, row.kind, now, row.to_client, row.subject_id)
                await unit.inbox.add(line, AuditEntry("notification.added", line.id, record=row.to_client))
        return planned

    async def _send(self, by: SystemActor, message: OutboundMessage) -> DeliveryOutcome:
        try:
            match message:
                case Mail():
                    return Sent(await self.mailer.send(message))
                case SmsMessage():
                    assert self.sms_sender is not None, "no text message is planned without a sender"
                    return Sent(await self.sms_sender.send_sms(message))
            return Sent() if await self.code_sender.send_code(by, message) else Dropped("no_longer_true")
        except MailRefused as error:
            return Refused(error.reason)
        except MailNotSent as error:
            return NotSent(error.reason)
        except Exception as error:
            # After any other error the vendor may have sent it.
            return Uncertain(error.reason if isinstance(error, MailUncertain) else type(error).__name__)

    async def _settle(self, actor: Actor, claimed: NoticeDelivery, settlement: DeliveryOutcome) -> DeliveryView:
        while True:
            try:
                async with self.begin(actor) as unit:
                    row = await unit.notices.get(claimed.id)
                    if row is None:
                        return DeliveryView(None)
                    settled = row.settled(claimed.attempt, settlement, self.clock.now())
                    if settled is not row:
                        await unit.notices.save(settled, delivery_entry(settled))
                    return await unit.commit(DeliveryView(settled.state))
            except StaleVersion:
                continue  # a sweep changed the row; settle it again from what is stored now
