"""The classes of the columns of goals."""

from adapters.postgres.engine.data_classes import Classified, health, operational

CLASSES: dict[str, list[Classified]] = {
    "goals": [
        health("title"),
        health("set_at completed_at", why="lists are sorted by it"),
        operational("client_id"),
    ],
}
