"""All checks. `nox` runs them all, `nox -s unit` only one; `nox -s deep` searches longer; `nox -s bench` measures."""

import tempfile
from pathlib import Path

import nox

nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["lint", "types", "imports", "unit", "integration", "docs", "wheel"]
PYTHON_PATHS = ("src", "tests", "bench", "docs", "noxfile.py")
# These suites mostly wait. All tests of a file run in one process, because they share a portal.
AT_ONCE = ("-n", "logical", "--maxprocesses", "4", "--dist", "loadfile")


def install(session: nox.Session) -> None:
    """Install the pinned packages and this one."""
    session.install("-q", "-r", "requirements-dev.txt")
    session.install("-q", "--no-deps", "-e", ".")


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, banned calls and formatting."""
    install(session)
    session.run("ruff", "check", *PYTHON_PATHS)
    session.run("ruff", "format", "--check", *PYTHON_PATHS)


@nox.session
def types(session: nox.Session) -> None:
    """Check types strictly."""
    install(session)
    session.run("mypy")


@nox.session
def imports(session: nox.Session) -> None:
    """Check which modules may import which."""
    install(session)
    session.run("lint-imports")


@nox.session
def unit(session: nox.Session) -> None:
    """Test the core on memory adapters, with full branch coverage."""
    install(session)
    session.run("coverage", "run", "-m", "pytest", "tests/unit", *session.posargs)
    session.run("coverage", "report")


@nox.session
def integration(session: nox.Session) -> None:
    """Run the same suites on PostgreSQL and the vendors' real clients; test HTTP and jobs."""
    install(session)
    session.run("pytest", "tests/integration", *AT_ONCE, *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Check that examples run, links work and generated pages are current."""
    install(session)
    session.run("pytest", "tests/docs", *AT_ONCE, *session.posargs)


@nox.session
def wheel(session: nox.Session) -> None:
    """Check in an empty environment that the wheel's core needs only attrs."""
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
    """Run each property test and state machine with a thousand examples."""
    install(session)
    session.run("pytest", "tests/unit", "tests/integration", *session.posargs, env={"HYPOTHESIS_PROFILE": "deep"})


@nox.session
def bench(session: nox.Session) -> None:
    """Measure the portal and print a table of ratios."""
    install(session)
    session.run("python", "-m", "bench", *session.posargs)


@nox.session
def lock(session: nox.Session) -> None:
    """Pin the dependencies again, with hashes and without index URLs."""
    session.install("-q", "uv")
    common = ["--python-version", "3.11", "--universal", "--generate-hashes", "--no-header", "-q"]
    common += ["--no-emit-index-url", "--no-emit-find-links"]
    common += ["--extra", "server", "--extra", "embedded", "--extra", "aws"]
    for target, more in (("requirements.txt", []), ("requirements-dev.txt", ["--group", "dev"])):
        session.run("uv", "pip", "compile", "pyproject.toml", *common, *more, "-o", target)
