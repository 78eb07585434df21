"""Request and response: authentication, cookies, throttling, errors as problems."""
