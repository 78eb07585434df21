"""Record a request that was refused before a use case was called, or before it began."""

from attrs import frozen

from portal_core.accounts.ports import SignInUnit
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.uow import Begin


@frozen
class RecordRefusalCommand:
    """`code` is that of the error, `operation` what was asked for."""

    code: str
    operation: str


@frozen
class RecordRefusal:
    """Writes an audit entry about a limit that was met, or a request that another site may have forged."""

    begin: Begin[SignInUnit]

    async def __call__(self, actor: Actor, command: RecordRefusalCommand) -> None:
        async with self.begin(actor) as unit:
            facts = {"code": command.code, "operation": command.operation}
            await unit.audit.record(AuditEntry("request.refused", outcome="denied", facts=facts))
            await unit.commit(None)
