"""Account controllers of the practice side: invitations, proxies, second factors."""
