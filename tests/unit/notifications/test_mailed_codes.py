"""From a notice that requests a code to the mail with the code, through the accounts' use cases."""

from datetime import timedelta
from uuid import UUID

import pytest
from attrs import define, evolve, field

from adapters.codes import AccountCodes
from portal_core.accounts.email_change import EmailChange
from portal_core.accounts.identity_provider import Credential, MailedCodePurpose, MailedCodes
from portal_core.accounts.invitations import Invitation, InvitationKind
from portal_core.accounts.use_cases.issue_email_change_code import IssueEmailChangeCode
from portal_core.accounts.use_cases.issue_invitation_code import IssueInvitationCode
from portal_core.accounts.use_cases.send_mailed_code import SendMailedCode
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.time_zones import zone_info
from portal_core.notifications.ports import CodeRequest, Mail
from portal_core.notifications.safe_email import SafeEmailVerification
from portal_core.notifications.use_cases.mail_code import MailCode
from portal_core.notifications.use_cases.mail_safe_email_code import MailSafeEmailCode
from tests.support.clock import CountingTokens
from tests.support.notifications.fake_delivery import FakeDelivery
from tests.unit.notifications.memory_world import MemoryNotificationsWorld

KEY = UUID(int=7)


@define
class Provider(MailedCodes):
    """An identity provider that mails by itself."""

    sent: list[tuple[UUID, MailedCodePurpose]] = field(factory=list)

    async def send(self, credential: Credential, purpose: MailedCodePurpose) -> None:
        self.sent.append((credential.account_id, purpose))

    async def redeem(self, credential: Credential, purpose: MailedCodePurpose, code: str, password: str) -> bool:
        return False


@define
class CodesScenario:
    """All that codes need, in one practice."""

    world: MemoryNotificationsWorld = field(factory=MemoryNotificationsWorld)
    provider: Provider = field(factory=Provider)
    post: FakeDelivery = field(factory=FakeDelivery)

    @property
    def codes(self) -> AccountCodes:
        begin, clock, tokens = self.world.begin, self.world.clock, CountingTokens()
        return AccountCodes(
            SendMailedCode(begin, self.provider),
            IssueInvitationCode(begin, clock, tokens),
            IssueEmailChangeCode(begin, clock, tokens),
            MailSafeEmailCode(begin, clock, tokens, self.post),
            MailCode(begin, self.post),
        )

    async def send(self, order: CodeRequest) -> bool:
        return await self.codes.send_code(self.world.system, order)


@pytest.fixture
def codes_scenario() -> CodesScenario:
    return CodesScenario()


async def test_provider_mails_codes_for_the_sign_in_email(codes_scenario: CodesScenario) -> None:
    account = await codes_scenario.world.add_account("a@example.org", status="unverified")
    assert await codes_scenario.send(CodeRequest(KEY, "verify_email", account))
    assert await codes_scenario.send(
        CodeRequest(KEY, "reset_password", await codes_scenario.world.add_account("b@example.org"))
    )
    assert codes_scenario.provider.sent[0] == (account, "verify_email")
    assert [purpose for _, purpose in codes_scenario.provider.sent] == ["verify_email", "reset_password"]
    assert codes_scenario.post.taken == []


@pytest.mark.parametrize(
    ("kind", "language", "said"),
    [
        ("client", "es", "Use el código CODE0001 para abrir su cuenta"),
        ("client", None, "Use the code CODE0001"),
        ("proxy", "es", "Use the code CODE0001"),
    ],
)
async def test_an_invitation_is_in_the_language_of_whom_it_invites(
    codes_scenario: CodesScenario, kind: InvitationKind, language: str | None, said: str
) -> None:
    world, now = codes_scenario.world, codes_scenario.world.clock.now()
    client = await world.add_client(language=language, time_zone="America/Denver")
    invitation = Invitation(
        world.ids.new(), world.practice_id, kind, "new@example.org", now, now + timedelta(days=7), client_id=client
    )
    async with world.begin(world.system) as unit:
        await unit.invitations.add(invitation, AuditEntry("test.wrote"))
        await unit.commit(None)
    assert await codes_scenario.send(CodeRequest(KEY, "invitation", subject_id=invitation.id))
    (mail,) = codes_scenario.post.taken
    assert isinstance(mail, Mail)
    assert said in mail.body
    until = invitation.expires_at.astimezone(zone_info("America/New_York"))
    assert (f"{until:%B} {until.day} at " if "Use the" in said else f"{until.day} de ") in mail.body


async def test_invitation_code_is_generated_when_mailed(codes_scenario: CodesScenario) -> None:
    world, now = codes_scenario.world, codes_scenario.world.clock.now()
    client = await world.add_client()
    invitation = Invitation(
        world.ids.new(), world.practice_id, "client", "new@example.org", now, now + timedelta(days=7), client_id=client
    )
    async with world.begin(world.system) as unit:
        await unit.invitations.add(invitation, AuditEntry("test.wrote"))
        await unit.commit(None)
    order = CodeRequest(KEY, "invitation", subject_id=invitation.id)
    assert await codes_scenario.send(order)
    (mail,) = codes_scenario.post.taken
    assert isinstance(mail, Mail)
    assert (mail.key, mail.to, mail.sender_name) == (KEY, "new@example.org", "Elm Street")
    assert "CODE0001" in mail.body
    async with world.begin(world.system) as unit:
        kept = await unit.invitations.get(invitation.id)
    assert kept is not None
    assert kept.matches_code("CODE0001")
    world.clock.advance(timedelta(days=7))
    assert not await codes_scenario.send(order)
    assert len(codes_scenario.post.taken) == 1


async def test_email_change_code_goes_to_the_new_address(codes_scenario: CodesScenario) -> None:
    world, now = codes_scenario.world, codes_scenario.world.clock.now()
    account = await world.add_account("old@example.org")
    change = EmailChange(
        world.ids.new(),
        world.practice_id,
        account,
        "old@example.org",
        "new@example.org",
        now,
        now + timedelta(hours=1),
    )
    async with world.begin(world.system) as unit:
        await unit.email_changes.add(change, AuditEntry("test.wrote"))
        await unit.commit(None)
    order = CodeRequest(KEY, "change_email", account, change.id)
    assert await codes_scenario.send(order)
    (mail,) = codes_scenario.post.taken
    assert isinstance(mail, Mail)
    assert mail.to == "new@example.org"
    assert not await codes_scenario.send(evolve(order, account_id=UUID(int=99)))


async def test_safe_email_code_goes_to_the_safe_email(codes_scenario: CodesScenario) -> None:
    world = codes_scenario.world
    account = await world.add_account("a@example.org")
    verification = SafeEmailVerification.started(account, world.ids.new(), "safe@example.org", world.clock.now(), None)
    await world.keep_verification(verification)
    order = CodeRequest(KEY, "safe_email", account, verification.id)
    assert await codes_scenario.send(order)
    (mail,) = codes_scenario.post.taken
    assert isinstance(mail, Mail)
    assert (mail.key, mail.to) == (KEY, "safe@example.org")
    assert not await codes_scenario.send(evolve(order, subject_id=UUID(int=99)))


@pytest.mark.parametrize("purpose", ["verify_email", "reset_password", "change_email", "invitation", "safe_email"])
async def test_code_request_without_ids_sends_nothing(codes_scenario: CodesScenario, purpose: str) -> None:
    assert not await codes_scenario.send(CodeRequest(KEY, purpose))  # type: ignore[arg-type]
    assert (codes_scenario.post.taken, codes_scenario.provider.sent) == ([], [])
