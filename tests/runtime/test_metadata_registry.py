"""The type registry: every type has a path of its own, and documentation comes from the source."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import pytest

from runtime.frame.metadata.literals import attribute_docs
from runtime.frame.metadata.paths import choice_path, class_path, type_name
from runtime.frame.metadata.registry import Registry
from runtime.frame.metadata.shapes import Field, VariantDef
from runtime.primitives.schema import Bounded, Choice, Fixed, schema_of
from runtime.primitives.types import U8, U32, AccountId, CompactU128


@dataclass(frozen=True, slots=True)
class Left:
    """Says left."""

    index: ClassVar[int] = 0
    name: bytes
    """What it is called.

    Of any length.
    """
    class_: U8


@dataclass(frozen=True, slots=True)
class Right:
    """Says right."""

    index: ClassVar[int] = 1
    by: U32


@dataclass(frozen=True, slots=True)
class Straight:
    """Says neither."""

    index: ClassVar[int] = 2


Turn = Left | Right
Way = Straight | Left | Right
HERE = "starminer_runtime::runtime::test_metadata_registry"


def test_unions_are_named_after_their_own_names_and_never_share_one() -> None:
    paths = [choice_path(kinds) for kinds in ((Left, Right), (Left, Right, Straight))]
    assert paths == [(f"{HERE}::Turn", ()), (f"{HERE}::Way", ())]


def test_a_union_without_a_name_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Left \| Straight needs a name of its own"):
        Registry().id_of(Choice(((0, Left), (2, Straight))))


def test_fields_and_variants_bear_their_documentation() -> None:
    registry = Registry()
    registry.id_of(Turn)
    turn = registry.types[0].type
    assert isinstance(turn.definition, VariantDef)
    left, right = turn.definition.variants
    assert "::".join(turn.path) == f"{HERE}::Turn"
    assert (left.name, left.docs, right.docs) == ("Left", ("Says left.",), ("Says right.",))
    docs = ("What it is called.", "", "Of any length.")
    assert left.fields[0] == Field("name", left.fields[0].type, "Vec<u8>", docs)
    assert left.fields[1].name == "class"
    assert right.fields == (Field(None, right.fields[0].type, "u32", ()),)


def test_what_is_not_documented_has_no_documentation() -> None:
    assert attribute_docs(Right, "by") == ()
    assert attribute_docs(int, "real") == ()


@pytest.mark.parametrize(
    ("annotation", "name"),
    [
        (AccountId, "AccountId32"),
        (CompactU128, "Compact<u128>"),
        (Annotated[bytes, Fixed(20)], "[u8; 20]"),
        (Annotated[bytes, Bounded(9)], "BoundedVec<u8, 9>"),
        (tuple[U8, ...], "Vec<u8>"),
        (tuple[U8, str] | None, "Option<(u8, String)>"),
        (dict[U32, bool], "BTreeMap<u32, bool>"),
        (Turn, "Turn"),
        (Left, "Left"),
    ],
)
def test_fields_show_the_names_that_rust_would(annotation: object, name: str) -> None:
    assert type_name(schema_of(annotation)) == name


def test_a_type_is_described_once() -> None:
    registry = Registry()
    short, long = Annotated[bytes, Bounded(4)], Annotated[bytes, Bounded(8)]
    assert registry.id_of(short) == registry.id_of(long)
    assert registry.id_of(AccountId) == registry.id_of(AccountId)
    assert class_path(Left) == f"{HERE}::Left"
