"""Ask the old code everything, once, and write answers.json.xz.

Run in the root of this tree, with the old commit checked out at OLD:

    PYTHONPATH=OLD/generator:tests python -m frozen.freeze OLD INPUTS

INPUTS: a folder of files that were found in the field. All but the generated files, roles and malformed files is
written into the file, so that the questions can be asked for as long as it is kept.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from frozen import made, old_code
from frozen.made_trust import ID, VENDOR
from frozen.malformed import SIZES, malformed
from frozen.questions import (
    Answer,
    BundleQuestion,
    Expected,
    FileQuestion,
    Linted,
    Question,
    RoleQuestion,
    collapsed,
)
from frozen.samples import NAMES, edited_bundles, questions_of
from frozen.store import Frozen, dump

COMMIT = "6ad3aad"


def main(old: Path, inputs: Path) -> None:
    """Freeze."""
    started = time.process_time()
    unsaid: list[tuple[str, str, str]] = []
    asked: list[Question] = []
    for path in sorted((old / "tests" / "cases").iterdir()):
        asked += _of_case(path)
    asked += _of_inputs(inputs)
    asked += _of_zoo(old)
    for rule, own in _old_rules():
        for name in NAMES:
            for one in questions_of(rule, name, own=own):
                if isinstance(one, str):
                    unsaid.append((rule.id, name, one))
                else:
                    asked.append(one)
    frozen = Frozen(
        COMMIT,
        tuple((one, ask(one)) for one in asked),
        tuple((one.digest, ask(one)) for one in map(made.made_file, range(made.FILES))),
        tuple((one.digest, ask(one)) for one in map(made.made_role, range(made.ROLES))),
        {one.id: (one.digest, ask(one)) for one in malformed()},
        tuple(unsaid),
    )
    size = dump(frozen)
    print(f"{len(asked)} questions held, {size:,} bytes, {time.process_time() - started:.0f} s of processor time")
    _report(frozen)


def _old_rules() -> Iterator[tuple[Any, bool]]:
    """(Rule, whether it is of our own bundles)."""
    for rule in old_code.module("lint").RULES:
        yield rule, True
    for rule in old_code.module("lint.third_party").THIRD_PARTY_RULES:
        yield rule, False


def ask(question: Question) -> Answer:
    """The old answer."""
    match question:
        case FileQuestion():
            return collapsed(question, old_code.lint_file(question))
        case BundleQuestion():
            return old_code.judge_bundle(question)
        case RoleQuestion():
            return old_code.verify_role(question)


def _of_case(path: Path) -> Iterator[Question]:
    """A golden case: its bundle, and each of its files that the lint of files knows, with and without expectations."""
    vendor = (path / "vendor.yaml").read_text(encoding="utf-8") if (path / "vendor.yaml").exists() else ""
    found = yaml.load((path / "tenant.yaml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    options = {key: tuple(value) if isinstance(value, list) else (value,) for key, value in found.items()}
    bundle = BundleQuestion(f"golden/{path.name}", vendor, options)
    yield bundle
    files = old_code.render(bundle)
    asked = old_code.module("jobs.verify_inputs").asked_of_bundle(files)
    expected = Expected((asked.vendor_account,), asked.external_ids, asked.allowed_secrets)
    for name, content in files.items():
        where = name.rpartition("/")[2]
        if old_code.kind_of(content, where, {}) == "other":
            continue
        yield FileQuestion(f"golden/{path.name}/{name}", where, content)
        yield FileQuestion(f"golden/{path.name}/{name}, expected", where, content, expected)
    if path.name == "guid":
        yield from edited_bundles(vendor, options)


def _of_inputs(folder: Path) -> Iterator[FileQuestion]:
    """Files from the field, each alone; what is no template and no policy too: it must stay an error."""
    expected = Expected((VENDOR,), (ID,))
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        name, content = path.relative_to(folder).as_posix(), path.read_bytes()
        if not name.startswith(("field/", "foreign/")) and path.suffix != ".json":
            continue  # a program that makes such files
        yield FileQuestion(f"inputs/{name}", path.name, content)
        if old_code.kind_of(content, path.name, {}) != "other":
            yield FileQuestion(f"inputs/{name}, expected", path.name, content, expected)


def _of_zoo(old: Path) -> Iterator[RoleQuestion]:
    """The roles that people write, of the tests against an engine in place of AWS."""
    zoo = _loaded(old / "tests" / "e2e" / "test_role_zoo.py")
    for name, animal in zoo.ZOO.items():
        trust = json.dumps({"Version": "2012-10-17", "Statement": list(animal.trust)})
        allow = {"Effect": "Allow", "Action": list(animal.allows), "Resource": "*"}
        policies = {"inline policy access": {"Version": "2012-10-17", "Statement": [allow]}}
        vendor, roles = animal.asked.vendor_account or zoo.VENDOR, animal.asked.vendor_roles
        yield RoleQuestion(f"zoo/{name}", trust, (zoo.ID,), vendor, roles, policies)


def _loaded(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location("old_zoo", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["old_zoo"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def _report(frozen: Frozen) -> None:
    """What a person reads once: the rules that no frozen answer has, and the own rules that no file can say."""
    answers = [answer for _, answer in (*frozen.asked, *frozen.made)]
    seen = {found.rule for answer in answers if isinstance(answer, Linted) for found in answer.found}
    missing = [one.id for one in old_code.module("lint.third_party").THIRD_PARTY_RULES if one.id not in seen]
    print(f"rules for files that are in no answer: {', '.join(missing) or 'none'}")
    print(f"malformed: {len(frozen.malformed)} ({SIZES}); not a text: {[one[:2] for one in frozen.unsaid]}")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
