"""Files, download links, documents, and requests to amend records."""

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE portal.files (
          practice_id UUID NOT NULL,
          client_id UUID NOT NULL,
          id UUID NOT NULL,
          name BYTEA,
          added_by UUID,
          added_at TIMESTAMP WITH TIME ZONE NOT NULL,
          state TEXT NOT NULL,
          object_id UUID,
          content_key BYTEA,
          received_at TIMESTAMP WITH TIME ZONE,
          kind TEXT,
          size INTEGER,
          sha256 BYTEA,
          checks INTEGER NOT NULL,
          check_at TIMESTAMP WITH TIME ZONE,
          version INTEGER DEFAULT 1 NOT NULL,
          CONSTRAINT files_pkey PRIMARY KEY (practice_id, client_id, id),
          CONSTRAINT files_client_fkey FOREIGN KEY(practice_id, client_id)
            REFERENCES portal.clients (practice_id, id),
          CONSTRAINT files_state_check
            CHECK (state IN ('awaiting_content', 'quarantined', 'clean', 'infected', 'erased')),
          CONSTRAINT files_content_check
            CHECK (state NOT IN ('quarantined', 'clean') OR num_nulls(object_id, content_key, size) = 0)
        )
        """
    )
    op.execute(
        """
        CREATE INDEX files_check_idx ON portal.files (practice_id, check_at) WHERE state = 'quarantined'
        """
    )
    op.execute(
        """
        CREATE INDEX files_discarded_idx ON portal.files (practice_id, id)
          WHERE object_id IS NOT NULL AND state IN ('awaiting_content', 'infected', 'erased')
        """
    )
    op.execute(
        """
        CREATE TABLE portal.download_links (
          practice_id UUID NOT NULL,
          client_id UUID NOT NULL,
          id UUID NOT NULL,
          account_id UUID NOT NULL,
          session_id UUID,
          grant_id UUID,
          file_id UUID NOT NULL,
          token_hash BYTEA NOT NULL,
          in_page BOOLEAN NOT NULL,
          expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
          first_used_at TIMESTAMP WITH TIME ZONE,
          CONSTRAINT download_links_pkey PRIMARY KEY (practice_id, client_id, id),
          CONSTRAINT download_links_file_fkey FOREIGN KEY(practice_id, client_id, file_id)
            REFERENCES portal.files (practice_id, client_id, id)
        )
        """
    )
    op.execute(
        """
        CREATE UNIQUE INDEX download_links_hash_key ON portal.download_links (token_hash)
        """
    )
    op.execute(
        """
        CREATE INDEX download_links_practice_id_client_id_file_id_idx
          ON portal.download_links (practice_id, client_id, file_id)
        """
    )
    op.execute(
        """
        CREATE INDEX download_links_practice_id_expires_at_idx ON portal.download_links (practice_id, expires_at)
        """
    )
    op.execute(
        """
        CREATE TABLE portal.documents (
          practice_id UUID NOT NULL,
          client_id UUID NOT NULL,
          id UUID NOT NULL,
          category TEXT NOT NULL,
          title BYTEA,
          origin TEXT NOT NULL,
          added_by UUID,
          added_at TIMESTAMP WITH TIME ZONE NOT NULL,
          listed_at TIMESTAMP WITH TIME ZONE NOT NULL,
          sensitive BOOLEAN NOT NULL,
          source TEXT,
          shared_at TIMESTAMP WITH TIME ZONE,
          expires_at TIMESTAMP WITH TIME ZONE,
          revoked_at TIMESTAMP WITH TIME ZONE,
          versions INTEGER NOT NULL,
          withheld_basis TEXT,
          withheld_reason BYTEA,
          withheld_by UUID,
          withheld_at TIMESTAMP WITH TIME ZONE,
          review_requested_at TIMESTAMP WITH TIME ZONE,
          reviewed_by UUID,
          reviewed_at TIMESTAMP WITH TIME ZONE,
          version INTEGER DEFAULT 1 NOT NULL,
          CONSTRAINT documents_pkey PRIMARY KEY (practice_id, client_id, id),
          CONSTRAINT documents_client_fkey FOREIGN KEY(practice_id, client_id)
            REFERENCES portal.clients (practice_id, id),
          CONSTRAINT documents_category_check CHECK (category <> 'psychotherapy_notes'),
          CONSTRAINT documents_origin_check CHECK (origin IN ('practice', 'client')),
          CONSTRAINT documents_withheld_check CHECK (num_nulls(withheld_basis, withheld_by, withheld_at) IN (0, 3))
        )
        """
    )
    op.execute(
        """
        CREATE INDEX documents_practice_id_client_id_listed_at_id_idx
          ON portal.documents (practice_id, client_id, listed_at, id)
        """
    )
    op.execute(
        """
        CREATE UNIQUE INDEX documents_source_key ON portal.documents (practice_id, source)
        """
    )
    op.execute(
        """
        CREATE INDEX documents_uploads_idx ON portal.documents (practice_id, id) WHERE origin = 'client'
        """
    )
    op.execute(
        """
        CREATE TABLE portal.document_versions (
          practice_id UUID NOT NULL,
          client_id UUID NOT NULL,
          id UUID NOT NULL,
          document_id UUID NOT NULL,
          number INTEGER NOT NULL,
          file_id UUID NOT NULL,
          added_by UUID,
          added_at TIMESTAMP WITH TIME ZONE NOT NULL,
          CONSTRAINT document_versions_pkey PRIMARY KEY (practice_id, client_id, id),
          CONSTRAINT document_versions_document_fkey FOREIGN KEY(practice_id, client_id, document_id)
            REFERENCES portal.documents (practice_id, client_id, id),
          CONSTRAINT document_versions_file_fkey FOREIGN KEY(practice_id, client_id, file_id)
            REFERENCES portal.files (practice_id, client_id, id)
        )
        """
    )
    op.execute(
        """
        CREATE UNIQUE INDEX document_versions_file_key ON portal.document_versions (practice_id, client_id, file_id)
        """
    )
    op.execute(
        """
        CREATE UNIQUE INDEX document_versions_number_key
          ON portal.document_versions (practice_id, client_id, document_id, number)
        """
    )
    op.execute(
        """
        CREATE TABLE portal.document_marks (
          practice_id UUID NOT NULL,
          client_id UUID NOT NULL,
          document_id UUID NOT NULL,
          account_id UUID NOT NULL,
          viewed_at TIMESTAMP WITH TIME ZONE NOT NULL,
          downloaded_at TIMESTAMP WITH TIME ZONE,
          CONSTRAINT document_marks_pkey PRIMARY KEY (practice_id, client_id, document_id, account_id),
          CONSTRAINT document_marks_document_fkey FOREIGN KEY(practice_id, client_id, document_id)
            REFERENCES portal.documents (practice_id, client_id, id)
        )
        """
    )
    op.execute(
        """
        CREATE TABLE portal.amendment_requests (
          practice_id UUID NOT NULL,
          client_id UUID NOT NULL,
          id UUID NOT NULL,
          document_id UUID,
          statement BYTEA,
          reason BYTEA,
          requested_by UUID NOT NULL,
          requested_at TIMESTAMP WITH TIME ZONE NOT NULL,
          due_at TIMESTAMP WITH TIME ZONE NOT NULL,
          state TEXT NOT NULL,
          extension_reason BYTEA,
          extended_at TIMESTAMP WITH TIME ZONE,
          denial_basis TEXT,
          answer BYTEA,
          decided_by UUID,
          decided_at TIMESTAMP WITH TIME ZONE,
          disagreement BYTEA,
          disagreed_at TIMESTAMP WITH TIME ZONE,
          rebuttal BYTEA,
          rebutted_at TIMESTAMP WITH TIME ZONE,
          version INTEGER DEFAULT 1 NOT NULL,
          CONSTRAINT amendment_requests_pkey PRIMARY KEY (practice_id, client_id, id),
          CONSTRAINT amendment_requests_client_fkey FOREIGN KEY(practice_id, client_id)
            REFERENCES portal.clients (practice_id, id),
          CONSTRAINT amendment_requests_document_fkey FOREIGN KEY(practice_id, client_id, document_id)
            REFERENCES portal.documents (practice_id, client_id, id),
          CONSTRAINT amendment_requests_state_check CHECK (state IN ('requested', 'accepted', 'denied', 'withdrawn')),
          CONSTRAINT amendment_requests_denial_check CHECK ((state = 'denied') = (denial_basis IS NOT NULL))
        )
        """
    )
    op.execute(
        """
        CREATE INDEX amendment_requests_due_idx ON portal.amendment_requests (practice_id, due_at, id)
          WHERE state = 'requested'
        """
    )
