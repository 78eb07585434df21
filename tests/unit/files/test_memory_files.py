"""The memory adapters fulfill the contracts of files."""

from tests.support.contracts.files.files import DownloadLinksContract, FilesContract


class TestMemoryFiles(FilesContract): ...


class TestMemoryDownloadLinks(DownloadLinksContract): ...
