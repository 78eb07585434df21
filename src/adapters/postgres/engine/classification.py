"""The classes of the engine's columns."""

from adapters.postgres.engine.data_classes import Classified, health, operational, personal, secret

_AUDIT = "the audit log must be readable without any key, and stays when a record's key is destroyed"

CLASSES: dict[str, list[Classified]] = {
    "audit_entries": [
        operational("at actor_kind account_id job grant_id target outcome request_id recorded_at"),
        health("record action facts", why=_AUDIT),
        personal("address device", why=_AUDIT),
    ],
    "idempotent_responses": [operational("account_id operation key digest expires_at"), health("body")],
    "rate_limit_attempts": [operational("key at expires_at")],
    "practice_keys": [secret("wrapped"), operational("master_key made_at")],
    "former_practice_keys": [secret("wrapped"), operational("master_key replaced_at")],
    "client_keys": [secret("wrapped"), operational("client_id made_at")],
}
