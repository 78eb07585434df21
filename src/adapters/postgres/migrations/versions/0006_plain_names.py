"""Tables, columns and jobs get the names that the core and the API use.

What is stored stays; sealed values keep the label they were sealed under (`sealed(..., label=...)`). Requests by email
that were still waiting for their mail are dropped: their content has the old names, and people can ask again.
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = (
    ("answers", "idempotent_responses"),
    ("appointment_kinds", "appointment_types"),
    ("enquiries", "email_requests"),
    ("kept_mail", "captured_mail"),
    ("places", "locations"),
    ("tries", "rate_limit_attempts"),
    ("safe_email_proofs", "safe_email_verifications"),
)

COLUMNS = (
    ("idempotent_responses", "until", "expires_at"),
    ("appointment_types", "online", "self_bookable"),
    ("appointment_series", "kind_id", "appointment_type_id"),
    ("appointment_series", "place_id", "location_id"),
    ("appointment_series", "zone", "time_zone"),
    ("email_requests", "asked", "content"),
    ("email_requests", "asked_at", "requested_at"),
    ("freed_slots", "kind_id", "appointment_type_id"),
    ("freed_slots", "place_id", "location_id"),
    ("freed_slots", "zone", "time_zone"),
    ("notices", "handed_at", "enqueued_at"),
    ("notices", "about", "subject_id"),
    ("notices", "once", "deduplication_key"),
    ("notices", "vendor_id", "vendor_message_id"),
    ("notices", "problem", "failure_reason"),
    ("locations", "zone", "time_zone"),
    ("practices", "zone", "time_zone"),
    ("sign_in_guards", "tries", "attempts"),
    ("rate_limit_attempts", "until", "expires_at"),
    ("clients", "born", "date_of_birth"),
    ("clients", "zone", "time_zone"),
    ("clinicians", "zone", "time_zone"),
    ("appointment_requests", "kind_id", "appointment_type_id"),
    ("appointment_requests", "place_id", "location_id"),
    ("appointments", "kind_id", "appointment_type_id"),
    ("appointments", "place_id", "location_id"),
    ("appointments", "zone", "time_zone"),
    ("availability_exceptions", "opens", "available"),
    ("availability_exceptions", "starts", "start_time"),
    ("availability_exceptions", "ends", "end_time"),
    ("availability_exceptions", "place_id", "location_id"),
    ("availability_rules", "starts", "start_time"),
    ("availability_rules", "ends", "end_time"),
    ("availability_rules", "place_id", "location_id"),
    ("availability_rules", "kind_ids", "appointment_type_ids"),
    ("check_ins", "location", "client_location"),
    ("holds", "kind_id", "appointment_type_id"),
    ("holds", "place_id", "location_id"),
    ("waitlist_entries", "kind_id", "appointment_type_id"),
    ("waitlist_entries", "place_id", "location_id"),
    ("waitlist_entries", "earliest", "earliest_date"),
    ("waitlist_entries", "latest", "latest_date"),
    ("waitlist_entries", "zone", "time_zone"),
    ("waitlist_entries", "anywhere", "any_location"),
    ("waitlist_offers", "kind_id", "appointment_type_id"),
    ("waitlist_offers", "place_id", "location_id"),
    ("attendances", "late", "cancelled_late"),
    ("invitations", "tries", "attempts"),
    ("challenges", "tries", "attempts"),
    ("email_changes", "tries", "attempts"),
    ("grants", "relation", "relationship"),
    ("grants", "starts", "starts_on"),
    ("grants", "decided_until", "requested_until"),
    ("grants", "narrows_on", "restricted_from"),
    ("grants", "authorised_by_minor", "authorized_by_minor"),
    ("grants", "decided_by", "granted_by"),
    ("grants", "decided_at", "granted_at"),
    ("notification_settings", "zone", "time_zone"),
    ("notification_settings", "texts_to", "sms_phone"),
    ("notification_settings", "texts_consent_at", "sms_consent_at"),
    ("notification_settings", "texts_stopped_at", "sms_opted_out_at"),
    ("notifications", "about", "subject_id"),
    ("safe_email_verifications", "tries", "attempts"),
    ("sessions", "idle_seconds", "idle_timeout_seconds"),
    ("sessions", "strong", "multi_factor"),
)

CONSTRAINTS = (
    ("idempotent_responses", "answers_pkey", "idempotent_responses_pkey"),
    ("appointment_types", "appointment_kinds_pkey", "appointment_types_pkey"),
    ("email_requests", "enquiries_pkey", "email_requests_pkey"),
    ("captured_mail", "kept_mail_pkey", "captured_mail_pkey"),
    ("locations", "places_pkey", "locations_pkey"),
    ("rate_limit_attempts", "tries_pkey", "rate_limit_attempts_pkey"),
    ("appointment_requests", "appointment_requests_kind_fkey", "appointment_requests_appointment_type_fkey"),
    ("appointment_requests", "appointment_requests_place_fkey", "appointment_requests_location_fkey"),
    ("appointments", "appointments_kind_fkey", "appointments_appointment_type_fkey"),
    ("appointments", "appointments_place_fkey", "appointments_location_fkey"),
    ("availability_exceptions", "availability_exceptions_place_fkey", "availability_exceptions_location_fkey"),
    ("availability_rules", "availability_rules_place_fkey", "availability_rules_location_fkey"),
    ("waitlist_entries", "waitlist_entries_kind_fkey", "waitlist_entries_appointment_type_fkey"),
    ("grants", "grants_relation_check", "grants_relationship_check"),
    ("safe_email_verifications", "safe_email_proofs_pkey", "safe_email_verifications_pkey"),
)

INDEXES = (
    ("answers_practice_id_until_idx", "idempotent_responses_practice_id_expires_at_idx"),
    ("enquiries_practice_id_asked_at_idx", "email_requests_practice_id_requested_at_idx"),
    ("kept_mail_at_id_idx", "captured_mail_at_id_idx"),
    ("notices_once_key", "notices_deduplication_key"),
    ("notices_troubled_idx", "notices_failed_idx"),
    ("tries_until_idx", "rate_limit_attempts_expires_at_idx"),
    ("grants_standing_key", "grants_active_key"),
    ("notification_settings_texts_idx", "notification_settings_sms_idx"),
    ("safe_email_proofs_practice_id_expires_at_idx", "safe_email_verifications_practice_id_expires_at_idx"),
)

JOBS = (
    ("decide_enquiry", "process_email_request"),
    ("finish_resets", "finish_password_resets"),
    ("pass_on_offers", "advance_expired_offers"),
    ("clear_holds", "delete_expired_holds"),
    ("remind_of_appointments", "send_appointment_reminders"),
    ("drop_calendar_feed", "remove_closed_account_feed"),
    ("stop_texts", "opt_out_of_sms"),
    ("forget_expired", "delete_expired"),
    ("make_room_for_audit", "create_audit_partitions"),
    ("wrap_keys_anew", "rewrap_practice_keys"),
)
# Made again under their new names, or with other results, after the last revision.
FUNCTIONS = (
    "keep_mail",
    "latest_mail",
    "take_try",
    "give_back_try",
    "forget_expired",
    "make_audit_partition",
    "practice_addresses",
    "signed_in",
    "notify",
)
POLICIES = """
DO $$
DECLARE policy record;
BEGIN
  FOR policy IN SELECT tablename, policyname FROM pg_policies WHERE schemaname = 'portal' LOOP
    EXECUTE format('DROP POLICY %I ON portal.%I', policy.policyname, policy.tablename);
  END LOOP;
END $$"""
# PostgreSQL 18 names what is NOT NULL after its table and column; 15 has no such names.
NOT_NULLS = """
DO $$
DECLARE named record;
BEGIN
  FOR named IN
    SELECT r.relname, c.conname, r.relname || '_' || a.attname || '_not_null' AS wanted
    FROM pg_constraint AS c JOIN pg_class AS r ON r.oid = c.conrelid
    JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
    WHERE c.contype = 'n' AND c.connamespace = 'portal'::regnamespace AND NOT r.relispartition
  LOOP
    IF named.conname <> named.wanted THEN
      EXECUTE format('ALTER TABLE portal.%I RENAME CONSTRAINT %I TO %I', named.relname, named.conname, named.wanted);
    END IF;
  END LOOP;
END $$"""


def upgrade() -> None:
    for name in FUNCTIONS:
        op.execute(f"DROP FUNCTION IF EXISTS portal.{name}")
    op.execute(POLICIES)
    for before, after in TABLES:
        op.execute(f"ALTER TABLE portal.{before} RENAME TO {after}")
    for table, before, after in COLUMNS:
        op.execute(f"ALTER TABLE portal.{table} RENAME COLUMN {before} TO {after}")
    for table, before, after in CONSTRAINTS:
        op.execute(f"ALTER TABLE portal.{table} RENAME CONSTRAINT {before} TO {after}")
    for before, after in INDEXES:
        op.execute(f"ALTER INDEX portal.{before} RENAME TO {after}")
    op.execute(NOT_NULLS)
    _rename_keys(
        "appointment_types",
        "timing",
        kind_id="appointment_type_id",
        minimum_notice="min_notice",
        maximum_advance_days="max_advance_days",
    )
    _rename_keys("invitations", "terms", relation="relationship", authorised_by_minor="authorized_by_minor")
    op.execute("ALTER TABLE portal.email_changes DROP CONSTRAINT email_changes_state_check")
    op.execute("UPDATE portal.email_changes SET state = 'completed' WHERE state = 'done'")
    op.execute(
        "ALTER TABLE portal.email_changes ADD CONSTRAINT email_changes_state_check"
        " CHECK (state IN ('open', 'completed', 'withdrawn'))"
    )
    op.execute("DELETE FROM portal.email_requests")
    op.execute("DELETE FROM jobs.procrastinate_jobs WHERE task_name = 'decide_enquiry' AND status = 'todo'")
    for before, after in JOBS:
        for table in ("procrastinate_jobs", "procrastinate_periodic_defers"):
            renamed = f"'{after}' || substr(task_name, {len(before) + 1})"
            op.execute(f"UPDATE jobs.{table} SET task_name = {renamed} WHERE task_name IN ('{before}', '{before}:all')")


def _rename_keys(table: str, column: str, **names: str) -> None:
    for before, after in names.items():
        renamed = f"{column} - '{before}' || jsonb_build_object('{after}', {column} -> '{before}')"
        op.execute(f"UPDATE portal.{table} SET {column} = {renamed} WHERE {column} ? '{before}'")
