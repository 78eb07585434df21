"""A database that is filled once for each module about rights."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.support.engine.acting_database import READING, ActingDatabase
from tests.support.engine.clusters import Cluster, drop_database, fresh_database, template_database
from tests.support.engine.postgres import migrate_template
from tests.support.engine.sample_rows import insert_practice


@pytest.fixture(scope="module")
def filled(cluster: Cluster) -> Iterator[ActingDatabase]:
    name = fresh_database(cluster, template_database(cluster, "migrate_template", migrate_template))
    with psycopg.connect(cluster.dsn(database=name), autocommit=True) as filling:
        here, there = (insert_practice(filling, clients=2, rows=2) for _ in range(2))
    with psycopg.connect(cluster.dsn(database=name)) as owner:
        for number, one in enumerate(READING.values()):
            owner.execute(f"PREPARE s{number} AS {one.sql}".encode())
        owner.commit()
        yield ActingDatabase(owner, here, there)
    drop_database(cluster, name)
