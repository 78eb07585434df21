"""Imports what the commands of `portal` import when they run; see `prepared_process`."""

from importlib import import_module

for name in (
    "entrypoints.cli",
    "entrypoints.commands.import_report",
    "entrypoints.config_check",
    "entrypoints.container",
    "entrypoints.import_file",
    "entrypoints.jobs.queue",
    "portal_core.accounts.use_cases.import_with_guardians",
):
    import_module(name)
