"""A fake vendor of mail, text messages and codes, with behavior and crash points that a test can set."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Literal
from uuid import UUID

from attrs import define, field, frozen

from portal_core.kernel.actor import Actor, SystemActor
from portal_core.kernel.uow import Begin
from portal_core.notifications.errors import MailNotSent, MailRefused
from portal_core.notifications.ports import CodeRequest, CodeSender, Mail, Mailer, SmsMessage, SmsSender

DeliveryBehavior = Literal["accepts", "rejects", "is_unavailable", "accepts_then_fails", "dies", "has_no_code"]
"""`takes_and_fails`: the mail is accepted, but the response is an inconclusive error."""


class ProcessKilled(BaseException):
    """The process died. A BaseException, so that no error handling catches it."""


@define
class CrashPoint:
    """Kills at the step of that number, counted from 1; never, when there are fewer. `passed` names the steps."""

    at: int = 0
    passed: list[str] = field(factory=list)

    def step(self, name: str) -> None:
        self.passed.append(name)
        if len(self.passed) == self.at:
            raise ProcessKilled(name)

    @property
    def fired(self) -> bool:
        return 0 < self.at <= len(self.passed)


@define
class FakeDelivery(Mailer, SmsSender, CodeSender):
    """Keeps what it took. Its id of a thing is its place in the list."""

    behavior: DeliveryBehavior = "accepts"
    crash_point: CrashPoint = field(factory=CrashPoint)
    taken: list[Mail | SmsMessage | CodeRequest] = field(factory=list)

    async def send(self, mail: Mail) -> str:
        return self._take(mail)

    async def send_sms(self, text: SmsMessage) -> str:
        return self._take(text)

    async def send_code(self, actor: SystemActor, order: CodeRequest) -> bool:
        if self.behavior == "has_no_code":
            return False
        self._take(order)
        return True

    def of(self, notice_id: UUID) -> list[Mail | SmsMessage | CodeRequest]:
        return [one for one in self.taken if one.key == notice_id]

    def _take(self, thing: Mail | SmsMessage | CodeRequest) -> str:
        self.crash_point.step("before the vendor takes it")
        match self.behavior:
            case "rejects":
                raise MailRefused("bad_address")
            case "is_unavailable":
                raise MailNotSent("no_connection")
            case "dies":
                raise ProcessKilled("with the vendor")
        self.taken.append(thing)
        self.crash_point.step("after the vendor took it")
        if self.behavior == "accepts_then_fails":
            raise RuntimeError("no answer")
        return str(len(self.taken))


@frozen
class TrippingBegin:
    """Units in which every call, and the commit, has a step before and a step after."""

    begin: Begin[Any]
    crash_point: CrashPoint

    @asynccontextmanager
    async def __call__(self, actor: Actor) -> AsyncIterator[Any]:
        self.crash_point.step("begin")
        async with self.begin(actor) as unit:
            yield _CrashingProxy(unit, self.crash_point, "unit")


@frozen
class _CrashingProxy:
    wrapped: Any
    crash_point: CrashPoint
    name: str

    def __getattr__(self, name: str) -> Any:
        found, called = getattr(self.wrapped, name), f"{self.name}.{name}"
        return self._wrap_call(found, called) if callable(found) else _CrashingProxy(found, self.crash_point, called)

    def _wrap_call(self, method: Callable[..., Any], called: str) -> Callable[..., Any]:
        async def call(*args: Any, **kwargs: Any) -> Any:
            self.crash_point.step(f"before {called}")
            result = await method(*args, **kwargs)
            self.crash_point.step(f"after {called}")
            return result

        return call
