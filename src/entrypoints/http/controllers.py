"""Every controller, by where it is mounted: portal and practice under their prefixes, others under their own paths."""

from litestar import Controller

PORTAL: tuple[type[Controller], ...] = ()
PRACTICE: tuple[type[Controller], ...] = ()
OTHER: tuple[type[Controller], ...] = ()
