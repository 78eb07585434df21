"""The classes of the columns of files."""

from adapters.postgres.engine.data_classes import Classified, health, operational, secret

CLASSES: dict[str, list[Classified]] = {
    "files": [
        health("name sha256"),
        secret("content_key"),
        operational("client_id added_by added_at state object_id received_at kind size checks check_at"),
    ],
    "download_links": [
        secret("token_hash"),
        operational("client_id account_id session_id grant_id file_id in_page expires_at first_used_at"),
    ],
}
