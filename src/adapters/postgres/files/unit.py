"""The PostgreSQL repositories of files."""

from collections.abc import Callable

from adapters.postgres.engine.base_unit import PostgresUnit, repository
from adapters.postgres.engine.transaction import Transaction
from adapters.postgres.files.download_links import PostgresDownloadLinks
from adapters.postgres.files.files import PostgresFiles
from portal_core.files.ports import FilesUnit


class PostgresFilesUnit(PostgresUnit):
    """The repositories over one transaction."""

    files = repository(PostgresFiles)
    download_links = repository(PostgresDownloadLinks)


UNIT = PostgresFilesUnit

FILES: Callable[[Transaction], FilesUnit] = UNIT
