"""Contract of the readers of the EHR's ID tokens. Subclasses provide the fixture `ehr`."""

from abc import ABC, abstractmethod
from datetime import timedelta
from uuid import UUID

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from portal_core.accounts.identity_provider import StaffIdentity, StaffTokens
from tests.support.clock import FixedClock

ISSUER, OTHER_ISSUER = "https://login.ehr.example/realm", "https://login.ehr.example/other"
AUDIENCE, OTHER_AUDIENCE = "client-portal", "billing"
PRACTICE, SISTER, NEIGHBOUR, STRANGER = (UUID(int=number) for number in (1, 2, 3, 4))
TRUSTING_PRACTICES = {
    PRACTICE: (ISSUER, AUDIENCE),
    SISTER: (ISSUER, OTHER_AUDIENCE),
    NEIGHBOUR: (OTHER_ISSUER, AUDIENCE),
}
"""The issuer that each practice trusts, and its audience there. The outsider has no OIDC issuer."""
FIVE = timedelta(minutes=5)
LEEWAY = timedelta(minutes=1)
"""Clocks may differ by up to this much."""
SAM = StaffIdentity(ISSUER, "staff-7", "sam@clinic.example", True, frozenset({"pwd", "otp"}), "2")


class StaffTokenHarness(ABC):
    """Issuers and a reader of their tokens, for the practices in `TRUSTING_PRACTICES`, all on `clock`."""

    clock: FixedClock
    tokens: StaffTokens

    @abstractmethod
    def issue(
        self, staff_identity: StaffIdentity, *, audience: str = AUDIENCE, starts_in: timedelta = timedelta(0)
    ) -> str:
        """A token of the issuer that `staff_identity` names, valid for five minutes from `starts_in` after now."""

    @abstractmethod
    def forge(self, staff_identity: StaffIdentity) -> str:
        """A token that an attacker makes from public information, with the claims of a valid one."""


class StaffTokensContract:
    """A token yields exactly its identity, or nothing."""

    @pytest.mark.parametrize(
        "staff_identity",
        [
            SAM,
            evolve(SAM, subject="s" * 255),
            evolve(SAM, email_verified=False),
            StaffIdentity(ISSUER, "staff-8", "", False, frozenset(), ""),
        ],
    )
    async def test_valid_token_yields_its_identity(self, ehr: StaffTokenHarness, staff_identity: StaffIdentity) -> None:
        assert await ehr.tokens.verify(PRACTICE, ehr.issue(staff_identity)) == staff_identity

    async def test_each_token_yields_its_own_identity(self, ehr: StaffTokenHarness) -> None:
        alex = evolve(SAM, subject="staff-9", email="alex@clinic.example")
        first, second = ehr.issue(SAM), ehr.issue(alex)
        assert await ehr.tokens.verify(PRACTICE, second) == alex
        assert await ehr.tokens.verify(PRACTICE, first) == SAM

    @pytest.mark.parametrize("subject", ["", "s" * 256, "a\x00b", "a\ud800", "é", "a\n"])
    async def test_subject_must_be_visible_ascii_of_bounded_length(self, ehr: StaffTokenHarness, subject: str) -> None:
        assert await ehr.tokens.verify(PRACTICE, ehr.issue(evolve(SAM, subject=subject))) is None

    async def test_token_is_valid_until_expiry_plus_leeway(self, ehr: StaffTokenHarness) -> None:
        token = ehr.issue(SAM)
        ehr.clock.advance(FIVE - timedelta(seconds=1))
        assert await ehr.tokens.verify(PRACTICE, token) == SAM
        ehr.clock.advance(LEEWAY + timedelta(seconds=1))
        assert await ehr.tokens.verify(PRACTICE, token) is None
        ehr.clock.advance(timedelta(days=1))
        assert await ehr.tokens.verify(PRACTICE, token) is None

    async def test_token_is_valid_from_start_minus_leeway(self, ehr: StaffTokenHarness) -> None:
        token = ehr.issue(SAM, starts_in=LEEWAY + timedelta(seconds=1))
        assert await ehr.tokens.verify(PRACTICE, token) is None
        ehr.clock.advance(LEEWAY + timedelta(seconds=1))
        assert await ehr.tokens.verify(PRACTICE, token) == SAM

    @pytest.mark.parametrize("audience", [OTHER_AUDIENCE, "", AUDIENCE.upper(), f"{AUDIENCE} "])
    async def test_token_for_another_audience_is_refused(self, ehr: StaffTokenHarness, audience: str) -> None:
        assert await ehr.tokens.verify(PRACTICE, ehr.issue(SAM, audience=audience)) is None

    @pytest.mark.parametrize("other", [OTHER_ISSUER, "", f"{ISSUER}/", ISSUER.upper(), "https://evil.example"])
    async def test_token_of_another_issuer_is_refused(self, ehr: StaffTokenHarness, other: str) -> None:
        assert await ehr.tokens.verify(PRACTICE, ehr.issue(evolve(SAM, issuer=other))) is None

    async def test_each_practice_trusts_its_own_issuer(self, ehr: StaffTokenHarness) -> None:
        trusted = {}
        for issuer in (ISSUER, OTHER_ISSUER):
            for audience in (AUDIENCE, OTHER_AUDIENCE):
                token = ehr.issue(evolve(SAM, issuer=issuer), audience=audience)
                for practice_id in (PRACTICE, SISTER, NEIGHBOUR, STRANGER):
                    staff_identity = await ehr.tokens.verify(practice_id, token)
                    if staff_identity is not None:
                        assert staff_identity == evolve(SAM, issuer=issuer)
                        assert practice_id not in trusted
                        trusted[practice_id] = (issuer, audience)
        assert trusted == TRUSTING_PRACTICES

    async def test_forged_token_is_refused(self, ehr: StaffTokenHarness) -> None:
        assert await ehr.tokens.verify(PRACTICE, ehr.issue(SAM)) == SAM
        assert await ehr.tokens.verify(PRACTICE, ehr.forge(SAM)) is None

    @pytest.mark.parametrize("template", ["Bearer {}", " {}", "{}\n", "{}.", "{}.{}", "x{}", "{}\x00", "é{}"])
    async def test_altered_token_is_refused(self, ehr: StaffTokenHarness, template: str) -> None:
        token = ehr.issue(SAM)
        assert await ehr.tokens.verify(PRACTICE, template.format(token, token)) is None

    async def test_truncated_token_is_refused(self, ehr: StaffTokenHarness) -> None:
        token = ehr.issue(SAM)
        for part in (token[4:], token[:-4], token[: len(token) // 2], token.swapcase(), token[::-1]):
            assert await ehr.tokens.verify(PRACTICE, part) is None

    @pytest.mark.parametrize("text", ["", " ", ".", "..", "....", "null", "\x00", "\ud800", "é.é.é", "a" * 1_000_000])
    async def test_malformed_token_is_refused(self, ehr: StaffTokenHarness, text: str) -> None:
        assert await ehr.tokens.verify(PRACTICE, text) is None
        assert await ehr.tokens.verify(STRANGER, text) is None

    @given(st.text(st.characters(), max_size=80))
    async def test_any_text_is_refused_without_error(self, ehr: StaffTokenHarness, text: str) -> None:
        assert await ehr.tokens.verify(PRACTICE, text) is None
