"""What people read: addresses, tokens, tables that fit; what programs read: everything."""

from typing import Annotated, Any

import pytest

from cli.printing import CELL_CHARACTERS, show
from cli.readable import Display
from runtime.frame.fungibles import NATIVE, NativeOrWithId, WithId
from runtime.pallets.balances.types import Transfer
from runtime.pallets.staking.records import RewardDestination, ToAccount, ToStash
from runtime.primitives.extrinsic import Id, MultiAddress
from runtime.primitives.schema import Bounded
from runtime.primitives.types import H256, U32, AccountId, CompactBalance
from tests.support.chain import MemoryChain

ALICE = bytes.fromhex("d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d")
ADDRESS = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"
ROWS = [{"name": "alice", "best": "#9"}, {"name": "bob", "best": None}]


@pytest.mark.parametrize(
    ("annotation", "value", "shown"),
    [
        (AccountId, ALICE, ADDRESS),
        (AccountId | None, ALICE, ADDRESS),
        (AccountId | None, None, None),
        (MultiAddress, Id(ALICE), ADDRESS),
        (CompactBalance, 15 * 10**11, "1.5 AGPU"),
        (H256, bytes(32), "0x" + "00" * 32),
        (U32, 7, 7),
        (tuple[AccountId, ...], (ALICE,), [ADDRESS]),
        (NativeOrWithId, NATIVE, "Native"),
        (NativeOrWithId, WithId(7), {"id": 7}),
        (Annotated[tuple[MultiAddress, ...], Bounded(4)], (Id(ALICE),), [ADDRESS]),
        (RewardDestination, ToStash(), "Stash"),
        (RewardDestination, ToAccount(ALICE), {"account": ADDRESS}),
    ],
)
def test_a_value_is_shown_as_its_annotation_means_it(
    annotation: Any, value: object, shown: object
) -> None:
    assert Display(42, "Balances").show(annotation, value) == shown


def test_amounts_of_a_ledger_of_many_assets_are_bare_numbers() -> None:
    assert Display(42, "Assets").show(CompactBalance, 15) == 15


def test_a_call_inside_a_call_is_shown_in_the_token_of_its_own_pallet() -> None:
    calls = MemoryChain().rules.calls
    names = ("Balances", "Amax")
    raws = [calls.encode(name, "transfer_keep_alive", Id(ALICE), 10**12) for name in names]
    batch = calls.decode(calls.encode("Utility", "batch", tuple(map(calls.decode, raws))))
    ((_, note),) = batch.entry.signature
    assert Display(42, "Utility").show(note, batch.arguments[0]) == [
        {"Balances.transfer_keep_alive": {"dest": ADDRESS, "value": "1 AGPU"}},
        {"Amax.transfer_keep_alive": {"dest": ADDRESS, "value": "1 AMAX"}},
    ]


def test_a_record_is_shown_by_its_fields_in_the_token_of_its_pallet() -> None:
    event = Transfer(ALICE, ALICE, 10**12)
    shown = {"from": ADDRESS, "to": ADDRESS, "amount": "1 AMAX"}
    assert Display(42, "Amax").record(event) == shown


def test_a_table_has_columns_as_wide_as_their_widest_cell(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show(ROWS, "table")
    assert capsys.readouterr().out == "name   best\nalice  #9\nbob    –\n"


def test_a_table_shows_the_columns_asked_for_and_says_when_it_is_empty(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show(ROWS, "table", columns=("best",))
    show([], "table")
    assert capsys.readouterr().out == "best\n#9\n–\n(none)\n"


def test_json_lines_are_one_value_each(capsys: pytest.CaptureFixture[str]) -> None:
    show(ROWS, "jsonl")
    told = capsys.readouterr().out
    assert told == '{"name":"alice","best":"#9"}\n{"name":"bob","best":null}\n'


def test_a_record_is_lines_and_its_lists_are_tables(capsys: pytest.CaptureFixture[str]) -> None:
    show({"job": 1, "state": "done", "history": ROWS}, "table")
    told = capsys.readouterr().out
    assert told == ("job    1\nstate  done\n\nhistory:\nname   best\nalice  #9\nbob    –\n")


def test_a_long_cell_is_cut_in_tables_alone(capsys: pytest.CaptureFixture[str]) -> None:
    show([{"data": "x" * 500}], "table")
    assert len(capsys.readouterr().out.splitlines()[1]) == CELL_CHARACTERS
    show([{"data": "x" * 500}], "jsonl")
    assert "x" * 500 in capsys.readouterr().out
