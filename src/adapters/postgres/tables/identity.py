"""What the local identity provider keeps; empty where Cognito does its work.

No foreign key to accounts: as with any provider, a credential may be made before its account and outlive it.
"""

from sqlalchemy import CheckConstraint, Index, PrimaryKeyConstraint

from adapters.postgres.tables.base import account_table, instant, sealed, words

identities = account_table(
    "identities",
    words("side"),
    # Password hash, TOTP secret and its last step, digests of mailed codes: sealed whole with the practice's key.
    sealed("record", null=False),
    # Without a password it is worth keeping until its code expires.
    instant("until", null=True),
    PrimaryKeyConstraint("practice_id", "account_id", "side"),
    CheckConstraint("side IN ('portal', 'practice')", "side"),
    Index(None, "practice_id", "until"),
)
