"""Tables of notices, inboxes, notification settings and captured mail."""

from datetime import timedelta

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, PrimaryKeyConstraint, text

from adapters.postgres.engine.columns import (
    account_table,
    document,
    erase,
    flag,
    function_only_table,
    instant,
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

notices = practice_table(
    "notices",
    uuid("id"),
    string("kind"),
    string("notice_class"),
    instant("created_at"),
    instant("due_at"),
    instant("enqueued_at"),
    uuid("to_account", null=True),
    uuid("to_client", null=True),
    uuid("subject_id", null=True),
    string("deduplication_key", null=True),
    string("channel", null=True),
    string("state"),
    number("attempt"),
    number("failures"),
    instant("claimed_at", null=True),
    string("claimed_by"),
    instant("settled_at", null=True),
    string("vendor_message_id"),
    string("failure_reason"),
    version(),
    PrimaryKeyConstraint("practice_id", "id"),
    CheckConstraint("notice_class IN ('security', 'safety', 'service', 'reminder')", "class"),
    CheckConstraint("channel IN ('email', 'sms', 'in_app')", "channel"),
    CheckConstraint("state IN ('queued', 'sending', 'sent', 'dropped', 'uncertain', 'dead')", "state"),
    Index(
        "notices_deduplication_key",
        "practice_id",
        "deduplication_key",
        unique=True,
        postgresql_where=text("deduplication_key IS NOT NULL"),
    ),
    Index("notices_due_idx", "practice_id", "due_at", "id", postgresql_where=text("state = 'queued'")),
    Index("notices_sending_idx", "practice_id", "claimed_at", "id", postgresql_where=text("state = 'sending'")),
    Index("notices_failed_idx", "practice_id", "id", postgresql_where=text("state IN ('dead', 'uncertain')")),
)
# Any transaction can add one, through `portal.notify`; only staff and jobs can see them.
narrow(notices, to=("practice",))

notifications = account_table(
    "notifications",
    uuid("id"),
    uuid("client_id", null=True),
    string("kind"),
    instant("created_at"),
    uuid("subject_id", null=True),
    instant("read_at", null=True),
    PrimaryKeyConstraint("practice_id", "id"),
    ForeignKeyConstraint(
        ["practice_id", "account_id"],
        ["portal.accounts.practice_id", "portal.accounts.id"],
        name="notifications_account_fkey",
    ),
    Index(None, "practice_id", "account_id", "id"),
)
notifications.info["owned"] = "(account_id = {account} AND (client_id IS NULL OR client_id = {client}))"
narrow(notifications, to=("practice", "record"))
narrow(notifications, "insert", to=("practice",))

notification_settings = account_table(
    "notification_settings",
    document("channels"),
    document("reminder_minutes"),
    string("language"),
    string("time_zone"),
    string("safe_email"),
    string("safe_phone"),
    flag("neutral_sender"),
    flag("do_not_text"),
    flag("do_not_voicemail"),
    string("sms_phone", null=True),
    instant("sms_consent_at", null=True),
    instant("sms_opted_out_at", null=True),
    string("message_details"),
    version(),
    PrimaryKeyConstraint("practice_id", "account_id"),
    ForeignKeyConstraint(
        ["practice_id", "account_id"],
        ["portal.accounts.practice_id", "portal.accounts.id"],
        name="notification_settings_account_fkey",
    ),
    CheckConstraint("(sms_phone IS NULL) = (sms_consent_at IS NULL)", "consent"),
    CheckConstraint("message_details IN ('nothing', 'what', 'when')", "message_details"),
    Index("notification_settings_sms_idx", "practice_id", "sms_phone", postgresql_where=text("sms_phone IS NOT NULL")),
)
narrow(notification_settings, to=("practice", "record"))

safe_email_verifications = account_table(
    "safe_email_verifications",
    uuid("id"),
    string("email"),
    instant("expires_at"),
    sealed("code_hash"),
    number("attempts"),
    version(),
    PrimaryKeyConstraint("practice_id", "account_id"),
    ForeignKeyConstraint(
        ["practice_id", "account_id"],
        ["portal.accounts.practice_id", "portal.accounts.id"],
        name="safe_email_proofs_account_fkey",
    ),
    Index(None, "practice_id", "expires_at"),
)
narrow(safe_email_verifications, to=("practice", "record"))

# Used with local mail, in deployments without real people's mail: see adapters/local/mail.py.
captured_mail = function_only_table(
    "captured_mail",
    uuid("id"),
    instant("at"),
    string("kind"),
    uuid("key"),
    string("to"),
    string("sender_name"),
    string("subject"),
    string("body"),
    PrimaryKeyConstraint("id"),
    Index(None, "at", "id"),
)

# Longer than the codes in it work, which is what a developer looks for.
retain(captured_mail, "at", timedelta(days=7))
for _table in (notifications, notification_settings, safe_email_verifications):
    erase(_table)
erase(captured_mail, '"to" = ANY (addresses)')

# A verified address is in the settings; any other may be a stranger's.
retain(safe_email_verifications, "expires_at")
branding_settings = settings_table("branding_settings")
narrow(branding_settings, "select", to=("practice", "record"))
