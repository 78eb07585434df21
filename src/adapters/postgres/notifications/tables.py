"""Notices on their way out, inboxes, settings, and the mail that is kept instead of sent."""

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, PrimaryKeyConstraint, text

from adapters.postgres.engine.columns import (
    account_table,
    digest,
    document,
    flag,
    instant,
    number,
    open_table,
    practice_table,
    uuid,
    version,
    words,
)

notices = practice_table(
    "notices",
    uuid("id"),
    words("kind"),
    words("notice_class"),
    instant("created_at"),
    instant("due_at"),
    instant("handed_at"),
    uuid("to_account", null=True),
    uuid("to_client", null=True),
    uuid("about", null=True),
    words("once", null=True),
    words("channel", null=True),
    words("state"),
    number("attempt"),
    number("failures"),
    instant("claimed_at", null=True),
    words("claimed_by"),
    instant("settled_at", null=True),
    words("vendor_id"),
    words("problem"),
    version(),
    PrimaryKeyConstraint("practice_id", "id"),
    CheckConstraint("notice_class IN ('security', 'safety', 'service', 'reminder')", "class"),
    CheckConstraint("channel IN ('email', 'sms', 'in_app')", "channel"),
    CheckConstraint("state IN ('queued', 'sending', 'sent', 'dropped', 'uncertain', 'dead')", "state"),
    Index("notices_once_key", "practice_id", "once", unique=True, postgresql_where=text("once IS NOT NULL")),
    Index("notices_due_idx", "practice_id", "due_at", "id", postgresql_where=text("state = 'queued'")),
    Index("notices_sending_idx", "practice_id", "claimed_at", "id", postgresql_where=text("state = 'sending'")),
    Index("notices_troubled_idx", "practice_id", "id", postgresql_where=text("state IN ('dead', 'uncertain')")),
)
# Anybody's transaction adds one, through `portal.notify`; only staff and jobs see them.
notices.info["visible"] = "practice_id = {practice} AND {reach} = 'practice'"

notifications = account_table(
    "notifications",
    uuid("id"),
    uuid("client_id", null=True),
    words("kind"),
    instant("created_at"),
    uuid("about", null=True),
    instant("read_at", null=True),
    PrimaryKeyConstraint("practice_id", "id"),
    ForeignKeyConstraint(
        ["practice_id", "account_id"],
        ["portal.accounts.practice_id", "portal.accounts.id"],
        name="notifications_account_fkey",
    ),
    Index(None, "practice_id", "account_id", "id"),
)
notifications.info["visible"] = (
    "practice_id = {practice} AND ({reach} = 'practice' OR (account_id = {account}"
    " AND (client_id IS NULL OR client_id = {client})))"
)

notification_settings = account_table(
    "notification_settings",
    document("channels"),
    document("reminder_minutes"),
    words("language"),
    words("zone"),
    words("safe_email"),
    words("safe_phone"),
    flag("neutral_sender"),
    flag("do_not_text"),
    flag("do_not_voicemail"),
    words("texts_to", null=True),
    instant("texts_consent_at", null=True),
    instant("texts_stopped_at", null=True),
    version(),
    PrimaryKeyConstraint("practice_id", "account_id"),
    ForeignKeyConstraint(
        ["practice_id", "account_id"],
        ["portal.accounts.practice_id", "portal.accounts.id"],
        name="notification_settings_account_fkey",
    ),
    CheckConstraint("(texts_to IS NULL) = (texts_consent_at IS NULL)", "consent"),
    Index("notification_settings_texts_idx", "practice_id", "texts_to", postgresql_where=text("texts_to IS NOT NULL")),
)

safe_email_proofs = account_table(
    "safe_email_proofs",
    uuid("id"),
    words("email"),
    instant("expires_at"),
    digest("code_hash", null=True),
    number("tries"),
    version(),
    PrimaryKeyConstraint("practice_id", "account_id"),
    ForeignKeyConstraint(
        ["practice_id", "account_id"],
        ["portal.accounts.practice_id", "portal.accounts.id"],
        name="safe_email_proofs_account_fkey",
    ),
    Index(None, "practice_id", "expires_at"),
)

# The embedded default of mail, where no real person's mail is: see adapters/local/mail.py.
kept_mail = open_table(
    "kept_mail",
    uuid("id"),
    instant("at"),
    words("kind"),
    uuid("key"),
    words("to"),
    words("sender_name"),
    words("subject"),
    words("body"),
    PrimaryKeyConstraint("id"),
    Index(None, "at", "id"),
)
