"""The practice's side of accounts: invitations, proxies, second factors."""
