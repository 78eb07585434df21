"""From a notice that asks for a code to the mail that carries it, by the accounts' own use cases."""

from datetime import timedelta
from uuid import UUID

import pytest
from attrs import define, evolve, field

from adapters.codes import AccountCodes
from portal_core.accounts.identity import Credential, MailedCodePurpose, MailedCodes
from portal_core.accounts.invitations import EmailChange, Invitation
from portal_core.accounts.use_cases.issue_email_change_code import IssueEmailChangeCode
from portal_core.accounts.use_cases.issue_invitation_code import IssueInvitationCode
from portal_core.accounts.use_cases.send_mailed_code import SendMailedCode
from portal_core.kernel.audit import Audited
from portal_core.notifications.ports import CodeOrder, Mail
from portal_core.notifications.safe_email import SafeEmailProof
from portal_core.notifications.use_cases.mail_code import MailCode
from portal_core.notifications.use_cases.mail_safe_email_code import MailSafeEmailCode
from tests.support.clock import CountingTokens
from tests.support.notifications.fake_delivery import Post
from tests.unit.notifications.memory_world import MemoryWorld

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
class Office:
    """All that codes need, in one practice."""

    world: MemoryWorld = field(factory=MemoryWorld)
    provider: Provider = field(factory=Provider)
    post: Post = field(factory=Post)

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

    async def send(self, order: CodeOrder) -> bool:
        return await self.codes.send_code(self.world.system, order)


@pytest.fixture
def office() -> Office:
    return Office()


async def test_the_provider_mails_what_proves_a_sign_in_email(office: Office) -> None:
    account = await office.world.add_account("a@example.org", status="unverified")
    assert await office.send(CodeOrder(KEY, "verify_email", account))
    assert await office.send(CodeOrder(KEY, "reset_password", await office.world.add_account("b@example.org")))
    assert office.provider.sent[0] == (account, "verify_email")
    assert [purpose for _, purpose in office.provider.sent] == ["verify_email", "reset_password"]
    assert office.post.taken == []


async def test_an_invitation_s_code_is_made_when_it_is_mailed(office: Office) -> None:
    world, now = office.world, office.world.clock.now()
    client = await world.add_client()
    invitation = Invitation(
        world.ids.new(), world.practice_id, "client", "new@example.org", now, now + timedelta(days=7), client_id=client
    )
    async with world.begin(world.system) as unit:
        await unit.invitations.add(invitation, Audited("test.wrote"))
        await unit.commit(None)
    order = CodeOrder(KEY, "invitation", about=invitation.id)
    assert await office.send(order)
    (mail,) = office.post.taken
    assert isinstance(mail, Mail)
    assert (mail.key, mail.to, mail.sender_name) == (KEY, "new@example.org", "Elm Street")
    assert "CODE0001" in mail.body
    async with world.begin(world.system) as unit:
        kept = await unit.invitations.get(invitation.id)
    assert kept is not None
    assert kept.answers("CODE0001")
    world.clock.advance(timedelta(days=7))
    assert not await office.send(order)
    assert len(office.post.taken) == 1


async def test_a_change_of_email_is_proven_at_the_new_address(office: Office) -> None:
    world, now = office.world, office.world.clock.now()
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
        await unit.email_changes.add(change, Audited("test.wrote"))
        await unit.commit(None)
    order = CodeOrder(KEY, "change_email", account, change.id)
    assert await office.send(order)
    (mail,) = office.post.taken
    assert isinstance(mail, Mail)
    assert mail.to == "new@example.org"
    assert not await office.send(evolve(order, account_id=UUID(int=99)))


async def test_a_safe_email_is_proven_at_that_address(office: Office) -> None:
    world = office.world
    account = await world.add_account("a@example.org")
    proof = SafeEmailProof.asked(account, world.ids.new(), "safe@example.org", world.clock.now(), None)
    await world.keep_proof(proof)
    order = CodeOrder(KEY, "safe_email", account, proof.id)
    assert await office.send(order)
    (mail,) = office.post.taken
    assert isinstance(mail, Mail)
    assert (mail.key, mail.to) == (KEY, "safe@example.org")
    assert not await office.send(evolve(order, about=UUID(int=99)))


@pytest.mark.parametrize("purpose", ["verify_email", "reset_password", "change_email", "invitation", "safe_email"])
async def test_an_order_that_names_nobody_sends_nothing(office: Office, purpose: str) -> None:
    assert not await office.send(CodeOrder(KEY, purpose))  # type: ignore[arg-type]
    assert (office.post.taken, office.provider.sent) == ([], [])
