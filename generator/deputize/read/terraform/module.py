"""A Terraform module of deputize's own kind -> the role it creates. Parsed only: no terraform, no provider, no plugin.

Every block, argument and function that the module may have is listed; anything else is refused, not skipped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from deputize.iam.role import IamRole
from deputize.model.display import shown
from deputize.model.format import MODULE_FOLDER, MODULE_README
from deputize.read.hcl_text import Block, parse_hcl, parts, word
from deputize.read.source import refusal
from deputize.read.terraform.role import ARGUMENTS, MODULE, role_of
from deputize.read.terraform.values import NOTHING, Expression, ModuleScope, Value, evaluate

_VARIABLE = frozenset({"default", "description", "nullable", "sensitive", "type"})
# Type of a top block -> number of its labels. Data sources only serve preconditions, which do not shape the role.
_BLOCKS = {"data": 2, "locals": 0, "output": 1, "resource": 2, "terraform": 0, "variable": 1}
_DATA = frozenset({"aws_caller_identity", "aws_partition"})
_INNER = {"data": frozenset[str](), "output": frozenset[str](), "locals": frozenset[str]()} | {
    "resource": frozenset({"lifecycle"}),
    "terraform": frozenset({"required_providers"}),
    "variable": frozenset({"validation"}),
    "lifecycle": frozenset({"precondition"}),
}


def of_module(path: str) -> bool:
    """Whether the file at `path` of a bundle counts as part of its module.

    Terraform and OpenTofu read the module's own folder: subfolders hold examples and tests, and a `module` block that
    would lead there is refused. In the folder all but the documentation counts, since they read more than *.tf:
    *.tf.json, *.tofu, *.auto.tfvars.
    """
    folder, slash, _ = path.rpartition("/")
    return folder + slash == MODULE_FOLDER and path != MODULE_README


def read_module(files: Mapping[str, str], choices: Mapping[str, str] | None = None) -> IamRole:
    """The role that the module in `files` (path -> text) creates with the variables in `choices`, others by default.

    Raises InputError naming the file and the line of whatever is not understood.
    """
    blocks = [block for path, text in files.items() for block in parse_hcl(text, path)]
    for block in blocks:
        _check(block)
    resources = _unique((".".join(block.labels), block) for block in blocks if block.type == "resource")
    scope = ModuleScope(
        variables=dict(_variables(blocks, choices or {})),
        locals=dict(_locals(blocks)),
        resources=frozenset((block.labels[0], block.labels[1]) for block in resources.values()),
    )
    return role_of(tuple(resources.values()), scope)


def _check(block: Block) -> None:
    """Raise InputError unless the block is of a known type, with known inner blocks, and there once."""
    if _BLOCKS.get(block.type) != len(block.labels):
        raise refusal(block.place, f"has a {shown(block.type)} block, which deputize does not read")
    known = ARGUMENTS if block.type == "resource" else _DATA if block.type == "data" else block.labels
    if block.labels and block.labels[0] not in known:
        raise refusal(block.place, f"has {block.type} {shown(block.labels[0])}, which deputize does not read")
    _check_inner(block)


def _check_inner(block: Block) -> None:
    for inner in block.blocks:
        if block.type in _INNER and inner.type not in _INNER[block.type]:
            raise refusal(inner.place, f"{block.type} has a {shown(inner.type)} block, which deputize does not read")
        _check_inner(inner)
    if block.type == "lifecycle" and block.attributes:
        name = next(iter(block.attributes))
        raise refusal(block.place, f"lifecycle has {shown(name)}, which deputize does not read")


def _variables(blocks: list[Block], choices: Mapping[str, str]) -> Iterator[tuple[str, Value]]:
    declared = _unique((block.labels[0], block) for block in blocks if block.type == "variable")
    for name in choices:
        if name not in declared:
            raise refusal(MODULE, f"has no variable {shown(name)}")
    for name, block in declared.items():
        _only(block, _VARIABLE, f"variable {shown(name)}")
        if name in choices:
            kind = block.attributes.get("type")
            if kind is None or "".join(word(part) for part in parts(kind)) != "string":
                raise refusal(block.place, f"variable {shown(name)} is no string, so it cannot be chosen here")
            yield name, choices[name]
        elif "default" in block.attributes:
            yield name, evaluate(Expression(block.attributes["default"], block.place.file), NOTHING)
        else:
            raise refusal(block.place, f"variable {shown(name)} has no default", "give a value for it")


def _locals(blocks: list[Block]) -> Iterator[tuple[str, Expression]]:
    pairs = (
        (name, (block, tree)) for block in blocks if block.type == "locals" for name, tree in block.attributes.items()
    )
    seen: set[str] = set()
    for name, (block, tree) in pairs:
        if name in seen:
            raise refusal(block.place, f"sets local.{name} twice", "remove one")
        seen.add(name)
        yield name, Expression(tree, block.place.file)


def _unique(pairs: Iterator[tuple[str, Block]]) -> dict[str, Block]:
    found: dict[str, Block] = {}
    for name, block in pairs:
        if name in found:
            raise refusal(block.place, f"has {block.type} {shown(name)} twice", "remove one")
        found[name] = block
    return found


def _only(block: Block, known: frozenset[str], owner: str) -> None:
    for name in block.attributes:
        if name not in known:
            raise refusal(block.place, f"{owner} has {shown(name)}, which deputize does not read")
