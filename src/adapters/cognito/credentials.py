"""The Cognito user as a whole."""

from attrs import frozen

from adapters.cognito.pools import CognitoPools
from adapters.cognito.users import call_if_user_exists
from portal_core.accounts.identity_provider import Credential, Credentials


@frozen
class CognitoCredentials(Credentials):
    pools: CognitoPools

    async def change_email(self, credential: Credential, email: str) -> None:
        attributes = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
        await call_if_user_exists(self.pools, "admin_update_user_attributes", credential, UserAttributes=attributes)

    async def disable(self, credential: Credential) -> None:
        await call_if_user_exists(self.pools, "admin_disable_user", credential)

    async def delete(self, credential: Credential) -> None:
        await call_if_user_exists(self.pools, "admin_delete_user", credential)
