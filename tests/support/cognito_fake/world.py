"""The whole state of the fake, and the lookups that its operations share."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from .errors import expired_code, invalid_parameter, not_authorized, not_found, unknown_user, wrong_code
from .records import AppClient, Call, IssuedCode, Pool, SentCode, Session, User
from .tokens import TokenDesk

Request = Mapping[str, Any]
Answer = dict[str, Any]
Operation = Callable[["World", Request], Answer]
OPERATIONS: dict[str, Operation] = {}


def operation(name: str) -> Callable[[Operation], Operation]:
    """Register a function as an operation of the fake."""

    def register(function: Operation) -> Operation:
        OPERATIONS[name] = function
        return function

    return register


def secret_hash(client_secret: str, username: str, client_id: str) -> str:
    """SecretHash as the developer guide computes it: Base64(HMAC-SHA256(client secret, user name + client id))."""
    digest = hmac.digest(client_secret.encode(), (username + client_id).encode(), hashlib.sha256)
    return base64.b64encode(digest).decode()


class World:
    """Pools, app clients, sessions, tokens, mails and calls of one fake."""

    region = "us-east-1"

    def __init__(self, now: Callable[[], datetime], url: str) -> None:
        self.now = now
        self.pools: dict[str, Pool] = {}
        self.clients: dict[str, AppClient] = {}
        self.sessions: dict[str, Session] = {}
        self.tokens = TokenDesk(url)
        self.outbox: list[SentCode] = []
        self.calls: list[Call] = []

    def pool(self, request: Request) -> Pool:
        """Raises ResourceNotFoundException."""
        found = self.pools.get(request["UserPoolId"])
        if found is None:
            raise not_found(f"User pool {request['UserPoolId']} does not exist.")
        return found

    def client(self, request: Request) -> AppClient:
        """The app client, in the pool that the request names, if any. Raises ResourceNotFoundException."""
        found = self.clients.get(request["ClientId"])
        if found is None or ("UserPoolId" in request and found.pool is not self.pool(request)):
            raise not_found(f"User pool client {request['ClientId']} does not exist.")
        return found

    def user(self, request: Request) -> User:
        """The user of an administrator's request. Raises UserNotFoundException."""
        found = self.pool(request).find(request["Username"])
        if found is None:
            raise unknown_user()
        return found

    def check_secret_hash(self, client: AppClient, username: str, given: str | None) -> None:
        """Raises NotAuthorizedException for a hash that is missing, wrong or unexpected."""
        if client.secret is None:
            if given is not None:
                raise not_authorized(f"Client {client.id} is not configured for secret but secret hash was received")
            return
        if given is None:
            raise not_authorized(f"Client {client.id} is configured with secret but SECRET_HASH was not received")
        if not hmac.compare_digest(secret_hash(client.secret, username, client.id), given):
            raise not_authorized(f"SecretHash does not match for the client: {client.id}")

    def open_session(self, client: AppClient, user: User, challenge: str) -> Session:
        minutes = client.settings["AuthSessionValidity"]
        session = Session(
            "AYAB" + secrets.token_urlsafe(96), client, user, challenge, self.now() + timedelta(minutes=minutes)
        )
        self.sessions[session.id] = session
        return session

    def session(self, token: str) -> Session:
        """A session that can still be answered. Raises NotAuthorizedException."""
        found = self.sessions.get(token)
        if found is None:
            raise not_authorized("Invalid session for the user.")
        if found.used:
            raise not_authorized("Invalid session for the user, session can only be used once.")
        if self.now() >= found.expires_at:
            raise not_authorized("Invalid session for the user, session is expired.")
        return found

    def send_code(self, user: User, purpose: str, lifetime: timedelta) -> Answer:
        """Mail a new code, which replaces the earlier one of its purpose; returns CodeDeliveryDetails."""
        earlier = user.codes.get(purpose)
        value = f"{secrets.randbelow(1_000_000):06d}"
        while earlier is not None and value == earlier.value:
            value = f"{secrets.randbelow(1_000_000):06d}"
        user.codes[purpose] = IssuedCode(value, self.now() + lifetime)
        return self.mail(user, purpose, value)

    def mail(self, user: User, purpose: str, code: str) -> Answer:
        address = user.attributes["email"]
        self.outbox.append(SentCode(address, code, purpose, user.username, self.now()))
        return delivery(address)


def delivery(address: str) -> Answer:
    """CodeDeliveryDetails with the address masked as Cognito masks it: a***@e***."""
    local, _, domain = address.partition("@")
    return {"Destination": f"{local[:1]}***@{domain[:1]}***", "DeliveryMedium": "EMAIL", "AttributeName": "email"}


def simulated_delivery(username: str) -> Answer:
    """The response of PreventUserExistenceErrors for an unknown user: always the same for one name."""
    mark = hashlib.sha256(username.encode()).hexdigest().translate(str.maketrans("0123456789", "ghijklmnop"))
    return delivery(f"{mark[0]}@{mark[1]}")


def required(parameters: Mapping[str, str], name: str) -> str:
    """A map's parameter, which the model cannot mark as required. Raises InvalidParameterException."""
    value = parameters.get(name)
    if not value:
        raise invalid_parameter(f"Missing required parameter {name}")
    return value


def check_code(user: User, purpose: str, given: str, now: datetime) -> None:
    """Raises ExpiredCodeException if no code is open, CodeMismatchException if the code is wrong.

    Does not use up the code.
    """
    issued = user.codes.get(purpose)
    if issued is None or now >= issued.expires_at:
        raise expired_code()
    if not hmac.compare_digest(issued.value.encode(), given.encode()):
        raise wrong_code()
