"""What every test shares: a machine's settings shut out, a hypothesis profile, and the list of what was skipped."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from hypothesis import settings

_KEY = re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b", re.ASCII)
_SKIPPED = pytest.StashKey[Counter[str]]()

# The developer's AWS account, Terraform settings and terminal must not change what a test sees.
for _name in [name for name in os.environ if name.startswith(("AWS_", "TF_"))]:
    del os.environ[_name]
for _name in (
    "DEPUTIZE_VENDOR",
    "DEPUTIZE_REGISTRY",
    "NO_COLOR",
    "FORCE_COLOR",
    "CLICOLOR_FORCE",
    "COLUMNS",
    "XDG_CACHE_HOME",
):
    os.environ.pop(_name, None)
os.environ.update(
    AWS_CONFIG_FILE=os.devnull,
    AWS_SHARED_CREDENTIALS_FILE=os.devnull,
    AWS_EC2_METADATA_DISABLED="true",
    XDG_DATA_HOME=os.devnull,  # nobody's registry
    NO_PROXY="127.0.0.1,localhost",
    no_proxy="127.0.0.1,localhost",
)

# `--hypothesis-profile thorough` looks further, with new examples each time.
settings.register_profile("steady", derandomize=True, database=None, deadline=None, print_blob=True)
settings.register_profile("thorough", max_examples=2000, database=None, deadline=None, print_blob=True)
settings.load_profile("steady")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--update-golden`."""
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="rewrite golden files: tests/cases, RULES.md and more",
    )


@pytest.fixture(scope="session")
def update_golden(pytestconfig: pytest.Config) -> bool:
    """Whether golden files are to be rewritten instead of compared."""
    return bool(pytestconfig.getoption("--update-golden"))


def pytest_configure(config: pytest.Config) -> None:
    """Start counting."""
    config.stash[_SKIPPED] = Counter()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail every test whose captured output or log shows a key that AWS, or an engine in its place, has handed out."""
    report = yield
    shown = [name for name, content in report.sections if _KEY.search(content)]
    if report.passed and shown:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid}: an access key is in {', '.join(shown)}"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Count the reasons of what was skipped; a module skipped whole counts once."""
    for report in terminalreporter.getreports("skipped"):
        _, _, reason = report.longrepr if isinstance(report.longrepr, tuple) else ("", 0, str(report.longrepr))
        config.stash[_SKIPPED][re.sub(r"\ASkipped: ", "", reason)] += 1


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Print, after pytest's own closing line, what was skipped and why."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or hasattr(config, "workerinput") or config.option.collectonly:
        return
    reasons = "; ".join(f"{count} x {reason}" for reason, count in sorted(config.stash[_SKIPPED].items()))
    reporter.write_line(f"Skipped: {reasons or 'nothing'}")


@pytest.fixture(scope="session")
def project_root() -> Path:
    """The folder of pyproject.toml."""
    return Path(__file__).parents[1]


@pytest.fixture(scope="session")
def case_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's cache folder, which every golden case shares."""
    return tmp_path_factory.mktemp("case-cache")


@pytest.fixture(scope="session")
def rendered(
    tmp_path_factory: pytest.TempPathFactory, case_cache: Path, *, update_golden: bool
) -> Callable[[str], Path]:
    """A function from a golden case's name to its bundle's folder as the command line writes it, once for all tests.

    Whoever needs a whole bundle takes it from here: few cases keep theirs in tests/cases.
    """
    import golden

    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "cases"
    shared.mkdir(exist_ok=True)

    def render(name: str) -> Path:
        if update_golden and name == "hosted":
            golden.host_again()
        return golden.render_once(golden.case_of(name), shared, case_cache)

    return render
