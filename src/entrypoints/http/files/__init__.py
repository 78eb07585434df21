"""HTTP controllers of files."""

from litestar import Controller

from entrypoints.http.files.downloads import DownloadsController

PORTAL: tuple[type[Controller], ...] = (DownloadsController,)
