"""All use cases of signing in over memory, and helpers for common steps."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from attrs import define, field

from adapters.local.password_strength import ZxcvbnStrength
from adapters.local.turns import LocalTurns
from adapters.memory.accounts.identity_provider import (
    MemoryCredentials,
    MemoryMailedCodes,
    MemoryPasswords,
    MemoryPool,
    MemorySecondFactors,
    MemoryStaffTokens,
    totp,
)
from adapters.memory.engine.limits import MemoryRateLimits
from portal_core.accounts.identity_provider import Credential
from portal_core.accounts.model import Account, Side
from portal_core.accounts.reauthentication import Reauthentication
from portal_core.accounts.session_factory import SessionFactory
from portal_core.accounts.use_cases.authenticate import Authenticate, AuthenticateCommand, Authenticated
from portal_core.accounts.use_cases.change_password import ChangePassword
from portal_core.accounts.use_cases.close_account import CloseAccount
from portal_core.accounts.use_cases.confirm_second_factor import ConfirmSecondFactor, ConfirmSecondFactorCommand
from portal_core.accounts.use_cases.end_credential import EndCredential
from portal_core.accounts.use_cases.end_session import EndSession
from portal_core.accounts.use_cases.enroll_second_factor import EnrollSecondFactor, EnrollSecondFactorCommand
from portal_core.accounts.use_cases.extend_session import ExtendSession
from portal_core.accounts.use_cases.finish_password_resets import FinishPasswordResets
from portal_core.accounts.use_cases.link_oidc_identity import LinkOidcIdentity
from portal_core.accounts.use_cases.list_sessions import ListSessions
from portal_core.accounts.use_cases.process_email_request import ProcessEmailRequest
from portal_core.accounts.use_cases.refresh_session import RefreshSession, RefreshSessionCommand
from portal_core.accounts.use_cases.register_account import RegisterAccount, RegisterAccountCommand
from portal_core.accounts.use_cases.remove_second_factor import RemoveSecondFactor
from portal_core.accounts.use_cases.renew_recovery_codes import RenewRecoveryCodes
from portal_core.accounts.use_cases.request_password_reset import RequestPasswordReset, RequestPasswordResetCommand
from portal_core.accounts.use_cases.resend_verification import ResendVerification
from portal_core.accounts.use_cases.reset_password import ResetPassword, ResetPasswordCommand
from portal_core.accounts.use_cases.reset_second_factor import ResetSecondFactor
from portal_core.accounts.use_cases.send_mailed_code import SendMailedCode, SendMailedCodeCommand
from portal_core.accounts.use_cases.sign_in import SignIn, SignInCommand
from portal_core.accounts.use_cases.sign_in_with_oidc import SignInWithOidc
from portal_core.accounts.use_cases.sign_out import SignOut
from portal_core.accounts.use_cases.sign_out_person import SignOutPerson
from portal_core.accounts.use_cases.verify_email import VerifyEmail, VerifyEmailCommand
from portal_core.accounts.use_cases.verify_second_factor import VerifySecondFactor, VerifySecondFactorCommand
from portal_core.accounts.use_cases.withdraw_excluded_invitations import WithdrawExcludedInvitations
from portal_core.accounts.views import SecondFactorChallenge, SessionTokens
from portal_core.kernel.actor import AccountHolder, Origin, SystemActor, VisitorActor
from tests.support.clock import CountingTokens
from tests.support.contracts.accounts.staff_tokens import AUDIENCE, ISSUER
from tests.support.contracts.accounts.world import DATE_OF_BIRTH
from tests.unit.accounts.memory_world import MemoryAccountsWorld

ANN = "ann@example.org"
BOB = "bob@example.org"
STAFF = "sam@elm.example.org"
PASSWORD = "correct horse battery"
OTHER = "staple entirely anew"
STEP = timedelta(seconds=30)
CODE_NOTICE_KINDS = ("verify_email", "reset_password")


@define
class AccountUseCases:
    """The use cases of one practice. Each address is used for at most one sign-in, unless a test names it."""

    world: MemoryAccountsWorld = field(factory=MemoryAccountsWorld)
    tokens: CountingTokens = field(factory=CountingTokens)
    pool: MemoryPool = field(init=False)
    codes: MemoryMailedCodes = field(init=False)
    passwords: MemoryPasswords = field(init=False)
    second_factors: MemorySecondFactors = field(init=False)
    credentials: MemoryCredentials = field(init=False)
    strength: ZxcvbnStrength = field(init=False)
    limits: MemoryRateLimits = field(init=False)
    staff_tokens: MemoryStaffTokens = field(init=False)
    reauthentication: Reauthentication = field(init=False)
    register: RegisterAccount = field(init=False)
    resend: ResendVerification = field(init=False)
    request_password_reset: RequestPasswordReset = field(init=False)
    process_email_request: ProcessEmailRequest = field(init=False)
    send_code: SendMailedCode = field(init=False)
    disable: EndCredential = field(init=False)
    verify: VerifyEmail = field(init=False)
    reset: ResetPassword = field(init=False)
    finish_password_resets: FinishPasswordResets = field(init=False)
    sign_in: SignIn = field(init=False)
    verify_second_factor: VerifySecondFactor = field(init=False)
    sign_in_with_oidc: SignInWithOidc = field(init=False)
    link_oidc: LinkOidcIdentity = field(init=False)
    authenticate: Authenticate = field(init=False)
    refresh: RefreshSession = field(init=False)
    extend: ExtendSession = field(init=False)
    sign_out: SignOut = field(init=False)
    list_sessions: ListSessions = field(init=False)
    end_session: EndSession = field(init=False)
    change_password: ChangePassword = field(init=False)
    enroll: EnrollSecondFactor = field(init=False)
    confirm: ConfirmSecondFactor = field(init=False)
    remove: RemoveSecondFactor = field(init=False)
    reset_factor: ResetSecondFactor = field(init=False)
    sign_out_person: SignOutPerson = field(init=False)
    renew_codes: RenewRecoveryCodes = field(init=False)
    close: CloseAccount = field(init=False)
    _addresses: int = field(init=False, default=0)
    _delivered: int = field(init=False, default=0)
    _jobs_done: int = field(init=False, default=0)

    def __attrs_post_init__(self) -> None:
        world, clock, ids, tokens = self.world, self.world.clock, self.world.ids, self.tokens
        begin, live = world.begin, world.live
        self.pool = MemoryPool(clock, tokens)
        self.codes, self.passwords = MemoryMailedCodes(self.pool), MemoryPasswords(self.pool)
        self.second_factors, self.credentials = MemorySecondFactors(self.pool), MemoryCredentials(self.pool)
        self.strength, self.limits, self.staff_tokens = (
            ZxcvbnStrength(),
            MemoryRateLimits(clock),
            MemoryStaffTokens(clock, {world.practice_id: (ISSUER, AUDIENCE)}),
        )
        reauthentication = Reauthentication(begin, self.passwords, self.second_factors, self.limits)
        self.reauthentication = reauthentication
        self.register = RegisterAccount(begin, clock, ids, self.limits)
        self.resend = ResendVerification(begin, clock, ids, self.limits)
        self.request_password_reset = RequestPasswordReset(begin, clock, ids, self.limits)
        self.process_email_request = ProcessEmailRequest(begin, clock, ids)
        self.send_code = SendMailedCode(begin, self.codes)
        self.disable = EndCredential(begin, self.credentials)
        self.verify = VerifyEmail(begin, self.codes, self.strength, self.limits)
        self.reset = ResetPassword(begin, clock, ids, self.codes, self.strength, self.limits)
        self.finish_password_resets = FinishPasswordResets(begin, clock, self.passwords)
        self.sign_in = SignIn(begin, clock, ids, tokens, self.limits, LocalTurns(), self.passwords)
        self.verify_second_factor = VerifySecondFactor(begin, clock, ids, tokens, self.limits, self.second_factors)
        self.sign_in_with_oidc = SignInWithOidc(begin, clock, ids, tokens, self.limits, self.staff_tokens)
        self.link_oidc = LinkOidcIdentity(begin, self.limits, reauthentication, self.staff_tokens)
        self.authenticate = Authenticate(live, begin, clock)
        self.refresh = RefreshSession(begin, clock, tokens, self.limits)
        self.extend = ExtendSession(begin, live, clock)
        self.sign_out = SignOut(begin, clock)
        self.list_sessions = ListSessions(begin, clock)
        self.end_session = EndSession(begin, clock)
        self.change_password = ChangePassword(begin, clock, self.passwords, self.strength, reauthentication)
        self.enroll = EnrollSecondFactor(begin, clock, self.second_factors, self.limits)
        self.confirm = ConfirmSecondFactor(begin, clock, tokens, self.second_factors, self.limits)
        self.remove = RemoveSecondFactor(begin, clock, self.second_factors, reauthentication)
        self.reset_factor = ResetSecondFactor(begin, clock, self.second_factors)
        self.sign_out_person = SignOutPerson(begin, clock)
        self.renew_codes = RenewRecoveryCodes(begin, tokens, reauthentication)
        self.close = CloseAccount(begin, clock, reauthentication)

    # --- who ----------------------------------------------------------------------------------------------------------

    @property
    def system(self) -> SystemActor:
        return self.world.system

    def visitor(self, address: str = "") -> VisitorActor:
        """A visitor at this address, or at a new one if none is given."""
        if not address:
            self._addresses += 1
            address = f"198.51.100.{self._addresses}"
        return VisitorActor(self.world.practice_id, Origin(address, "Firefox on Linux"))

    async def holder(self, tokens: SessionTokens | str, **more: Any) -> AccountHolder:
        return (await self.authenticated(tokens, **more)).actor

    async def authenticated(self, tokens: SessionTokens | str, *, active: bool = True, **more: Any) -> Authenticated:
        """Authenticate an access token; by default as activity, on a route that permits enrolling."""
        token = tokens if isinstance(tokens, str) else tokens.access_token
        more.setdefault("enrollment_exempt", True)
        return await self.authenticate(AuthenticateCommand(self.world.practice_id, token, active, **more))

    # --- what the worker does -----------------------------------------------------------------------------------------

    async def work(self) -> list[tuple[str, UUID]]:
        """Run new jobs and deliver new notices; returns the notices as kind and account."""
        jobs = await self.world.jobs()
        for name, ids in jobs[self._jobs_done :]:
            if name == "process_email_request":
                await self.process_email_request(self.system, ids["email_request_id"])
            elif name == "end_credential":
                await self.disable(self.system, ids["account_id"])
            elif name == "withdraw_excluded_invitations":
                await WithdrawExcludedInvitations(self.world.begin)(self.system, ids["account_id"])
            else:
                assert name in ("account_closed", "password_reset"), name  # handled by other features
        self._jobs_done = len(jobs)
        notices = self.world.notices[self._delivered :]
        self._delivered += len(notices)
        delivered = []
        for notice in notices:
            assert notice.to_account is not None
            assert notice.notice_class == "security"
            if notice.kind in CODE_NOTICE_KINDS:
                await self.send_code(self.system, SendMailedCodeCommand(notice.to_account, notice.kind))  # type: ignore[arg-type]
            delivered.append((notice.kind, notice.to_account))
        return delivered

    def mailed(self, email: str = ANN) -> list[str]:
        """The codes mailed to this email, oldest first."""
        return [mail.code for mail in self.pool.mailbox if mail.credential.email == email]

    # --- what people do -----------------------------------------------------------------------------------------------

    async def add_client_account(self, email: str = ANN, password: str = PASSWORD) -> Account:
        """Add a client who registered, verified their email and set a password."""
        await self.world.add_client(email)
        await self.register(self.visitor(), RegisterAccountCommand(email, DATE_OF_BIRTH))
        await self.work()
        await self.verify(self.visitor(), VerifyEmailCommand(email, self.mailed(email)[-1], password))
        return await self.account(email)

    async def reset_forgotten_password(self, email: str = ANN, password: str = OTHER, *, side: Side = "portal") -> None:
        """Reset the password with a mailed code."""
        await self.request_password_reset(self.visitor(), RequestPasswordResetCommand(email, side))
        await self.work()
        await self.reset(self.visitor(), ResetPasswordCommand(email, self.mailed(email)[-1], password, side))

    async def add_staff_account(self, email: str = STAFF, password: str = PASSWORD) -> Account:
        """Add a staff member with an account and a password."""
        account = await self.world.account(email, kind="staff")
        await self.passwords.create(Credential.of(account), password)
        return account

    async def account(self, email: str = ANN, side: Side = "portal") -> Account:
        async with self.world.begin(self.system) as unit:
            found: Account | None = await unit.accounts.find_by_email(side, email)
        assert found is not None
        return found

    async def attempt_sign_in(
        self, email: str = ANN, password: str = PASSWORD, *, side: Side = "portal", address: str = ""
    ) -> SessionTokens | SecondFactorChallenge:
        return await self.sign_in(self.visitor(address), SignInCommand(email, password, "bearer", side))

    async def signed_in(self, email: str = ANN, password: str = PASSWORD, *, side: Side = "portal") -> SessionTokens:
        opened = await self.attempt_sign_in(email, password, side=side)
        assert isinstance(opened, SessionTokens)
        return opened

    async def open_session_for(self, account: Account, *, multi_factor: bool = True) -> SessionTokens:
        """Open a session, as every way of signing in does at its end."""
        session_factory = SessionFactory(self.world.clock, self.world.ids, self.tokens)
        async with self.world.begin(self.visitor()) as unit:
            opened = await session_factory.open(
                unit, account, kind="bearer", multi_factor=multi_factor, origin=Origin()
            )
            await unit.commit(None)
        return opened

    async def challenge(
        self, email: str = ANN, password: str = PASSWORD, *, side: Side = "portal"
    ) -> SecondFactorChallenge:
        challenge = await self.attempt_sign_in(email, password, side=side)
        assert isinstance(challenge, SecondFactorChallenge)
        return challenge

    async def answer_challenge(
        self, challenge: SecondFactorChallenge, code: str, *, side: Side = "portal", address: str = ""
    ) -> SessionTokens:
        return await self.verify_second_factor(
            self.visitor(address), VerifySecondFactorCommand(challenge.challenge, code, side)
        )

    async def refreshed(self, token: str, *, side: Side = "portal") -> SessionTokens:
        """Refresh a session with a refresh token."""
        return await self.refresh(self.visitor(), RefreshSessionCommand(token, side))

    async def enrolled(self, tokens: SessionTokens, password: str = PASSWORD) -> tuple[str, tuple[str, ...]]:
        """Set up a second factor; returns its secret and the recovery codes. The code used is then two steps old."""
        actor = await self.holder(tokens)
        enrollment = await self.enroll(actor, EnrollSecondFactorCommand(password))
        recovery = await self.confirm(actor, ConfirmSecondFactorCommand(self.totp(enrollment.secret)))
        self.world.clock.advance(2 * STEP)
        return enrollment.secret, recovery.codes

    def totp(self, secret: str, steps: int = 0) -> str:
        return totp(secret, self.world.clock.now() + steps * STEP)

    async def actions(self) -> list[str]:
        return [entry.action for entry in await self.world.audit()]
