"""The errors that Amazon Cognito returns, with its own messages."""


class Refusal(Exception):
    """An error response: `code` becomes `__type`, `status` is the HTTP status (400 for all but AWS's own faults)."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


def not_authorized(message: str) -> Refusal:
    return Refusal("NotAuthorizedException", message)


def invalid_parameter(message: str) -> Refusal:
    return Refusal("InvalidParameterException", message)


def not_found(message: str) -> Refusal:
    return Refusal("ResourceNotFoundException", message)


def wrong_password() -> Refusal:
    return not_authorized("Incorrect username or password.")


def user_disabled() -> Refusal:
    return not_authorized("User is disabled.")


def unknown_user() -> Refusal:
    """For operations that an administrator or a signed-in person calls."""
    return Refusal("UserNotFoundException", "User does not exist.")


def unknown_to_client() -> Refusal:
    """For operations that anyone may call through an app client."""
    return Refusal("UserNotFoundException", "Username/client id combination not found.")


def wrong_code() -> Refusal:
    return Refusal("CodeMismatchException", "Invalid verification code provided, please try again.")


def expired_code() -> Refusal:
    return Refusal("ExpiredCodeException", "Invalid code provided, please request a code again.")


def attempt_limit() -> Refusal:
    return Refusal("LimitExceededException", "Attempt limit exceeded, please try after some time.")


def unsupported(what: str) -> Refusal:
    """Real Cognito supports it but this fake does not: fail explicitly, so that no test passes by its absence."""
    return invalid_parameter(f"the Cognito fake does not implement {what}")
