"""Controllers of accounts. Sign-in, second factors and sessions exist on both sides, with their own operation ids."""

from entrypoints.http.accounts.passwords import password_controller
from entrypoints.http.accounts.practice.erasures import ErasuresController
from entrypoints.http.accounts.practice.invitations import InvitationsController
from entrypoints.http.accounts.practice.proxies import ProxiesController
from entrypoints.http.accounts.practice.second_factors import SecondFactorsController
from entrypoints.http.accounts.practice.settings import AccountSettingsController
from entrypoints.http.accounts.registration import RegistrationController, invitation_controller
from entrypoints.http.accounts.second_factor import second_factor_controller
from entrypoints.http.accounts.sessions import sessions_controller
from entrypoints.http.accounts.sign_in import OidcController, sign_in_controller
from entrypoints.http.accounts.start import start_controller

PORTAL = (
    start_controller("portal"),
    RegistrationController,
    invitation_controller("portal"),
    sign_in_controller("portal"),
    password_controller("portal"),
    second_factor_controller("portal"),
    sessions_controller("portal"),
)
PRACTICE = (
    start_controller("practice"),
    invitation_controller("practice"),
    sign_in_controller("practice"),
    OidcController,
    password_controller("practice"),
    second_factor_controller("practice"),
    sessions_controller("practice"),
    ProxiesController,
    SecondFactorsController,
    ErasuresController,
    InvitationsController,
    AccountSettingsController,
)
