"""Tables of practices, clients, clinicians, staff and care teams."""

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, PrimaryKeyConstraint, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from adapters.postgres.engine.columns import (
    client_table,
    day,
    erase,
    flag,
    instant,
    metadata,
    narrow,
    practice_table,
    recorded_at,
    sealed,
    string,
    texts,
    uuid,
    version,
)
from portal_core.people.erasure import ERASED_DATE_OF_BIRTH, ERASED_FAMILY_NAME, ERASED_GIVEN_NAME
from portal_core.people.search import sort_name

practices = Table(
    "practices",
    metadata,
    uuid("id"),
    string("slug"),
    string("name"),
    string("time_zone"),
    string("state", null=True),
    texts("hosts"),
    string("npi", null=True),
    string("tax_id", null=True),
    # Clear: a practice publishes both.
    string("phone", null=True),
    string("address", null=True),
    instant("created_at"),
    version(),
    PrimaryKeyConstraint("id"),
    Index("practices_slug_key", "slug", unique=True),
    info={"row_scope": "practice"},
)
# A practice is visible only to its own actors, and only its staff change it.
narrow(practices, "insert", "update", to=("practice",))

# Repeats `practices.hosts` for its key: a host name belongs to one practice of the deployment.
practice_hosts = practice_table(
    "practice_hosts",
    string("host"),
    PrimaryKeyConstraint("host"),
    ForeignKeyConstraint(["practice_id"], ["portal.practices.id"], name="practice_hosts_practice_fkey"),
    Index(None, "practice_id"),
)
narrow(practice_hosts, to=("practice",))

clients = Table(
    "clients",
    metadata,
    uuid("practice_id"),
    uuid("id"),
    string("external_id", null=True),
    string("given_name"),
    string("family_name"),
    string("chosen_name", null=True),
    string("pronouns", null=True),
    # "family given", folded, in byte order: for pages by name.
    Column("sort_name", Text(collation="C"), nullable=False),
    day("date_of_birth"),
    string("email", null=True),
    string("email_key", null=True),
    string("phone", null=True),
    sealed("address"),
    sealed("emergency_contact"),
    sealed("coverage"),
    string("time_zone", null=True),
    string("language", null=True),
    string("state", null=True),
    string("status"),
    instant("created_at"),
    version(),
    PrimaryKeyConstraint("practice_id", "id"),
    ForeignKeyConstraint(["practice_id"], ["portal.practices.id"], name="clients_practice_fkey"),
    CheckConstraint("status IN ('active', 'discharged')", "status"),
    Index("clients_external_id_key", "practice_id", "external_id", unique=True),
    Index(None, "practice_id", "email_key"),
    Index(None, "practice_id", "sort_name", "id"),
    # A proxy sees the clients they may act for before they select one; they change only the record they act on.
    info={
        "row_scope": "client",
        "visible": (
            "practice_id = {practice} AND (id = {client} OR {scope} = 'practice' OR ({scope} = 'record' AND id IN "
            "(SELECT g.client_id FROM portal.grants AS g WHERE g.practice_id = {practice} AND g.account_id = {account} "
            "AND g.revoked_at IS NULL AND g.ended_at IS NULL)))"
        ),
        "owned": "id = {client}",
    },
)
narrow(clients, "insert", to=("practice",))

# What staff find clients by, none of it beyond the plain columns of `clients`. `sort_name` is repeated from there, so
# that what is found is put in order without reading more than the index. Nothing of a record without its key.
client_search_words = client_table(
    "client_search_words",
    Column("word", Text(collation="C"), nullable=False),
    Column("sort_name", Text(collation="C"), nullable=False),
    PrimaryKeyConstraint("practice_id", "client_id", "word"),
    ForeignKeyConstraint(
        ["practice_id", "client_id"],
        ["portal.client_keys.practice_id", "portal.client_keys.client_id"],
        name="client_search_words_key_fkey",
        ondelete="CASCADE",
    ),
    Index(None, "practice_id", "word", "sort_name", "client_id"),
)

erase(
    clients,
    "id = client",
    given_name=f"'{ERASED_GIVEN_NAME}'",
    family_name=f"'{ERASED_FAMILY_NAME}'",
    sort_name=f"'{sort_name(ERASED_FAMILY_NAME, ERASED_GIVEN_NAME)}'",
    date_of_birth=f"'{ERASED_DATE_OF_BIRTH.isoformat()}'",
    version="version + 1",
    **dict.fromkeys(
        (
            "external_id",
            "chosen_name",
            "pronouns",
            "email",
            "email_key",
            "phone",
            "address",
            "emergency_contact",
            "coverage",
            "time_zone",
            "language",
            "state",
        ),
        "NULL",
    ),
)

legal_holds = client_table(
    "legal_holds",
    uuid("placed_by", null=True),
    instant("placed_at"),
    PrimaryKeyConstraint("practice_id", "client_id"),
    ForeignKeyConstraint(
        ["practice_id", "client_id"],
        ["portal.clients.practice_id", "portal.clients.id"],
        name="legal_holds_client_fkey",
    ),
)
narrow(legal_holds, to=("practice",))

record_erasures = client_table(
    "record_erasures",
    uuid("id"),
    uuid("requested_by"),
    instant("requested_at"),
    instant("expires_at"),
    string("state"),
    uuid("confirmed_by", null=True),
    instant("completed_at", null=True),
    # The time of the transaction: one that asks for an erasure cannot carry it out too.
    recorded_at("now()"),
    version(),
    PrimaryKeyConstraint("practice_id", "client_id", "id"),
    ForeignKeyConstraint(
        ["practice_id", "client_id"],
        ["portal.clients.practice_id", "portal.clients.id"],
        name="record_erasures_client_fkey",
    ),
    CheckConstraint("state IN ('open', 'completed', 'withdrawn')", "state"),
    CheckConstraint("(state = 'completed') = (completed_at IS NOT NULL)", "completed"),
    Index("record_erasures_open_key", "practice_id", "client_id", unique=True, postgresql_where=text("state = 'open'")),
    Index("record_erasures_due_idx", "practice_id", "requested_at", "id", postgresql_where=text("state = 'open'")),
)
narrow(record_erasures, to=("practice",))
# It is signed with the account of the person who asks, and of the one who confirms: nobody acts for another person.
record_erasures.info["signed"] = True
record_erasures.info["addable"] = (
    "practice_id = {practice} AND {scope} = 'practice' AND state = 'open' AND requested_by = {account}"
)
record_erasures.info["changed"] = (
    "practice_id = {practice} AND {scope} = 'practice'"
    " AND (state <> 'completed' OR confirmed_by IS NOT DISTINCT FROM {account})"
)

clinicians = practice_table(
    "clinicians",
    uuid("id"),
    string("external_id", null=True),
    string("name"),
    string("credentials"),
    string("time_zone", null=True),
    string("room_link", null=True),
    string("npi", null=True),
    Column("licenses", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    flag("active"),
    version(),
    PrimaryKeyConstraint("practice_id", "id"),
    ForeignKeyConstraint(["practice_id"], ["portal.practices.id"], name="clinicians_practice_fkey"),
    Index("clinicians_external_id_key", "practice_id", "external_id", unique=True),
)
narrow(clinicians, "insert", "update", to=("practice",))
narrow(clinicians, "select", to=("practice", "record"))

staff = practice_table(
    "staff",
    uuid("id"),
    string("external_id", null=True),
    string("name"),
    string("email"),
    string("email_key"),
    texts("roles"),
    uuid("clinician_id", null=True),
    flag("active"),
    string("issuer", null=True),
    string("subject", null=True),
    instant("made_administrator_at", null=True),
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
# Hidden from portal users. Visitors may read it, because staff are visitors until they have signed in.
narrow(staff, to=("practice",))
narrow(staff, "select", to=("practice", "visitor"))

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
narrow(care_team, "insert", "delete", to=("practice",))
