"""Events about appointments that other features react to."""

from uuid import UUID

from attrs import frozen

from portal_core.kernel.outbox import Event


@frozen
class ClientReassigned(Event):
    """A clinician took over a client's appointments from a colleague."""

    client_id: UUID
    clinician_id: UUID
