"""Identity: descriptions with a deposit, judgements with a fee, and accounts under an account."""

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from runtime.frame import BadOrigin, DispatchError, GovernanceOrigin, Governed, Root, Signed
from runtime.frame.dispatch import TokenError
from runtime.frame.fungible import HoldReason
from runtime.pallets.balances import Balances
from runtime.pallets.identity import (
    NO_DATA,
    Data,
    DataKind,
    Error,
    Identity,
    IdentityInfo,
    RegistrarInfo,
    Registration,
    raw,
)
from runtime.pallets.identity.types import (
    MAX_REGISTRARS,
    MAX_SUBS,
    DataField,
    Erroneous,
    FeePaid,
    IdentityCleared,
    IdentityKilled,
    IdentitySet,
    JudgementGiven,
    JudgementRequested,
    JudgementUnrequested,
    KnownGood,
    Reasonable,
    RegistrarAdded,
    SubIdentitiesSet,
    SubIdentityAdded,
    SubIdentityRemoved,
    SubIdentityRenamed,
    SubIdentityRevoked,
)
from runtime.primitives.extrinsic import Id
from runtime.primitives.hashing import blake2_256
from runtime.primitives.scale import DecodeError, decode, encode
from runtime.primitives.types import UNIT
from runtime.tracks import IDENTITIES, REGISTRIES
from tests.support.bench import Bench, account

ANNA, BERT, CARA, DORA = PEOPLE = tuple(account(seed) for seed in range(1, 5))
REGISTRY = Governed(GovernanceOrigin.REGISTRY)
RICH, FEE, SUB = 1_000 * UNIT, 5 * UNIT, IDENTITIES.sub_deposit
INFO = IdentityInfo(display=raw(b"Anna"), web=raw(b"https://anna.example"))
NAME = raw(b"cold storage")


def deposit_of(info: IdentityInfo) -> int:
    return IDENTITIES.basic_deposit + IDENTITIES.byte_deposit * len(encode(info, IdentityInfo))


def hash_of(info: IdentityInfo) -> bytes:
    return blake2_256(encode(info, IdentityInfo))


class IdentityWorld(Bench):
    """Four people with a thousand AGPU each; Cara is registrar 0."""

    def __init__(self) -> None:
        super().__init__()
        self.agpu = self.add(Balances(self.context, 10**9, index=6, name="Balances"))
        self.agpu.build(tuple((who, RICH) for who in PEOPLE))
        self.identity = self.add(
            Identity(self.context, self.agpu, REGISTRIES, IDENTITIES, index=28)
        )
        self.make("add_registrar", REGISTRY, Id(CARA))
        self.make("set_fee", CARA, 0, FEE)

    def make(self, name: str, who: Any, *arguments: Any) -> None:
        """Make a call of the pallet, as an account or as another origin."""
        origin = Signed(who) if isinstance(who, bytes) else who
        self.call(getattr(self.identity, name), origin, *arguments)

    def held(self, who: bytes) -> int:
        return self.agpu.held(HoldReason.IDENTITY, who)


@pytest.fixture
def world() -> IdentityWorld:
    return IdentityWorld()


def test_req_d1_an_account_describes_itself_and_takes_it_back(world: IdentityWorld) -> None:
    world.make("set_identity", ANNA, INFO)
    assert world.happened()[-1] == IdentitySet(ANNA)
    assert world.identity.identity_of[ANNA] == Registration((), deposit_of(INFO), INFO)
    assert world.held(ANNA) == deposit_of(INFO)
    longer = replace(INFO, legal=raw(b"Anna Example, baker"))
    world.make("set_identity", ANNA, longer)
    assert world.held(ANNA) == deposit_of(longer) == deposit_of(INFO) + 19 * UNIT // 1_000
    world.make("set_identity", ANNA, INFO)
    assert world.held(ANNA) == deposit_of(INFO)
    world.make("clear_identity", ANNA)
    assert world.happened()[-1] == IdentityCleared(ANNA, deposit_of(INFO))
    assert (world.held(ANNA), world.agpu.free(ANNA)) == (0, RICH)
    with world.refuses(Error.NOT_FOUND):
        world.make("clear_identity", ANNA)


def test_req_d1_nobody_needs_one(world: IdentityWorld) -> None:
    world.call(world.agpu.transfer_keep_alive, Signed(ANNA), Id(BERT), UNIT)
    assert dict(world.identity.identity_of.items()) == {}


def test_a_description_that_cannot_be_paid_is_refused(world: IdentityWorld) -> None:
    world.agpu.transfer(ANNA, BERT, RICH - UNIT)
    with world.refuses(TokenError.FUNDS_UNAVAILABLE):
        world.make("set_identity", ANNA, INFO)


# ------------------------------------------------------------------------------------ judgements


def test_a_registrar_is_paid_for_its_judgement(world: IdentityWorld) -> None:
    world.make("set_identity", ANNA, INFO)
    world.make("request_judgement", ANNA, 0, FEE)
    assert world.happened()[-1] == JudgementRequested(ANNA, 0)
    assert world.identity.identity_of[ANNA].judgements == ((0, FeePaid(FEE)),)
    assert world.held(ANNA) == deposit_of(INFO) + FEE
    world.make("provide_judgement", CARA, 0, Id(ANNA), KnownGood(), hash_of(INFO))
    assert world.happened()[-1] == JudgementGiven(ANNA, 0)
    assert world.identity.identity_of[ANNA].judgements == ((0, KnownGood()),)
    assert (world.agpu.free(CARA), world.held(ANNA)) == (RICH + FEE, deposit_of(INFO))


def test_a_judgement_is_of_what_was_said_then(world: IdentityWorld) -> None:
    world.make("set_identity", ANNA, INFO)
    world.make("provide_judgement", CARA, 0, Id(ANNA), Reasonable(), hash_of(INFO))
    changed = replace(INFO, email=raw(b"anna@example.org"))
    world.make("set_identity", ANNA, changed)
    assert world.identity.identity_of[ANNA].judgements == ()
    with world.refuses(Error.JUDGEMENT_FOR_DIFFERENT_IDENTITY):
        world.make("provide_judgement", CARA, 0, Id(ANNA), Reasonable(), hash_of(INFO))


def test_what_was_called_wrong_stays_so(world: IdentityWorld) -> None:
    world.make("set_identity", ANNA, INFO)
    world.make("provide_judgement", CARA, 0, Id(ANNA), Erroneous(), hash_of(INFO))
    world.make("set_identity", ANNA, replace(INFO, legal=raw(b"another")))
    assert world.identity.identity_of[ANNA].judgements == ((0, Erroneous()),)
    with world.refuses(Error.STICKY_JUDGEMENT):
        world.make("request_judgement", ANNA, 0, FEE)


def test_a_request_is_taken_back_until_it_is_answered(world: IdentityWorld) -> None:
    world.make("set_identity", ANNA, INFO)
    world.make("request_judgement", ANNA, 0, FEE)
    world.make("cancel_request", ANNA, 0)
    assert world.happened()[-1] == JudgementUnrequested(ANNA, 0)
    assert world.held(ANNA) == deposit_of(INFO)
    with world.refuses(Error.NOT_FOUND):
        world.make("cancel_request", ANNA, 0)
    world.make("provide_judgement", CARA, 0, Id(ANNA), Reasonable(), hash_of(INFO))
    with world.refuses(Error.JUDGEMENT_GIVEN):
        world.make("cancel_request", ANNA, 0)
    world.make("request_judgement", ANNA, 0, FEE)
    world.make("clear_identity", ANNA)
    assert (world.held(ANNA), world.agpu.free(ANNA)) == (0, RICH)


def test_judgements_stand_in_order_of_their_registrars(world: IdentityWorld) -> None:
    world.make("add_registrar", REGISTRY, Id(DORA))
    world.make("set_identity", ANNA, INFO)
    for who, index in ((DORA, 1), (CARA, 0)):
        world.make("provide_judgement", who, index, Id(ANNA), Reasonable(), hash_of(INFO))
    assert world.identity.identity_of[ANNA].judgements == ((0, Reasonable()), (1, Reasonable()))


def test_what_registrars_and_those_who_ask_are_refused(world: IdentityWorld) -> None:
    world.make("set_identity", ANNA, INFO)
    judge = ("provide_judgement", CARA, 0)
    for error, call in (
        (Error.EMPTY_INDEX, ("request_judgement", ANNA, 1, FEE)),
        (Error.FEE_CHANGED, ("request_judgement", ANNA, 0, FEE - 1)),
        (Error.NO_IDENTITY, ("request_judgement", BERT, 0, FEE)),
        (Error.NO_IDENTITY, ("cancel_request", BERT, 0)),
        (Error.INVALID_INDEX, ("set_fee", ANNA, 0, 1)),
        (Error.INVALID_INDEX, ("set_fee", CARA, 1, 1)),
        (Error.INVALID_INDEX, ("set_account_id", ANNA, 0, Id(ANNA))),
        (Error.INVALID_INDEX, ("set_fields", ANNA, 0, 1)),
        (Error.INVALID_INDEX, ("provide_judgement", ANNA, 0, Id(ANNA), Reasonable(), bytes(32))),
        (Error.INVALID_JUDGEMENT, (*judge, Id(ANNA), FeePaid(1), hash_of(INFO))),
        (Error.INVALID_TARGET, (*judge, Id(BERT), Reasonable(), hash_of(INFO))),
    ):
        name, who, *arguments = call
        with world.refuses(error):
            world.make(name, who, *arguments)


def test_registrars_are_named_by_the_registry_and_change_themselves(world: IdentityWorld) -> None:
    with world.refuses(BadOrigin.BAD_ORIGIN):
        world.make("add_registrar", ANNA, Id(ANNA))
    world.make("set_fields", CARA, 0, 3)
    world.make("set_account_id", CARA, 0, Id(DORA))
    assert world.identity.registrars == (RegistrarInfo(DORA, FEE, 3),)
    for index in range(1, MAX_REGISTRARS):
        world.make("add_registrar", Root(), Id(BERT))
        assert world.happened()[-1] == RegistrarAdded(index)
    with world.refuses(Error.TOO_MANY_REGISTRARS):
        world.make("add_registrar", Root(), Id(BERT))


def test_a_registrar_that_cannot_be_paid_keeps_nobody_s_fee(world: IdentityWorld) -> None:
    world.make("set_fee", CARA, 0, 1)
    world.make("set_account_id", CARA, 0, Id(account(99)))
    world.make("set_identity", ANNA, INFO)
    world.make("request_judgement", ANNA, 0, 1)
    judge = ("provide_judgement", account(99), 0, Id(ANNA), Reasonable(), hash_of(INFO))
    with world.refuses(Error.JUDGEMENT_PAYMENT_FAILED):
        world.make(*judge)


def test_the_registry_removes_a_description_and_its_deposits_burn(world: IdentityWorld) -> None:
    world.make("set_identity", ANNA, INFO)
    world.make("request_judgement", ANNA, 0, FEE)
    world.make("add_sub", ANNA, Id(BERT), NAME)
    lost = deposit_of(INFO) + FEE + SUB
    with world.refuses(BadOrigin.BAD_ORIGIN):
        world.make("kill_identity", CARA, Id(ANNA))
    world.make("kill_identity", REGISTRY, Id(ANNA))
    assert world.happened()[-1] == IdentityKilled(ANNA, lost)
    assert world.agpu.total(ANNA) == RICH - lost
    assert dict(world.identity.super_of.items()) == {}
    with world.refuses(Error.NOT_FOUND):
        world.make("kill_identity", Root(), Id(ANNA))


# ------------------------------------------------------------------------------ accounts under one


def test_an_account_comes_under_an_identity_and_leaves_with_its_deposit(
    world: IdentityWorld,
) -> None:
    world.make("set_identity", ANNA, INFO)
    world.make("add_sub", ANNA, Id(BERT), NAME)
    assert world.happened()[-1] == SubIdentityAdded(BERT, ANNA, SUB)
    assert world.identity.super_of[BERT] == (ANNA, NAME)
    assert world.identity.subs_of[ANNA] == (SUB, (BERT,))
    world.make("rename_sub", ANNA, Id(BERT), NO_DATA)
    assert world.happened()[-1] == SubIdentityRenamed(BERT, ANNA)
    assert world.identity.super_of[BERT] == (ANNA, NO_DATA)
    world.make("quit_sub", BERT)
    assert world.happened()[-1] == SubIdentityRevoked(BERT, ANNA, SUB)
    assert (world.agpu.free(BERT), world.held(ANNA)) == (RICH + SUB, deposit_of(INFO))
    world.make("add_sub", ANNA, Id(BERT), NAME)
    world.make("remove_sub", ANNA, Id(BERT))
    assert world.happened()[-1] == SubIdentityRemoved(BERT, ANNA, SUB)
    assert world.held(ANNA) == deposit_of(INFO)


def test_all_accounts_are_named_at_once(world: IdentityWorld) -> None:
    world.make("set_identity", ANNA, INFO)
    many = tuple((account(100 + n), raw(b"%d" % n)) for n in range(MAX_SUBS))
    world.make("set_subs", ANNA, many)
    assert world.happened()[-1] == SubIdentitiesSet(ANNA, MAX_SUBS, MAX_SUBS * SUB)
    with world.refuses(Error.TOO_MANY_SUB_ACCOUNTS):
        world.make("add_sub", ANNA, Id(BERT), NAME)
    others = tuple((account(300 + n), NAME) for n in range(MAX_SUBS))
    world.make("set_subs", ANNA, others)
    assert dict(world.identity.super_of.items()) == {one: (ANNA, NAME) for one, _ in others}
    world.make("set_subs", ANNA, ())
    assert world.held(ANNA) == deposit_of(INFO)
    world.make("set_subs", ANNA, others)
    world.make("clear_identity", ANNA)
    assert (world.agpu.free(ANNA), dict(world.identity.super_of.items())) == (RICH, {})


def test_what_is_refused_of_accounts_under_one(world: IdentityWorld) -> None:
    for who in (ANNA, DORA):
        world.make("set_identity", who, INFO)
    world.make("add_sub", ANNA, Id(BERT), NAME)
    for error, call in (
        (Error.NO_IDENTITY, ("add_sub", CARA, Id(ANNA), NAME)),
        (Error.NO_IDENTITY, ("rename_sub", CARA, Id(BERT), NAME)),
        (Error.NO_IDENTITY, ("remove_sub", CARA, Id(BERT))),
        (Error.NOT_FOUND, ("set_subs", CARA, ((BERT, NAME),))),
        (Error.ALREADY_CLAIMED, ("add_sub", DORA, Id(BERT), NAME)),
        (Error.ALREADY_CLAIMED, ("set_subs", DORA, ((BERT, NAME),))),
        (Error.ALREADY_CLAIMED, ("set_subs", DORA, ((CARA, NAME), (CARA, NO_DATA)))),
        (Error.NOT_OWNED, ("rename_sub", DORA, Id(BERT), NAME)),
        (Error.NOT_OWNED, ("rename_sub", ANNA, Id(CARA), NAME)),
        (Error.NOT_OWNED, ("remove_sub", DORA, Id(BERT))),
        (Error.NOT_SUB, ("remove_sub", ANNA, Id(CARA))),
        (Error.NOT_SUB, ("quit_sub", ANNA)),
    ):
        name, who, *arguments = call
        with world.refuses(error):
            world.make(name, who, *arguments)


# ------------------------------------------------------------------------------------ on the wire


@pytest.mark.parametrize(
    ("data", "wire"),
    [
        (NO_DATA, b"\x00"),
        (raw(b""), b"\x01"),
        (raw(b"Anna"), b"\x05Anna"),
        (raw(b"x" * 32), b"\x21" + b"x" * 32),
        (Data(DataKind.BLAKE_TWO256, b"h" * 32), b"\x22" + b"h" * 32),
        (Data(DataKind.SHA_THREE256, b"h" * 32), b"\x25" + b"h" * 32),
    ],
)
def test_a_field_is_written_as_in_frame(data: Data, wire: bytes) -> None:
    assert encode(data, DataField) == wire
    assert decode(wire, DataField) == data


@pytest.mark.parametrize("wire", [b"\x26", b"\xff", b"\x05Ann", b"\x22short"])
def test_a_field_that_is_none_is_refused(wire: bytes) -> None:
    with pytest.raises(DecodeError):
        decode(wire, DataField)


WHO = st.sampled_from(PEOPLE)
TEXT = st.binary(max_size=32).map(raw)


class IdentityMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.world = IdentityWorld()

    def attempt(self, name: str, who: Any, *arguments: Any) -> None:
        with suppress(DispatchError):
            self.world.make(name, who, *arguments)

    @rule(who=WHO, display=TEXT, legal=TEXT)
    def describe(self, who: bytes, display: Data, legal: Data) -> None:
        self.attempt("set_identity", who, IdentityInfo(display=display, legal=legal))

    @rule(who=WHO, to=WHO, name=st.sampled_from(["add_sub", "rename_sub"]), text=TEXT)
    def name_sub(self, who: bytes, to: bytes, name: str, text: Data) -> None:
        self.attempt(name, who, Id(to), text)

    @rule(who=WHO, to=st.lists(WHO, max_size=4))
    def set_subs(self, who: bytes, to: list[bytes]) -> None:
        self.attempt("set_subs", who, tuple((one, NAME) for one in to))

    @rule(who=WHO, to=WHO)
    def remove_sub(self, who: bytes, to: bytes) -> None:
        self.attempt("remove_sub", who, Id(to))

    @rule(who=WHO, name=st.sampled_from(["quit_sub", "clear_identity"]))
    def leave(self, who: bytes, name: str) -> None:
        self.attempt(name, who)

    @rule(who=WHO)
    def kill(self, who: bytes) -> None:
        self.attempt("kill_identity", REGISTRY, Id(who))

    @rule(fee=st.integers(0, FEE))
    def set_fee(self, fee: int) -> None:
        self.attempt("set_fee", CARA, 0, fee)

    @rule(who=WHO, name=st.sampled_from(["request_judgement", "cancel_request"]))
    def ask(self, who: bytes, name: str) -> None:
        self.attempt(name, who, 0, *([FEE] if name == "request_judgement" else []))

    @rule(who=WHO, what=st.sampled_from([Reasonable(), Erroneous(), FeePaid(1)]))
    def judge(self, who: bytes, what: Any) -> None:
        found = self.world.identity.identity_of.get(who)
        said = bytes(32) if found is None else hash_of(found.info)
        self.attempt("provide_judgement", CARA, 0, Id(who), what, said)

    @invariant()
    def nothing_is_held_for_nothing(self) -> None:
        world = self.world
        for pallet in world.pallets:
            pallet.try_state()
        for who in PEOPLE:
            found = world.identity.identity_of.get(who)
            subs, _ = world.identity.subs_of[who]
            assert world.held(who) == subs + (0 if found is None else found.held)


TestIdentity = IdentityMachine.TestCase
TestIdentity.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
