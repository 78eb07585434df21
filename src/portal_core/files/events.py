"""Events about files that the features that have files react to."""

from uuid import UUID

from attrs import frozen

from portal_core.kernel.outbox import Event


@frozen
class FileAccepted(Event):
    """A file was found clean: it can be read from now on."""

    client_id: UUID
    file_id: UUID


@frozen
class FileRefused(Event):
    """Malware was found in a file. Its content is deleted, and nobody can read it."""

    client_id: UUID
    file_id: UUID


@frozen
class FileDownloaded(Event):
    """A client or proxy downloaded a file by a link, which had not been used before."""

    client_id: UUID
    file_id: UUID
    account_id: UUID
