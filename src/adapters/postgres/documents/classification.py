"""The classes of the columns of documents."""

from adapters.postgres.engine.data_classes import Classified, health, operational

CLASSES: dict[str, list[Classified]] = {
    "documents": [
        health("title withheld_reason"),
        health("category listed_at", why="lists are selected and sorted by it"),
        health("shared_at expires_at revoked_at sensitive", why="what a client and a proxy see is selected by it"),
        health("withheld_basis withheld_at review_requested_at reviewed_at", why="lists show it without a key"),
        operational("client_id origin added_by added_at source versions withheld_by reviewed_by"),
    ],
    "document_versions": [operational("client_id document_id number file_id added_by added_at")],
    "document_marks": [operational("client_id document_id account_id viewed_at downloaded_at")],
    "amendment_requests": [
        health("statement reason extension_reason answer disagreement rebuttal"),
        health("state due_at requested_at extended_at decided_at", why="staff see by it what is due across clients"),
        health(
            "denial_basis disagreed_at rebutted_at",
            why="says no more of the client's care than that there was a request",
        ),
        operational("client_id document_id requested_by decided_by"),
    ],
}
