"""Account and OIDC settings of practices in PostgreSQL."""

from functools import lru_cache

from adapters.postgres.accounts.tables import account_settings, oidc_settings
from adapters.postgres.engine.settings import StoredSettings, decode_settings
from portal_core.accounts.settings import AccountRules, AccountSettings, OidcSettings

ACCOUNT_SETTINGS = StoredSettings.of(account_settings, AccountSettings)
OIDC_SETTINGS = StoredSettings.of(oidc_settings, OidcSettings)


@lru_cache(maxsize=4096)
def account_rules_of(name: str, time_zone: str, values: str | None) -> AccountRules:
    """A practice's rules from its name, its time zone and the JSON text of its account settings."""
    return AccountRules.of(decode_settings(AccountSettings, values), name, time_zone)
