"""Delivers one notice, by the one worker that gets it."""

from datetime import datetime
from uuid import UUID

from attrs import frozen

from portal_core.kernel.access import system
from portal_core.kernel.actor import Actor, SystemActor
from portal_core.kernel.audit import Audited
from portal_core.kernel.errors import StaleVersion
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.uow import Begin
from portal_core.notifications.audit_entries import told
from portal_core.notifications.catalogue import CATALOGUE, Kind
from portal_core.notifications.deliveries import Parcel, deliveries, pack, recipients_of, time_named
from portal_core.notifications.errors import MailNotSent, MailRefused, MailUncertain
from portal_core.notifications.model import (
    Dropped,
    NoticeRow,
    Notification,
    NotSent,
    Refused,
    Sent,
    Settlement,
    Unclear,
)
from portal_core.notifications.ports import (
    CodeOrder,
    CodeSender,
    Mail,
    Mailer,
    NotificationsUnit,
    Recipient,
    Text,
    Texter,
)
from portal_core.notifications.views import DeliveryView


@frozen
class DeliverNoticeCommand:
    notice_id: UUID


@frozen
class DeliverNotice:
    """Claims a notice, sends it, and writes down what became of it. A job.

    The first claim also plans: one delivery for each person and channel, the lines of the inbox at once, the rest as
    notices of their own beside this one. Between the claim and the settlement no transaction is open; a worker that
    dies there leaves the notice for `SweepNotices`. A job that runs twice finds nothing to claim. No failure of a
    vendor is raised: it is written down, and tried again or given up by the rules of `NoticeRow`.

    `worker_name` names this process in the row. Without a `texter` nobody is told by text, and whoever chose nothing
    else is told by mail.
    """

    begin: Begin[NotificationsUnit]
    clock: Clock
    ids: IdSource
    mailer: Mailer
    texter: Texter | None
    code_sender: CodeSender
    worker_name: str

    async def __call__(self, actor: Actor, command: DeliverNoticeCommand) -> DeliveryView:
        async with self.begin(actor) as unit:
            by = system(actor)
            now = self.clock.now()
            row = await unit.notices.claim(command.notice_id, self.worker_name, now)
            if row is None:
                return DeliveryView(None)
            row, ready = await self._prepare(unit, row, now)
            if isinstance(ready, Settlement):
                settled = row.settled(row.attempt, ready, now)
                await unit.notices.save(settled, told(settled))
                return await unit.commit(DeliveryView(settled.state))
            await unit.commit(None)
        return await self._settle(actor, row, await self._send(by, ready))

    async def _prepare(
        self, unit: NotificationsUnit, row: NoticeRow, now: datetime
    ) -> tuple[NoticeRow, Parcel | Settlement]:
        kind = CATALOGUE.get(row.kind)
        if kind is None:
            return row, Refused("unknown_kind")
        if kind.code is not None:
            return row, CodeOrder(row.id, kind.code, row.to_account, row.about)
        at = await time_named(unit, row, now) if kind.timed else None
        if isinstance(at, Dropped):
            return row, at
        people = await recipients_of(unit, row, kind)
        if self.texter is None:
            people = tuple(map(Recipient.untexted, people))
        if row.channel is None:
            row = await self._plan(unit, row, kind, people, now)
        if row.channel == "in_app":
            return row, Sent()
        person = next((one for one in people if one.account_id == row.to_account), None)
        if row.channel is None or person is None:
            return row, Dropped("nobody_to_tell")
        return row, await pack(unit, row, kind, person, at)

    async def _plan(
        self, unit: NotificationsUnit, row: NoticeRow, kind: Kind, people: tuple[Recipient, ...], now: datetime
    ) -> NoticeRow:
        pairs = deliveries(row, kind, people)
        if not pairs:
            return row
        first, channel = pairs[0]
        planned = row.planned(channel, first.account_id)
        beside = [
            row.beside(self.ids.new(), channel, person.account_id, now)
            for person, channel in pairs[1:]
            if channel != "in_app"
        ]
        await unit.notices.save(planned, told(planned), *beside)
        for other in beside:
            await unit.outbox.defer("deliver_notice", notice_id=other.id)
        for person, channel in pairs:
            if channel == "in_app" and person.account_id is not None:
                line = Notification(self.ids.new(), person.account_id, row.kind, now, row.to_client, row.about)
                await unit.inbox.add(line, Audited("notification.added", line.id, record=row.to_client))
        return planned

    async def _send(self, by: SystemActor, parcel: Parcel) -> Settlement:
        try:
            match parcel:
                case Mail():
                    return Sent(await self.mailer.send(parcel))
                case Text():
                    assert self.texter is not None, "without one nobody is texted"
                    return Sent(await self.texter.send_text(parcel))
            return Sent() if await self.code_sender.send_code(by, parcel) else Dropped("no_longer_true")
        except MailRefused as error:
            return Refused(error.reason)
        except MailNotSent as error:
            return NotSent(error.reason)
        except Exception as error:
            # Whatever else went wrong, the vendor may have sent it.
            return Unclear(error.reason if isinstance(error, MailUncertain) else type(error).__name__)

    async def _settle(self, actor: Actor, claimed: NoticeRow, settlement: Settlement) -> DeliveryView:
        while True:
            try:
                async with self.begin(actor) as unit:
                    row = await unit.notices.get(claimed.id)
                    if row is None:
                        return DeliveryView(None)
                    settled = row.settled(claimed.attempt, settlement, self.clock.now())
                    if settled is not row:
                        await unit.notices.save(settled, told(settled))
                    return await unit.commit(DeliveryView(settled.state))
            except StaleVersion:
                continue  # the sweep came between; what it wrote decides what is left to say
