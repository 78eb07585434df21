"""Reads what a page needs before anybody has signed in."""

from attrs import frozen

from portal_core.accounts.invitation_ports import AccountsUnit
from portal_core.accounts.password_policy import MAX_LENGTH
from portal_core.accounts.views import PasswordRulesView, StartView
from portal_core.kernel.actor import Actor
from portal_core.kernel.languages import LANGUAGES
from portal_core.kernel.uow import Begin
from portal_core.people.crisis_lines import CRISIS_LINES
from portal_core.people.views import PracticeContactView


@frozen
class GetStart:
    """The practice, its languages, crisis lines and rules for passwords. For everybody, visitors as well."""

    begin: Begin[AccountsUnit]

    async def __call__(self, actor: Actor) -> StartView:
        async with self.begin(actor, read_only=True) as unit:
            practice, settings = await unit.read_together(unit.practice_record.get(), unit.account_settings.get())
            return StartView(
                practice=PracticeContactView.of(practice),
                languages=LANGUAGES,
                crisis_lines=CRISIS_LINES,
                password_rules=PasswordRulesView(settings.value.min_password_length, MAX_LENGTH),
            )
