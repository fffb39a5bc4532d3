"""SafeMode and TxPause: what is held up, what never is, and how it ends."""

import pytest

from runtime.construct import Runtime
from runtime.frame import (
    BadOrigin,
    DispatchError,
    GovernanceOrigin,
    Governed,
    Root,
    Signed,
    ensure_root_or,
)
from runtime.frame.fungible import HoldReason
from runtime.frame.outcome import Module, ModuleError
from runtime.frame.pallet import calls_of
from runtime.pallets import safe_mode, tx_pause
from runtime.pallets.safe_mode import (
    DepositPlaced,
    DepositReleased,
    DepositSlashed,
    Entered,
    Error,
    Exited,
    ExitReason,
    Extended,
)
from runtime.pallets.tx_pause import CallPaused, CallUnpaused
from runtime.pallets.utility import ItemFailed
from runtime.primitives.types import UNIT
from runtime.vital import CALLS, PALLETS, is_vital
from tests.pallets.governance_world import ANNA, BERT, GovernanceBench
from tests.pallets.utility_world import World
from tests.support.chain import MemoryChain

EMERGENCY = Governed(GovernanceOrigin.EMERGENCY)
DURATION, LONGER, DELAY = 10, 5, 40
ENTER, EXTEND = 700, 300
TRANSFER = (b"Balances", b"transfer_keep_alive")
FILTERED = Module(ModuleError(0, b"\x05\0\0\0"))


class BrakeWorld(GovernanceBench):
    """A ledger with a brake."""

    def __init__(self) -> None:
        super().__init__()
        config = safe_mode.Config(DURATION, LONGER, ENTER, EXTEND, DELAY)
        power = ensure_root_or(GovernanceOrigin.EMERGENCY)
        self.safe_mode = self.add(
            safe_mode.SafeMode(self.context, self.agpu, is_vital, power, config, index=63)
        )

    def held(self, who: bytes = ANNA) -> int:
        return self.agpu.held(HoldReason.SAFE_MODE, who)


@pytest.fixture
def world() -> BrakeWorld:
    return BrakeWorld()


def test_anyone_pulls_the_brake_for_a_deposit_and_it_lets_go_by_itself(world: BrakeWorld) -> None:
    world.call(world.safe_mode.enter, Signed(ANNA))
    assert world.happened()[-2:] == [DepositPlaced(ANNA, ENTER), Entered(1 + DURATION)]
    with world.refuses(Error.ENTERED):
        world.call(world.safe_mode.enter, Signed(BERT))
    with world.refuses(Error.ALREADY_DEPOSITED):
        world.call(world.safe_mode.extend, Signed(ANNA))
    world.call(world.safe_mode.extend, Signed(BERT))
    assert world.happened()[-1] == Extended(1 + DURATION + LONGER)
    assert (world.held(), world.held(BERT)) == (ENTER, EXTEND)
    for _ in range(DURATION + LONGER):
        world.next_block()
    assert world.safe_mode.entered_until is not None
    world.next_block()
    assert world.safe_mode.entered_until is None
    assert world.happened()[-1] == Exited(ExitReason.TIMEOUT)
    with world.refuses(Error.EXITED):
        world.call(world.safe_mode.extend, Signed(BERT))


def test_a_deposit_comes_back_when_nobody_objected_for_long(world: BrakeWorld) -> None:
    world.call(world.safe_mode.enter, Signed(ANNA))
    release = (world.safe_mode.release_deposit, Signed(BERT), ANNA, 1)
    with world.refuses(Error.ENTERED):
        world.call(*release)
    world.call(world.safe_mode.force_exit, EMERGENCY)
    assert world.happened()[-1] == Exited(ExitReason.FORCE)
    world.context.number = 1 + DELAY
    with world.refuses(Error.CANNOT_RELEASE_YET):
        world.call(*release)
    world.context.number += 1
    world.call(*release)
    assert world.happened()[-1] == DepositReleased(ANNA, ENTER)
    assert world.held() == 0
    with world.refuses(Error.NO_DEPOSIT):
        world.call(*release)


def test_governance_judges_the_use(world: BrakeWorld) -> None:
    issued = world.agpu.total_issuance
    world.call(world.safe_mode.enter, Signed(ANNA))
    world.call(world.safe_mode.extend, Signed(BERT))
    world.call(world.safe_mode.force_slash_deposit, EMERGENCY, ANNA, 1)
    assert world.happened()[-1] == DepositSlashed(ANNA, ENTER)
    assert issued - world.agpu.total_issuance == ENTER
    world.call(world.safe_mode.force_release_deposit, EMERGENCY, BERT, 1)
    assert world.held(BERT) == 0


def test_the_emergency_track_needs_no_deposit(world: BrakeWorld) -> None:
    for method in (
        world.safe_mode.force_enter,
        world.safe_mode.force_extend,
        world.safe_mode.force_exit,
    ):
        with world.refuses(BadOrigin.BAD_ORIGIN):
            world.call(method, Signed(ANNA))
        world.call(method, EMERGENCY)
    with world.refuses(Error.EXITED):
        world.call(world.safe_mode.force_exit, Root())


@pytest.fixture
def chain() -> World:
    return World(endowment=10_000 * UNIT)


def test_in_safe_mode_accounts_do_only_what_is_vital(chain: World) -> None:
    assert chain.send(chain.call_of("SafeMode", "enter"))[-1] == "success"
    nonce = chain.runtime().system.nonce(chain.pairs[1].public)
    assert chain.send(chain.transfer()) == [FILTERED]
    assert chain.runtime().system.nonce(chain.pairs[1].public) == nonce + 1
    batch = chain.utility("force_batch", (chain.transfer(), chain.call_of("System", "remark", b"")))
    events = chain.send(batch)
    assert [one for one in events if isinstance(one, ItemFailed)] == [ItemFailed(FILTERED)]
    assert chain.send(chain.call_of("System", "remark", b"vital")) == ["success"]
    until = chain.runtime().safe_mode.entered_until
    assert until is not None


def test_a_paused_call_is_refused_until_it_is_unpaused(chain: World) -> None:
    runtime = chain.runtime()
    permits = runtime.permits
    assert permits(chain.transfer())
    runtime.tx_pause.pause(EMERGENCY, TRANSFER)
    assert runtime.context.events[-1].event == CallPaused(TRANSFER)
    assert not permits(chain.transfer())
    assert permits(chain.call_of("Balances", "transfer_all", *all_to(chain)))
    refuses(tx_pause.Error.IS_PAUSED, runtime.tx_pause.pause, EMERGENCY, TRANSFER)
    runtime.tx_pause.try_state()
    runtime.tx_pause.unpause(EMERGENCY, TRANSFER)
    assert runtime.context.events[-1].event == CallUnpaused(TRANSFER)
    assert permits(chain.transfer())
    refuses(tx_pause.Error.IS_UNPAUSED, runtime.tx_pause.unpause, EMERGENCY, TRANSFER)


def all_to(chain: World) -> tuple[object, bool]:
    return chain.transfer().arguments[0], False


def test_what_is_vital_cannot_be_paused(chain: World) -> None:
    pause = chain.runtime().tx_pause.pause
    vital = (b"ConvictionVoting", b"vote")
    refuses(tx_pause.Error.UNPAUSABLE, pause, Root(), vital)
    refuses(tx_pause.Error.NOT_FOUND, pause, Root(), (b"Balances", b"print_money"))
    refuses(tx_pause.Error.NOT_FOUND, pause, Root(), (b"\xff", b"\xff"))
    refuses(BadOrigin.BAD_ORIGIN, pause, Signed(ANNA), TRANSFER)


def refuses(error: object, method: object, *arguments: object) -> None:
    with pytest.raises(DispatchError) as caught:
        method(*arguments)
    assert caught.value.error is error


def test_every_vital_call_exists() -> None:
    runtime = MemoryChain().runtime()
    names = {pallet.name for pallet in runtime.pallets}
    assert set(PALLETS) <= names
    for one in CALLS:
        assert runtime.calls().entry(*one) is not None, one


def test_what_was_earned_and_lapses_is_vital() -> None:
    """A safe mode that lasts must not cost anybody what it has earned."""
    assert is_vital("Emission", "payout_provider")
    assert is_vital("AmaxDistribution", "claim")
    assert is_vital("AmaxDistribution", "claim_other")


def test_what_moves_tokens_freely_is_not_vital() -> None:
    for pallet, name in signed_calls(MemoryChain().runtime()):
        if pallet in ("Balances", "Amax"):
            assert not is_vital(pallet, name)
    assert not is_vital("Jobs", "submit_job")
    assert not is_vital("Providers", "unbond")


def signed_calls(runtime: Runtime) -> list[tuple[str, str]]:
    return [
        (pallet.name, name)
        for pallet in runtime.pallets
        for name, _ in calls_of(type(pallet)).values()
    ]
