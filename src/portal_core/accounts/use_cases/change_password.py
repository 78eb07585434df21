"""Change the password of a signed-in person."""

from attrs import frozen

from portal_core.accounts.identity_provider import Credential, Passwords, PasswordStrength
from portal_core.accounts.password_policy import check_new_password, forbidden_words
from portal_core.accounts.ports import SignInUnit
from portal_core.accounts.reauthentication import Reauthentication, current_account
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_account_holder
from portal_core.kernel.notices import PASSWORD_CHANGED
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen
class ChangePasswordCommand:
    """`code` is required for accounts with a second factor."""

    current_password: str
    new_password: str
    code: str = ""


@frozen
class ChangePassword:
    """Sets a new password, ends the account's other sessions, and notifies the account.

    The other sessions end before the provider is called, so that a crash cannot leave an intruder signed in.

    Raises:
        Unauthenticated: nobody is signed in.
        InvalidPassword: the new password does not meet the policy; the person's names and date of birth count as
            context.
        RateLimited: too many attempts.
        WrongPassword, CodeRefused: the current password or the code is wrong; audited.
    """

    begin: Begin[SignInUnit]
    clock: Clock
    passwords: Passwords
    strength: PasswordStrength
    reauthentication: Reauthentication

    async def __call__(self, actor: Actor, command: ChangePasswordCommand) -> None:
        async with self.begin(actor) as unit:
            holder = require_account_holder(actor)
            account = await current_account(unit, holder)
            rules = await unit.account_rules.get()
            context = await unit.people.password_context(account)
        words = forbidden_words(account.email, rules.practice_name, *context)
        password = await check_new_password(
            command.new_password, rules=rules, words=words, strength=self.strength, path="new_password"
        )
        account = await self.reauthentication.by_all_factors(
            actor, command.current_password, command.code, password_path="current_password"
        )
        async with self.begin(actor) as unit:
            entry = AuditEntry("account.password_changing", account.id, account.client_id)
            await unit.sessions.end_all(account.id, self.clock.now(), entry, keep=holder.session_id)
            await unit.commit(None)
        await self.passwords.set(Credential.of(account), password)
        async with self.begin(actor) as unit:
            await unit.audit.record(AuditEntry("account.password_changed", account.id, account.client_id))
            await unit.outbox.notify(PASSWORD_CHANGED.to_account(account.id, subject_id=account.id))
            await unit.commit(None)
