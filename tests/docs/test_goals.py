"""The feature of docs/tutorial/build-a-feature.md, merged into a copy of the sources."""

from pathlib import Path

import pytest

from tests.docs.example_merge import GOALS, check_merged_tree, merge_example, new_files, run

REPOSITORY_TESTS = (
    "tests/unit/engine/test_statements.py",
    "tests/unit/engine/test_associated_data.py",
    "tests/unit/engine/test_data_classification.py",
    "tests/integration/engine/test_row_level_security.py",
)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return merge_example(GOALS, tmp_path_factory.mktemp("goals"))


@pytest.fixture(scope="module")
def report(tree: Path) -> str:
    """pytest's report on the feature's own tests and on the repository-wide tests that cover it."""
    own = [str(path) for path in new_files(GOALS) if path.name.startswith("test_")]
    return run(
        tree, "-m", "pytest", "-q", "-rA", *own, *REPOSITORY_TESTS, "-k", "not debian15 and (goals or every_table)"
    )


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "test",
    [
        "http/test_goals.py::test_goals[embedded]",
        "test_postgres_goals.py::TestPostgresGoals::test_a_stored_goal_is_found[embedded]",
        "test_memory_goals.py::TestMemoryGoals::test_a_stored_goal_is_found",
        "goals/test_goals.py::test_only_the_client_completes_a_goal",
    ],
)
def test_example_tests_pass(report: str, test: str) -> None:
    assert f"/{test}\n" in report


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "test",
    [
        "test_statement_is_scoped[goals.get]",
        "test_parameter_types_are_native[goals.complete]",
        "test_memory_adapter_seals_with_client_key[goals]",
        "test_column_has_a_class[goals.title]",
        "test_every_table_of_the_schema_is_secured[embedded]",
        "test_client_sees_only_own_rows[embedded-goals]",
        "test_client_cannot_move_own_rows_to_another[embedded-goals]",
    ],
)
def test_repository_wide_tests_cover_it(report: str, test: str) -> None:
    assert f"::{test}\n" in report


@pytest.mark.timeout(300)
def test_style_types_and_imports(tree: Path) -> None:
    check_merged_tree(tree, GOALS)
