"""Each feature's settings of a practice get a table of their own, and leave the practices' table.

Keys get the names that the core uses now. A section without values becomes no row: the practice has the defaults.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

SECTIONS = {
    "accounts": "account_settings",
    "oidc": "oidc_settings",
    "appointments": "appointment_settings",
    "notifications": "branding_settings",
}

RENAMED_KEYS = (
    ("appointment_settings", "late_fee", "late_cancel_fee"),
    ("appointment_settings", "hold_for", "hold_duration"),
    ("appointment_settings", "holds_per_client", "max_holds_per_client"),
    ("appointment_settings", "requests_per_client", "max_requests_per_client"),
    ("appointment_settings", "waitlist_per_client", "max_waitlist_entries_per_client"),
    ("appointment_settings", "offer_for", "offer_duration"),
    ("account_settings", "idle_for", "idle_timeout"),
    ("account_settings", "session_for", "session_lifetime"),
    ("account_settings", "access_for", "access_token_lifetime"),
    ("account_settings", "clients_need_second_factor", "client_second_factor_required"),
)
_LABEL = "[a-z0-9]([a-z0-9-]*[a-z0-9])?"
_HTTPS_URL = f"'^https://({_LABEL}\\.)*{_LABEL}(:([1-9][0-9]{{0,3}}|[1-5][0-9]{{4}}))?([/?#][!-~]*)?$'"
# What the sections took and the settings refuse: an issuer that is incomplete, or whose addresses are not https; empty
# texts, which stood for the defaults; a portal address that leads nowhere. The defaults take their place.
REFUSED = (
    "DELETE FROM portal.oidc_settings WHERE NOT values ?& ARRAY['issuer', 'audience', 'jwks_url']"
    f" OR values ->> 'issuer' !~* {_HTTPS_URL} OR values ->> 'jwks_url' !~* {_HTTPS_URL}"
    " OR values ->> 'audience' !~ '^[!-~]+$'",
    "UPDATE portal.branding_settings SET values = values - 'neutral_name' WHERE values ->> 'neutral_name' = ''",
    "UPDATE portal.branding_settings SET values = values - 'portal_url'"
    f" WHERE values ->> 'portal_url' !~* {_HTTPS_URL}",
)


def upgrade() -> None:
    for section, table in SECTIONS.items():
        op.create_table(
            table,
            sa.Column("practice_id", postgresql.UUID(as_uuid=True), nullable=False),
            sa.Column("values", postgresql.JSONB(), nullable=False),
            sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
            sa.PrimaryKeyConstraint("practice_id", name=f"{table}_pkey"),
            schema="portal",
        )
        op.execute(
            f"INSERT INTO portal.{table} (practice_id, values) SELECT id, settings -> '{section}' FROM portal.practices"
            f" WHERE jsonb_typeof(settings -> '{section}') = 'object' AND settings -> '{section}' <> '{{}}'"
        )
    for table, before, after in RENAMED_KEYS:
        renamed = f"values - '{before}' || jsonb_build_object('{after}', values -> '{before}')"
        op.execute(f"UPDATE portal.{table} SET values = {renamed} WHERE values ? '{before}'")
    for statement in REFUSED:
        op.execute(statement)
    # It is made again, with another result.
    op.execute("DROP FUNCTION IF EXISTS portal.signed_in")
    op.execute("ALTER TABLE portal.practices DROP COLUMN settings")
