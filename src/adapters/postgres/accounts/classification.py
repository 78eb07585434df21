"""The classes of the columns of accounts and sign-in."""

from adapters.postgres.engine.data_classes import Classified, operational, personal, secret

_SIGN_IN = "sign-in finds the account by it, and a constraint keeps it unique"

CLASSES: dict[str, list[Classified]] = {
    "accounts": [
        personal("email", why=_SIGN_IN),
        personal("issuer subject", why=_SIGN_IN),
        personal("usable_from", why="read with every request, before anybody is known; set only for those too young"),
        operational("side kind client_id staff_id status second_factor created_at closed_at"),
    ],
    "sessions": [
        secret("access_hash family_hash refresh_hash previous_refresh_hash"),
        secret("rotation_salt", why="useless without the refresh token, whose hash alone is stored"),
        personal("device address", why="the holder is shown where they are signed in"),
        operational(
            "account_id kind rotated_at created_at last_active_at access_expires_at ends_at idle_timeout_seconds"
            " multi_factor ended_at"
        ),
    ],
    "sign_in_guards": [operational("key attempts locked_until")],
    "challenges": [
        secret("token_hash state"),
        operational("account_id kind expires_at attempts used_at"),
    ],
    "second_factors": [secret("pending recovery_hashes"), operational("account_id pending_until")],
    "email_requests": [personal("content"), operational("requested_at")],
    "invitations": [
        personal("email email_key", why="the code is mailed to it, and an attempt finds the invitation by it"),
        personal("terms", why="what an account holder accepts is shown to staff in the list"),
        secret("code_hash"),
        operational("kind client_id staff_id state attempts account_id invited_by created_at expires_at"),
    ],
    "email_changes": [
        personal("former_email new_email", why="codes and the warning are mailed to them by a job"),
        secret("code_hash"),
        operational("account_id attempts state created_at expires_at"),
    ],
    "identities": [secret("record"), operational("account_id side until")],
    "account_settings": [operational("values")],
    "oidc_settings": [operational("values")],
}
