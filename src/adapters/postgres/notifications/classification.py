"""The classes of the columns of notices and inboxes."""

from adapters.postgres.engine.data_classes import Classified, health, operational, personal, public

_REACHED = "a job reads it to reach the account, without a client's key"
_LOCAL = "only in deployments without real people's mail (local mode)"

CLASSES: dict[str, list[Classified]] = {
    "notices": [
        health("kind", why="it chooses template and channels; it names no clinical content"),
        operational(
            "notice_class created_at due_at enqueued_at to_account to_client subject_id deduplication_key channel state"
            " attempt failures claimed_at claimed_by settled_at vendor_message_id failure_reason"
        ),
    ],
    "notifications": [
        health("kind", why="the inbox is filtered by it; it names no clinical content"),
        operational("account_id client_id created_at subject_id read_at"),
    ],
    "notification_settings": [
        personal("safe_email safe_phone sms_phone", why=_REACHED),
        personal("language time_zone neutral_sender do_not_text do_not_voicemail message_details", why=_REACHED),
        operational("account_id channels reminder_minutes sms_consent_at sms_opted_out_at"),
    ],
    "safe_email_verifications": [
        personal("email", why="the code is mailed to it by a job"),
        operational("account_id expires_at code_hash attempts"),
    ],
    "captured_mail": [
        personal("to sender_name subject body", why=_LOCAL),
        operational("at kind key"),
    ],
    "branding_settings": [public("values")],
}
