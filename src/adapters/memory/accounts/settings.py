"""Account and OIDC settings of practices in memory."""

from adapters.memory.engine.settings import StoredSettings
from adapters.memory.engine.store import MemoryTransaction
from portal_core.accounts.settings import AccountRules, AccountSettings, OidcSettings

ACCOUNT_SETTINGS = StoredSettings("account_settings", AccountSettings)
OIDC_SETTINGS = StoredSettings("oidc_settings", OidcSettings)


def account_rules(tx: MemoryTransaction) -> AccountRules:
    """The rules of the transaction's practice; the defaults where there is no such practice."""
    practice = tx.table("practices").get(tx.practice_id)
    if practice is None:
        return AccountRules()
    return AccountRules.of(ACCOUNT_SETTINGS.load(tx).value, practice.name, practice.time_zone)
