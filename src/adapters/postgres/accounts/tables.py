"""Tables of accounts, sessions and sign-in.

Tokens are stored only as SHA-256 hashes, codes that people type only as sealed ones.
"""

from datetime import timedelta

from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    text,
)

from adapters.postgres.engine.columns import (
    account_table,
    day,
    digest,
    document,
    erase,
    flag,
    forget,
    instant,
    instants,
    narrow,
    number,
    practice_table,
    retain,
    sealed,
    string,
    uuid,
    version,
)
from adapters.postgres.engine.settings import settings_table

_OPEN = text("status <> 'closed'")

accounts = practice_table(
    "accounts",
    uuid("id"),
    string("side"),
    string("email"),
    string("kind"),
    uuid("client_id", null=True),
    uuid("staff_id", null=True),
    string("status"),
    string("second_factor"),
    string("issuer", null=True),
    string("subject", null=True),
    instant("created_at"),
    instant("closed_at", null=True),
    # Not sealed: read with every request, before anybody is known. Set only while a client is too young to sign in.
    day("usable_from", null=True),
    version(),
    PrimaryKeyConstraint("practice_id", "id"),
    ForeignKeyConstraint(
        ["practice_id", "client_id"], ["portal.clients.practice_id", "portal.clients.id"], name="accounts_client_fkey"
    ),
    ForeignKeyConstraint(
        ["practice_id", "staff_id"], ["portal.staff.practice_id", "portal.staff.id"], name="accounts_staff_fkey"
    ),
    CheckConstraint("side IN ('portal', 'practice')", "side"),
    CheckConstraint("kind IN ('client', 'proxy', 'staff')", "kind"),
    CheckConstraint("status IN ('unverified', 'active', 'closed')", "status"),
    CheckConstraint("(kind = 'client') = (client_id IS NOT NULL)", "of_client"),
    CheckConstraint("(kind = 'staff') = (staff_id IS NOT NULL)", "of_staff"),
    # A closed account frees its email and its person.
    Index(None, "practice_id", "client_id"),
    Index("accounts_email_key", "practice_id", "side", "email", unique=True, postgresql_where=_OPEN),
    Index("accounts_client_key", "practice_id", "client_id", unique=True, postgresql_where=_OPEN),
    Index("accounts_staff_key", "practice_id", "staff_id", unique=True, postgresql_where=_OPEN),
    Index("accounts_external_key", "practice_id", "issuer", "subject", unique=True, postgresql_where=_OPEN),
)
accounts.info["owned"] = "id = {account}"
narrow(accounts, "insert", to=("practice", "visitor"))

sessions = account_table(
    "sessions",
    uuid("id"),
    string("kind"),
    digest("access_hash"),
    digest("family_hash"),
    digest("refresh_hash"),
    digest("previous_refresh_hash", null=True),
    string("rotation_salt", null=True),
    instant("rotated_at", null=True),
    instant("created_at"),
    instant("last_active_at"),
    instant("access_expires_at"),
    instant("ends_at"),
    number("idle_timeout_seconds"),
    flag("multi_factor"),
    string("device"),
    string("address"),
    instant("ended_at", null=True),
    version(),
    PrimaryKeyConstraint("practice_id", "id"),
    ForeignKeyConstraint(
        ["practice_id", "account_id"],
        ["portal.accounts.practice_id", "portal.accounts.id"],
        name="sessions_account_fkey",
    ),
    CheckConstraint("kind IN ('cookie', 'shared_cookie', 'bearer')", "kind"),
    Index("sessions_access_key", "practice_id", "access_hash", unique=True),
    Index("sessions_family_key", "practice_id", "family_hash", unique=True),
    Index(None, "practice_id", "account_id", "ended_at"),
    Index(None, "practice_id", "ends_at"),
)
# Others' end by `portal.end_sessions`, one account's at a time. A visitor's statements confine themselves to the
# account whose session they read (`sessions.py`).
narrow(sessions, "insert", to=("practice", "visitor"))
sessions.info["changed"] = "practice_id = {practice} AND account_id = {account}"

sign_in_guards = practice_table(
    "sign_in_guards",
    digest("key"),
    instants("attempts"),
    instant("locked_until", null=True),
    version(),
    PrimaryKeyConstraint("practice_id", "key"),
)

# A client or proxy is signed in, and has no business with attempts to sign in.
narrow(sign_in_guards, to=("practice", "visitor"))

challenges = account_table(
    "challenges",
    uuid("id"),
    digest("token_hash"),
    # The identity provider's state, encrypted with the practice's key.
    sealed("state", null=False),
    string("kind"),
    instant("expires_at"),
    number("attempts"),
    instant("used_at", null=True),
    version(),
    PrimaryKeyConstraint("practice_id", "id"),
    ForeignKeyConstraint(
        ["practice_id", "account_id"],
        ["portal.accounts.practice_id", "portal.accounts.id"],
        name="challenges_account_fkey",
    ),
    Index("challenges_token_key", "practice_id", "token_hash", unique=True),
    Index(None, "practice_id", "account_id"),
    Index(None, "practice_id", "expires_at"),
)
narrow(challenges, "insert", to=("visitor",))

second_factors = account_table(
    "second_factors",
    # The provider's handle of an enrollment in progress, encrypted with the practice's key.
    sealed("pending"),
    instant("pending_until", null=True),
    # The digests of unused recovery codes, encrypted with the practice's key; null when there are none.
    sealed("recovery_hashes"),
    version(),
    PrimaryKeyConstraint("practice_id", "account_id"),
    ForeignKeyConstraint(
        ["practice_id", "account_id"],
        ["portal.accounts.practice_id", "portal.accounts.id"],
        name="second_factors_account_fkey",
    ),
)
narrow(second_factors, "delete", to=("practice", "record"))

email_requests = practice_table(
    "email_requests",
    uuid("id"),
    # Email, date of birth, side and purpose, encrypted with the practice's key.
    sealed("content", null=False, label="enquiries.asked"),
    instant("requested_at"),
    PrimaryKeyConstraint("practice_id", "id"),
    Index(None, "practice_id", "requested_at"),
)
narrow(email_requests, to=("practice", "visitor"))


invitations = practice_table(
    "invitations",
    uuid("id"),
    string("kind"),
    string("email"),
    string("email_key"),
    uuid("client_id", null=True),
    uuid("staff_id", null=True),
    # The terms of a proxy's grant; null for other invitations.
    document("terms", null=True),
    string("state"),
    # Null until the mail is written: the code is created then, and only its digest is stored, encrypted with the
    # practice's key.
    sealed("code_hash"),
    number("attempts"),
    # The account to create on acceptance; set before the identity provider is called, so that a rerun does not create
    # a second one.
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


narrow(invitations, to=("practice",))


email_changes = account_table(
    "email_changes",
    uuid("id"),
    string("former_email"),
    string("new_email"),
    sealed("code_hash"),
    number("attempts"),
    string("state"),
    instant("created_at"),
    instant("expires_at"),
    version(),
    PrimaryKeyConstraint("practice_id", "id"),
    ForeignKeyConstraint(
        ["practice_id", "account_id"],
        ["portal.accounts.practice_id", "portal.accounts.id"],
        name="email_changes_account_fkey",
    ),
    CheckConstraint("state IN ('open', 'completed', 'withdrawn')", "state"),
    Index(None, "practice_id", "account_id"),
)
narrow(email_changes, to=("practice", "record"))


identities = account_table(
    "identities",
    string("side"),
    # Password hash, TOTP secret and its last step, digests of mailed codes: encrypted with the practice's key.
    sealed("record", null=False),
    # Without a password the record is only needed until its code expires.
    instant("until", null=True),
    PrimaryKeyConstraint("practice_id", "account_id", "side"),
    CheckConstraint("side IN ('portal', 'practice')", "side"),
    Index(None, "practice_id", "until"),
)
# A person who signs in acts for the account that they name, and for no other.
narrow(identities, to=("record",))

# For a month its holder can still look up where they were signed in.
retain(sessions, "ends_at", timedelta(days=30))
retain(challenges, "expires_at", timedelta(hours=1))
# The job that processes a request gives up after six hours; an operator has the weekend to run it again.
retain(email_requests, "requested_at", timedelta(days=3))
# Credentials that never had a password, once their last code has expired.
retain(identities, "until")
# Without an attempt in the last 15 minutes a guard means the same as none (`SignInGuard.attempt`).
sign_in_guards.info["expired"] = (
    "coalesce(locked_until <= instant, true)"
    " AND NOT EXISTS (SELECT FROM unnest(attempts) AS at WHERE at > instant - interval '15 minutes')"
)
# The rows stay as the history of who was invited and which email somebody had.
forget(invitations, "code_hash", "expires_at")
forget(email_changes, "code_hash", "expires_at")
forget(second_factors, "pending", "pending_until")

erase(
    accounts,
    "client_id = client",
    email="''",
    status="'closed'",
    second_factor="'none'",
    issuer="NULL",
    subject="NULL",
    usable_from="NULL",
    closed_at="coalesce(closed_at, instant)",
    version="version + 1",
)
erase(
    invitations,
    "client_id = client",
    email="''",
    email_key="''",
    code_hash="NULL",
    state="CASE state WHEN 'open' THEN 'withdrawn' ELSE state END",
    version="version + 1",
)
for _table in (sessions, challenges, second_factors, email_changes, identities):
    erase(_table)
account_settings = settings_table("account_settings")
oidc_settings = settings_table("oidc_settings")
# Whom to trust is looked up for staff who sign in.
narrow(oidc_settings, "select", to=("practice", "visitor"))
