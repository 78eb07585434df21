"""All the checks. `nox` runs every one; `nox -s unit` one; `nox -s deep` looks for rarer failures; `nox -s bench`."""

import tempfile
from pathlib import Path

import nox

nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["lint", "types", "imports", "unit", "integration", "docs", "wheel"]
PYTHON_PATHS = ("src", "tests", "bench", "docs", "noxfile.py")
# These suites wait more than they compute. A file stays in one process, whose portal its tests share.
AT_ONCE = ("-n", "logical", "--maxprocesses", "4", "--dist", "loadfile")


def install(session: nox.Session) -> None:
    """The pinned packages and this one."""
    session.install("-q", "-r", "requirements-dev.txt")
    session.install("-q", "--no-deps", "-e", ".")


@nox.session
def lint(session: nox.Session) -> None:
    """Style, banned calls, format."""
    install(session)
    session.run("ruff", "check", *PYTHON_PATHS)
    session.run("ruff", "format", "--check", *PYTHON_PATHS)


@nox.session
def types(session: nox.Session) -> None:
    """Strict types."""
    install(session)
    session.run("mypy")


@nox.session
def imports(session: nox.Session) -> None:
    """Who may import whom."""
    install(session)
    session.run("lint-imports")


@nox.session
def unit(session: nox.Session) -> None:
    """The core on memory adapters, every branch."""
    install(session)
    session.run("coverage", "run", "-m", "pytest", "tests/unit", *session.posargs)
    session.run("coverage", "report")


@nox.session
def integration(session: nox.Session) -> None:
    """The same suites on PostgreSQL and the vendors' real clients; HTTP; jobs."""
    install(session)
    session.run("pytest", "tests/integration", *AT_ONCE, *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """The examples run, the links lead somewhere, the generated pages are fresh."""
    install(session)
    session.run("pytest", "tests/docs", *AT_ONCE, *session.posargs)


@nox.session
def wheel(session: nox.Session) -> None:
    """The wheel, in an environment with nothing else: the core needs attrs alone."""
    session.install("-q", "build")
    with tempfile.TemporaryDirectory() as folder:
        session.run("python", "-m", "build", "--wheel", "--outdir", folder, silent=True)
        built = next(Path(folder).glob("*.whl"))
        empty = Path(folder) / "empty"
        session.run("python", "-m", "venv", str(empty))
        python = str(empty / "bin" / "python")
        session.run(python, "-m", "pip", "install", "-q", str(built), external=True)
        session.run(python, "tests/wheel_check.py", external=True, env={"PYTHONPATH": ""})


@nox.session
def deep(session: nox.Session) -> None:
    """A thousand examples for each property and state machine."""
    install(session)
    session.run("pytest", "tests/unit", "tests/integration", *session.posargs, env={"HYPOTHESIS_PROFILE": "deep"})


@nox.session
def bench(session: nox.Session) -> None:
    """One table of ratios, each pair measured in turn."""
    install(session)
    session.run("python", "-m", "bench", *session.posargs)


@nox.session
def lock(session: nox.Session) -> None:
    """Pin the dependencies again, with hashes and without naming a host."""
    session.install("-q", "uv")
    common = ["--python-version", "3.11", "--universal", "--generate-hashes", "--no-header", "-q"]
    common += ["--no-emit-index-url", "--no-emit-find-links"]
    common += ["--extra", "server", "--extra", "embedded", "--extra", "aws"]
    for target, more in (("requirements.txt", []), ("requirements-dev.txt", ["--group", "dev"])):
        session.run("uv", "pip", "compile", "pyproject.toml", *common, *more, "-o", target)
