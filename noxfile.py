"""All checks. `nox` runs them all, `nox -s unit` only one; docs/how-to/run-the-tests.md lists the others.

What follows `--` goes to pytest. Options are added; paths replace the suite: `nox -s unit -- tests/unit/access -x`.
"""

import os
import tempfile
from pathlib import Path

import nox

nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["lint", "types", "imports", "unit", "integration", "docs", "wheel"]
PYTHON_PATHS = ("src", "tests", "bench", "docs", "noxfile.py")
# One process more than processors, because most tests also wait.
AT_ONCE = ("-n", str(min(os.cpu_count() or 1, 8) + 1), "--dist", "worksteal")
# The modules are compiled once, not again in each process that the tests start.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def install(session: nox.Session) -> None:
    """Install the pinned packages and this one."""
    session.install("-q", "-r", "requirements-dev.txt")
    session.install("-q", "--no-deps", "-e", ".")


def run_pytest(session: nox.Session, *suite: str) -> None:
    """Run a suite in several processes, or what the arguments name in one.

    Each process takes neighboring tests, which share databases and portals, until it has to help another.
    """
    a_part = any(one.startswith("tests/") for one in session.posargs)
    options = () if a_part else (*suite, *AT_ONCE)
    session.run("pytest", *options, *session.posargs)


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
    """Test the core on memory adapters; the whole suite covers every branch."""
    install(session)
    run_pytest(session, "tests/unit", *([] if session.posargs else ["--cov"]))


@nox.session
def integration(session: nox.Session) -> None:
    """Run the same suites on PostgreSQL and the vendors' real clients; test HTTP and jobs."""
    install(session)
    run_pytest(session, "tests/integration")


@nox.session
def docs(session: nox.Session) -> None:
    """Check that examples run, links work and generated pages are current."""
    install(session)
    run_pytest(session, "tests/docs")


@nox.session
def wheel(session: nox.Session) -> None:
    """Check in an empty environment that the wheel's core needs only attrs and tzdata."""
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
    session.env["HYPOTHESIS_PROFILE"] = "deep"
    run_pytest(session, "tests/unit", "tests/integration")


@nox.session
def random(session: nox.Session) -> None:
    """Run the property tests and state machines with examples that nobody has seen."""
    install(session)
    session.env["HYPOTHESIS_PROFILE"] = "random"
    run_pytest(session, "tests/unit", "tests/integration")


@nox.session
def mutants(session: nox.Session) -> None:
    """List changes to the core's rules that no unit test notices, in the modules that the arguments name or in all."""
    install(session)
    session.install("-q", "mutmut==3.8.1")
    session.run("mutmut", "run", *session.posargs)
    results = str(session.run("mutmut", "results", silent=True)).splitlines()
    print("\n".join(one.strip() for one in results if not one.endswith("not checked")))


@nox.session
def bench(session: nox.Session) -> None:
    """Measure the portal and print a table of ratios."""
    install(session)
    session.run("python", "-m", "bench", *session.posargs)


@nox.session
def lock(session: nox.Session) -> None:
    """Pin the dependencies again, with hashes and without index URLs; arguments are those of `uv pip compile`."""
    session.install("-q", "uv")
    common = ["--python-version", "3.11", "--universal", "--generate-hashes", "--no-header", "-q"]
    common += ["--no-emit-index-url", "--no-emit-find-links"]
    common += ["--no-strip-extras"]  # without them, the pip of Python 3.11 finds its pins incomplete
    common += ["--extra", "server", "--extra", "embedded", "--extra", "aws"]
    for target, more in (("requirements.txt", []), ("requirements-dev.txt", ["--group", "dev"])):
        session.run("uv", "pip", "compile", "pyproject.toml", *common, *more, *session.posargs, "-o", target)
