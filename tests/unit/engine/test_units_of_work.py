"""One unit of work has what every use case asks of its own, in memory and on PostgreSQL."""

from importlib import import_module
from inspect import getattr_static
from pathlib import Path
from types import ModuleType
from typing import Any, get_args, get_type_hints

import pytest
from attrs import define

from adapters.memory.unit_of_work import MemoryUnitOfWork
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from adapters.unit_composition import DuplicateRepository, Repository, compose_unit_class
from entrypoints.use_case_registry import use_case_classes
from portal_core.kernel.uow import UnitOfWork


def asked() -> set[type[Any]]:
    """The units that use cases begin."""
    hints = (get_type_hints(kind) for kind in use_case_classes().values())
    return {unit for one in hints if "begin" in one for unit in get_args(one["begin"])}


@pytest.mark.parametrize("made", [MemoryUnitOfWork, PostgresUnitOfWork])
@pytest.mark.parametrize("unit", sorted(asked() - {UnitOfWork}, key=str))
def test_every_repository_is_provided(unit: type[Any], made: type[Any]) -> None:
    own = [part for part in unit.__mro__ if part not in UnitOfWork.__mro__]
    names = {name for part in own for name, kind in vars(part).items() if isinstance(kind, property)}
    assert names
    for name in names:
        assert isinstance(getattr_static(made, name), Repository)


@define(slots=False)
class Core:
    tx: int


@pytest.fixture
def features(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """An adapter of two features: goals with their repository, and measures with theirs."""
    folder = tmp_path / f"features_of_{tmp_path.name}"
    folder.mkdir()
    (folder / "__init__.py").touch()
    for name in ("goals", "measures"):
        (folder / name).mkdir()
        (folder / name / "__init__.py").touch()
        (folder / name / "unit.py").write_text(
            "from adapters.unit_composition import Repository\n"
            "from tests.unit.engine.test_units_of_work import Core\n\n\n"
            f"class UNIT(Core):\n    {name} = Repository(lambda tx: ['{name}', tx])\n"
        )
    monkeypatch.syspath_prepend(str(tmp_path))
    return import_module(folder.name)


def test_repository_is_created_once_per_unit(features: ModuleType) -> None:
    made: Any = compose_unit_class("Made", Core, features)
    one, two = made(1), made(2)
    assert (one.goals, one.measures, two.goals) == (["goals", 1], ["measures", 1], ["goals", 2])
    assert one.goals is one.goals
    assert isinstance(one, Core)


def test_two_repositories_of_one_name_are_refused(features: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    class Forms(Core):
        goals = Repository(str)

    monkeypatch.setattr(import_module(f"{features.__name__}.measures.unit"), "UNIT", Forms)
    with pytest.raises(DuplicateRepository, match="goals"):
        compose_unit_class("Made", Core, features)
