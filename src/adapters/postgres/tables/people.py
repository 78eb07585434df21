"""Practices and their people: clients, clinicians, staff, invitations, proxies' grants, changes of email."""

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, PrimaryKeyConstraint, Table, Text, text

from adapters.postgres.tables.base import (
    account_table,
    client_table,
    day,
    digest,
    document,
    flag,
    instant,
    metadata,
    number,
    practice_table,
    sealed,
    texts,
    uuid,
    version,
    words,
)

_PRACTICE_WIDE = "practice_id = {practice} AND {reach} = 'practice'"
_NOT_PORTAL_USERS = "practice_id = {practice} AND {reach} IN ('practice', 'visitor')"

practices = Table(
    "practices",
    metadata,
    uuid("id"),
    words("slug"),
    words("name"),
    words("zone"),
    words("state", null=True),
    texts("hosts"),
    # One section for each feature, named as the feature.
    document("settings"),
    instant("created_at"),
    version(),
    PrimaryKeyConstraint("id"),
    Index("practices_slug_key", "slug", unique=True),
    # A practice is its own practice, and only its staff change it.
    info={
        "reach": "practice",
        "visible": "id = {practice}",
        "adding": "id = {practice} AND {reach} = 'practice'",
    },
)

# Beside `practices.hosts`, for its key: a host name leads to one practice of the deployment.
practice_hosts = practice_table(
    "practice_hosts",
    words("host"),
    PrimaryKeyConstraint("host"),
    ForeignKeyConstraint(["practice_id"], ["portal.practices.id"], name="practice_hosts_practice_fkey"),
    Index(None, "practice_id"),
)
practice_hosts.info["adding"] = _PRACTICE_WIDE

clients = Table(
    "clients",
    metadata,
    uuid("practice_id"),
    uuid("id"),
    words("external_id", null=True),
    words("given_name"),
    words("family_name"),
    words("chosen_name", null=True),
    words("pronouns", null=True),
    # "family given", folded, in byte order: for pages by name and searches by its beginning.
    Column("sort_name", Text(collation="C"), nullable=False),
    day("born"),
    words("email", null=True),
    words("email_key", null=True),
    words("phone", null=True),
    sealed("address"),
    words("zone", null=True),
    words("language", null=True),
    words("state", null=True),
    words("status"),
    instant("created_at"),
    version(),
    PrimaryKeyConstraint("practice_id", "id"),
    ForeignKeyConstraint(["practice_id"], ["portal.practices.id"], name="clients_practice_fkey"),
    CheckConstraint("status IN ('active', 'discharged')", "status"),
    Index("clients_external_id_key", "practice_id", "external_id", unique=True),
    Index(None, "practice_id", "email_key"),
    Index(None, "practice_id", "sort_name", "id"),
    # A proxy sees whom they may act for before they name one; they change the record that they act on only.
    info={
        "reach": "client",
        "visible": (
            "practice_id = {practice} AND (id = {client} OR {reach} = 'practice' OR ({reach} = 'record' AND id IN "
            "(SELECT g.client_id FROM portal.grants AS g WHERE g.practice_id = {practice} AND g.account_id = {account} "
            "AND g.revoked_at IS NULL AND g.ended_at IS NULL)))"
        ),
        "adding": "practice_id = {practice} AND (id = {client} OR {reach} = 'practice')",
    },
)

clinicians = practice_table(
    "clinicians",
    uuid("id"),
    words("external_id", null=True),
    words("name"),
    words("credentials"),
    words("zone", null=True),
    words("room_link", null=True),
    flag("active"),
    version(),
    PrimaryKeyConstraint("practice_id", "id"),
    ForeignKeyConstraint(["practice_id"], ["portal.practices.id"], name="clinicians_practice_fkey"),
    Index("clinicians_external_id_key", "practice_id", "external_id", unique=True),
)
clinicians.info["adding"] = _PRACTICE_WIDE

staff = practice_table(
    "staff",
    uuid("id"),
    words("external_id", null=True),
    words("name"),
    words("email"),
    words("email_key"),
    texts("roles"),
    uuid("clinician_id", null=True),
    flag("active"),
    words("issuer", null=True),
    words("subject", null=True),
    version(),
    PrimaryKeyConstraint("practice_id", "id"),
    ForeignKeyConstraint(["practice_id"], ["portal.practices.id"], name="staff_practice_fkey"),
    ForeignKeyConstraint(
        ["practice_id", "clinician_id"],
        ["portal.clinicians.practice_id", "portal.clinicians.id"],
        name="staff_clinician_fkey",
    ),
    Index("staff_email_key", "practice_id", "email_key", unique=True),
    Index("staff_subject_key", "practice_id", "issuer", "subject", unique=True),
    Index("staff_external_id_key", "practice_id", "external_id", unique=True),
)
# Portal users have no business with staff's roles and mails; somebody signing in as staff is still a visitor.
staff.info["visible"] = _NOT_PORTAL_USERS
staff.info["adding"] = _PRACTICE_WIDE

care_team = client_table(
    "care_team",
    uuid("clinician_id"),
    PrimaryKeyConstraint("practice_id", "client_id", "clinician_id"),
    ForeignKeyConstraint(
        ["practice_id", "client_id"], ["portal.clients.practice_id", "portal.clients.id"], name="care_team_client_fkey"
    ),
    ForeignKeyConstraint(
        ["practice_id", "clinician_id"],
        ["portal.clinicians.practice_id", "portal.clinicians.id"],
        name="care_team_clinician_fkey",
    ),
    Index(None, "practice_id", "clinician_id"),
)
care_team.info["adding"] = _PRACTICE_WIDE

invitations = practice_table(
    "invitations",
    uuid("id"),
    words("kind"),
    words("email"),
    words("email_key"),
    uuid("client_id", null=True),
    uuid("staff_id", null=True),
    # What a proxy's grant will be; null for the others.
    document("terms", null=True),
    words("state"),
    # Null until the mail is written: the code is made then, and only its hash is kept.
    digest("code_hash", null=True),
    number("tries"),
    # The account that accepting makes; set before the identity provider is asked, so that a rerun makes no second.
    uuid("account_id", null=True),
    uuid("invited_by", null=True),
    instant("created_at"),
    instant("expires_at"),
    version(),
    PrimaryKeyConstraint("practice_id", "id"),
    ForeignKeyConstraint(
        ["practice_id", "client_id"],
        ["portal.clients.practice_id", "portal.clients.id"],
        name="invitations_client_fkey",
    ),
    ForeignKeyConstraint(
        ["practice_id", "staff_id"], ["portal.staff.practice_id", "portal.staff.id"], name="invitations_staff_fkey"
    ),
    CheckConstraint("kind IN ('client', 'proxy', 'staff')", "kind"),
    CheckConstraint("state IN ('open', 'accepted', 'withdrawn')", "state"),
    CheckConstraint("(kind = 'staff') = (staff_id IS NOT NULL)", "of_staff"),
    CheckConstraint("(kind = 'staff') = (client_id IS NULL)", "of_client"),
    CheckConstraint("(kind = 'proxy') = (terms IS NOT NULL)", "terms"),
    Index(None, "practice_id", "email_key"),
    Index(None, "practice_id", "client_id"),
)
invitations.info["visible"] = _NOT_PORTAL_USERS

grants = client_table(
    "grants",
    uuid("id"),
    uuid("account_id"),
    words("relation"),
    texts("areas"),
    flag("may_write"),
    day("starts"),
    # The first local day on which it no longer holds: the earliest of staff's own and what the rules say.
    day("until", null=True),
    day("decided_until", null=True),
    # The first local day on which areas that are off over adolescents are masked.
    day("narrows_on", null=True),
    flag("authorised_by_minor"),
    uuid("decided_by"),
    instant("decided_at"),
    instant("revoked_at", null=True),
    instant("ended_at", null=True),
    version(),
    PrimaryKeyConstraint("practice_id", "id"),
    ForeignKeyConstraint(
        ["practice_id", "client_id"], ["portal.clients.practice_id", "portal.clients.id"], name="grants_client_fkey"
    ),
    ForeignKeyConstraint(
        ["practice_id", "account_id"], ["portal.accounts.practice_id", "portal.accounts.id"], name="grants_account_fkey"
    ),
    CheckConstraint("relation IN ('parent', 'guardian', 'representative', 'other')", "relation"),
    CheckConstraint("until > starts", "until"),
    Index(None, "practice_id", "client_id"),
    Index(None, "practice_id", "account_id"),
    Index(
        "grants_due_idx",
        "practice_id",
        "until",
        postgresql_where=text("revoked_at IS NULL AND ended_at IS NULL"),
    ),
    # One standing grant for one proxy over one record.
    Index(
        "grants_standing_key",
        "practice_id",
        "client_id",
        "account_id",
        unique=True,
        postgresql_where=text("revoked_at IS NULL AND ended_at IS NULL"),
    ),
)
grants.info["visible"] = (
    "practice_id = {practice} AND (client_id = {client} OR account_id = {account} OR {reach} = 'practice')"
)
grants.info["adding"] = _PRACTICE_WIDE

email_changes = account_table(
    "email_changes",
    uuid("id"),
    words("former_email"),
    words("new_email"),
    digest("code_hash", null=True),
    number("tries"),
    words("state"),
    instant("created_at"),
    instant("expires_at"),
    version(),
    PrimaryKeyConstraint("practice_id", "id"),
    ForeignKeyConstraint(
        ["practice_id", "account_id"],
        ["portal.accounts.practice_id", "portal.accounts.id"],
        name="email_changes_account_fkey",
    ),
    CheckConstraint("state IN ('open', 'done', 'withdrawn')", "state"),
    Index(None, "practice_id", "account_id"),
)
