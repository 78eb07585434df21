"""The example of docs/add-a-use-case.md, merged into a copy of the sources: it works, and every guard covers it."""

from pathlib import Path

import pytest

from tests.docs.example_merge import GOALS, check_merged_tree, merge_example, new_files, run

GUARDS = (
    "tests/unit/engine/test_statements.py",
    "tests/unit/engine/test_associated_data.py",
    "tests/integration/engine/test_row_level_security.py",
)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return merge_example(GOALS, tmp_path_factory.mktemp("goals"))


@pytest.fixture(scope="module")
def report(tree: Path) -> str:
    """Pytest's output for the feature's own tests, and for the guards that apply to it."""
    own = [str(path) for path in new_files(GOALS) if path.name.startswith("test_")]
    return run(tree, "-m", "pytest", "-q", "-rA", *own, *GUARDS, "-k", "not debian15 and (goals or every_table)")


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "test",
    [
        "http/test_goals.py::test_goals[embedded]",
        "test_postgres_goals.py::TestPostgresGoals::test_what_was_kept_is_found[embedded]",
        "test_memory_goals.py::TestMemoryGoals::test_what_was_kept_is_found",
        "goals/test_goals.py::test_only_the_client_says_that_it_is_reached",
    ],
)
def test_example_tests_pass(report: str, test: str) -> None:
    assert f"/{test}\n" in report


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "guard",
    [
        "test_it_says_for_whom_it_runs[goals.get]",
        "test_asyncpg_carries_its_values[goals.complete]",
        "test_what_a_clients_key_seals_goes_with_it_in_memory_too[goals]",
        "test_every_table_of_the_schema_is_secured[embedded]",
        "test_client_sees_only_own_rows[embedded-goals]",
        "test_client_cannot_write_rows_of_another[embedded-goals]",
    ],
)
def test_guards_cover_the_example_automatically(report: str, guard: str) -> None:
    assert f"::{guard}\n" in report


@pytest.mark.timeout(300)
def test_example_is_typed_formatted_and_imports_as_allowed(tree: Path) -> None:
    check_merged_tree(tree, GOALS)
