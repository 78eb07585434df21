"""Recognizes kinds of files outside of the event loop."""

from attrs import define, field

from adapters.local.bounded_threads import BoundedThreads
from portal_core.files.content_ports import FileContent, KindRecognizer
from portal_core.files.kinds.kind import FileKind
from portal_core.files.kinds.recognition import recognize


@define
class ThreadedKindRecognizer(KindRecognizer):
    """Recognizes in a few threads, because a large file takes tenths of a second of a core, and a few MiB.

    Raises `Overloaded` when `max_waiting` files wait.
    """

    threads: int = 2
    max_waiting: int = 16
    _threads: BoundedThreads = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._threads = BoundedThreads("kinds", self.threads, self.max_waiting)

    async def recognize(self, content: FileContent) -> FileKind:
        return await self._threads.run(_recognize, content)

    def close(self) -> None:
        """Release the threads."""
        self._threads.close()


def _recognize(content: FileContent) -> FileKind:
    with content.open() as stream:
        return recognize(stream, content.size)
