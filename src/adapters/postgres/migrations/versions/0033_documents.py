"""Files, download links and documents."""

from alembic import op

from adapters.postgres.documents.tables import amendment_requests, document_marks, document_versions, documents
from adapters.postgres.files.tables import download_links, files

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in (files, download_links, documents, document_versions, document_marks, amendment_requests):
        table.create(op.get_bind(), checkfirst=True)
