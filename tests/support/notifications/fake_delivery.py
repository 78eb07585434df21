"""A vendor of mail, texts and codes that does what a test tells it, and dies where a test wants it to."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Literal
from uuid import UUID

from attrs import define, field, frozen

from portal_core.kernel.actor import Actor, SystemActor
from portal_core.kernel.uow import Begin
from portal_core.notifications.errors import MailNotSent, MailRefused
from portal_core.notifications.ports import CodeOrder, CodeSender, Mail, Mailer, Text, Texter

Mood = Literal["takes", "refuses", "is_away", "takes_and_fails", "dies", "has_nothing"]
"""`takes_and_fails`: the mail is on its way, and the answer is an error that says nothing."""


class Killed(BaseException):
    """The process is gone: nothing that catches errors may catch it."""


@define
class Tripwire:
    """Kills at the step of that number, counted from 1; never, when there are fewer. `passed` names the steps."""

    at: int = 0
    passed: list[str] = field(factory=list)

    def step(self, name: str) -> None:
        self.passed.append(name)
        if len(self.passed) == self.at:
            raise Killed(name)

    @property
    def tripped(self) -> bool:
        return 0 < self.at <= len(self.passed)


@define
class Post(Mailer, Texter, CodeSender):
    """Keeps what it took. Its id of a thing is its place in the list."""

    mood: Mood = "takes"
    wire: Tripwire = field(factory=Tripwire)
    taken: list[Mail | Text | CodeOrder] = field(factory=list)

    async def send(self, mail: Mail) -> str:
        return self._take(mail)

    async def send_text(self, text: Text) -> str:
        return self._take(text)

    async def send_code(self, actor: SystemActor, order: CodeOrder) -> bool:
        if self.mood == "has_nothing":
            return False
        self._take(order)
        return True

    def of(self, notice_id: UUID) -> list[Mail | Text | CodeOrder]:
        return [one for one in self.taken if one.key == notice_id]

    def _take(self, thing: Mail | Text | CodeOrder) -> str:
        self.wire.step("before the vendor takes it")
        match self.mood:
            case "refuses":
                raise MailRefused("bad_address")
            case "is_away":
                raise MailNotSent("no_connection")
            case "dies":
                raise Killed("with the vendor")
        self.taken.append(thing)
        self.wire.step("after the vendor took it")
        if self.mood == "takes_and_fails":
            raise RuntimeError("no answer")
        return str(len(self.taken))


@frozen
class TrippingBegin:
    """Units in which every call, and the commit, has a step before and a step after."""

    begin: Begin[Any]
    wire: Tripwire

    @asynccontextmanager
    async def __call__(self, actor: Actor) -> AsyncIterator[Any]:
        self.wire.step("begin")
        async with self.begin(actor) as unit:
            yield _Tripping(unit, self.wire, "unit")


@frozen
class _Tripping:
    wrapped: Any
    wire: Tripwire
    name: str

    def __getattr__(self, name: str) -> Any:
        found, called = getattr(self.wrapped, name), f"{self.name}.{name}"
        return self._tripping(found, called) if callable(found) else _Tripping(found, self.wire, called)

    def _tripping(self, method: Callable[..., Any], called: str) -> Callable[..., Any]:
        async def call(*args: Any, **kwargs: Any) -> Any:
            self.wire.step(f"before {called}")
            result = await method(*args, **kwargs)
            self.wire.step(f"after {called}")
            return result

        return call
