"""Each feature's repositories; `UNIT` of a module says whose unit they satisfy, so that the type checker sees it."""
