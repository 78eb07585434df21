"""Use and end of tokens: GetUser, refresh, RevokeToken, GlobalSignOut."""

import hmac

from .administration import mfa_state
from .errors import Refusal, not_authorized
from .records import AppClient
from .world import Answer, Request, World, operation


@operation("GetUser")
def get_user(world: World, request: Request) -> Answer:
    user = world.tokens.bearer(request["AccessToken"], world.now()).user
    return {"Username": user.username, "UserAttributes": user.attribute_list()} | mfa_state(user)


@operation("GetTokensFromRefreshToken")
def get_tokens_from_refresh_token(world: World, request: Request) -> Answer:
    client = world.client(request)
    if not _proves_secret(client, request):
        raise not_authorized(f"Unable to verify secret for client {client.id}")
    return {"AuthenticationResult": world.tokens.refresh(client, request["RefreshToken"], world.now())}


@operation("RevokeToken")
def revoke_token(world: World, request: Request) -> Answer:
    """End the refresh token and every access token of its sign-in; other sign-ins of the user stay valid."""
    client = world.clients.get(request["ClientId"])
    if client is None or not _proves_secret(client, request):
        raise Refusal("UnauthorizedException", "Invalid client credentials")
    if not client.settings["EnableTokenRevocation"]:
        raise Refusal("UnsupportedOperationException", "Token revocation is not enabled for this client")
    grant = world.tokens.grant_of(request["Token"])
    if grant is None:
        raise Refusal("UnsupportedTokenTypeException", "Unsupported token type")
    if grant.client is not client:
        raise Refusal("UnauthorizedException", "The token was issued to another client")
    grant.revoked = True
    return {}


@operation("GlobalSignOut")
def global_sign_out(world: World, request: Request) -> Answer:
    gone = not_authorized("Access Token has been revoked")
    world.tokens.end_all(world.tokens.bearer(request["AccessToken"], world.now(), missing=gone).user)
    return {}


def _proves_secret(client: AppClient, request: Request) -> bool:
    return hmac.compare_digest(client.secret or "", request.get("ClientSecret", ""))
