"""Refusals that no use case saw are in the audit log."""

from portal_core.accounts.use_cases.record_refusal import RecordRefusal, RecordRefusalCommand
from tests.unit.accounts.use_cases import AccountUseCases


async def test_refusal_is_recorded_with_code_and_operation() -> None:
    use_cases = AccountUseCases()
    await RecordRefusal(use_cases.world.begin)(use_cases.visitor(), RecordRefusalCommand("rate_limited", "sign_in"))
    [entry] = await use_cases.world.audit()
    assert (entry.action, entry.outcome) == ("request.refused", "denied")
    assert entry.facts == {"code": "rate_limited", "operation": "sign_in"}
