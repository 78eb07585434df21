"""Errors of files."""

from portal_core.kernel.errors import Conflict, Invalid


class FileRejected(Invalid):
    """The content is not taken. The subclasses say why; nothing of it is kept."""

    code = "file_rejected"
    title = "This file cannot be taken."


class KindNotAllowed(FileRejected):
    """The content is none of the kinds that are taken, whatever its name says; or it is damaged or has macros."""

    code = "file_kind_not_allowed"
    title = "This kind of file is not taken. Send a JPEG, PNG, GIF, WebP or HEIC image, a PDF, a DOCX or plain text."


class ExpandsTooMuch(FileRejected):
    """The content is compressed and expands beyond 100 MB, or to more than 100 times its size."""

    code = "file_expands_too_much"
    title = "This file expands to far more than its size. Save it again without compression, or send it as a PDF."


class FileTooLarge(FileRejected):
    """The content is larger than the limit, which `detail` states."""

    code = "file_too_large"
    title = "This file is too large. Send a smaller one."


class ContentExists(Conflict):
    """The content was already received. A changed file is a new version, or a new file."""

    code = "content_exists"
    title = "The content of this file was already received. Send a changed file as a new one."


class FileNotAvailable(Conflict):
    """The content cannot be read: it has not arrived, is still being checked, or was refused."""

    code = "file_not_available"
    title = "This file cannot be opened: it is still being checked, or it was refused. Try again in a minute."
