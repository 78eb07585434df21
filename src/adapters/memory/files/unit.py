"""The memory repositories of files."""

from collections.abc import Callable

from adapters.memory.engine.store import MemoryTransaction, MemoryUnit, repository
from adapters.memory.files.files import MemoryDownloadLinks, MemoryFiles
from portal_core.files.ports import FilesUnit


class MemoryFilesUnit(MemoryUnit):
    """The repositories over one transaction."""

    files = repository(MemoryFiles)
    download_links = repository(MemoryDownloadLinks)


UNIT = MemoryFilesUnit

FILES: Callable[[MemoryTransaction], FilesUnit] = UNIT
