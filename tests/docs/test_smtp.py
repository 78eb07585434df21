"""The adapter of docs/how-to/add-an-adapter.md, merged into a copy of the sources."""

from pathlib import Path

import pytest

from tests.docs.example_merge import SMTP, check_merged_tree, merge_example, run


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return merge_example(SMTP, tmp_path_factory.mktemp("smtp"))


@pytest.mark.timeout(300)
def test_it_fulfills_the_contract_and_a_setting_selects_it(tree: Path) -> None:
    report = run(tree, "-m", "pytest", "-q", "-rA", "tests/integration/smtp/test_smtp_mailer.py")
    assert "TestSmtpMailer::test_missing_response_is_uncertain_and_not_retried" in report
    assert "PASSED tests/integration/smtp/test_smtp_mailer.py::test_a_setting_selects_it" in report


@pytest.mark.timeout(300)
def test_style_types_and_imports(tree: Path) -> None:
    check_merged_tree(tree, SMTP)
