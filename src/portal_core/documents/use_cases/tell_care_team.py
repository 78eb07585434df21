"""Tell the practice that a client sent something."""

from uuid import UUID

from attrs import frozen

from portal_core.documents.announcing import tell_care_team
from portal_core.documents.ports import DocumentsUnit
from portal_core.kernel.actor import Actor
from portal_core.kernel.authorization import require_system
from portal_core.kernel.uow import Begin


@frozen
class TellCareTeamCommand:
    """`subject_id`: the document, or the request to amend the record."""

    client_id: UUID
    subject_id: UUID


@frozen
class TellCareTeam:
    """Notifies the clinicians on the client's care team; if nobody of it can sign in, the front desk and the
    administrators. For the job alone, since a client sees no staff.

    Raises:
        Forbidden: the actor is not a job.
    """

    begin: Begin[DocumentsUnit]

    async def __call__(self, actor: Actor, command: TellCareTeamCommand) -> None:
        async with self.begin(actor) as unit:
            require_system(actor)
            await tell_care_team(unit, command.client_id, command.subject_id)
            await unit.commit(None)
