"""The `starminer` command: which commands there are, and what their failures exit with.

Commands are named by module and imported when they are run: `starminer --help` loads neither the
runtime, nor the network, nor trio.
"""

from __future__ import annotations

import os
import sys

from cyclopts import App, CycloptsError, Parameter

from cli.aliases import ALIASES, HIDDEN_GROUPS
from cli.errors import told
from cli.examples import ending
from cli.help_pages import kept_page
from cli.layers import layered
from cli.misuse import misuse

COMMANDS = {
    "run": ("cli.run:run", "Run a node: full node, validator or provider."),
    "config show": ("cli.config:show_config", "Show what a node would run with, and why."),
    "config init": ("cli.config:init", "Write a file with every setting and its default."),
    "devnet up": ("cli.devnet.commands:up", "Start a local network and show it working."),
    "devnet fork": ("cli.devnet.fork:fork", "Start one from the state of a running chain."),
    "devnet traffic": ("cli.devnet.traffic:traffic", "Let clients buy work from it."),
    "devnet down": ("cli.devnet.commands:down", "Stop it; its state is kept."),
    "devnet status": ("cli.devnet.commands:status", "Say how each of its nodes is."),
    "devnet logs": ("cli.devnet.nodes:logs", "Show what its nodes wrote."),
    "devnet reset": ("cli.devnet.commands:reset", "Delete its state."),
    "devnet faucet": ("cli.devnet.faucet:faucet", "Give one of its accounts some tokens."),
    "devnet start": ("cli.devnet.nodes:start_node", "Start one of its nodes again."),
    "devnet spec": ("cli.devnet.spec:print_spec", "Print the file that describes a network."),
    "devnet mine": ("cli.devnet.clock:mine", "Have blocks made."),
    "devnet warp": ("cli.devnet.clock:warp", "Let the chain's time pass."),
    "devnet partition": ("cli.devnet.partition:partition", "Cut it in two."),
    "devnet heal": ("cli.devnet.partition:heal", "End the cut."),
    "devnet save": ("cli.devnet.states:save", "Keep its state under a name."),
    "devnet load": ("cli.devnet.states:load", "Go back to a state that was kept."),
    "devnet states": ("cli.devnet.states:list_states", "List the states that were kept."),
    "devnet kill": ("cli.devnet.nodes:kill", "Kill one of its nodes, as a crash would."),
    "chain info": ("cli.chain:info", "Show what chain a node is on."),
    "chain inspect": ("cli.chain:inspect", "Show what a raw chain spec commits to."),
    "chain export-blocks": ("cli.blocks:export_blocks", "Write blocks of a database to a file."),
    "chain import-blocks": ("cli.blocks:import_blocks", "Check and add the blocks of a file."),
    "chain check-block": ("cli.blocks:check_block", "Check and execute a stored block again."),
    "chain revert": ("cli.blocks:revert", "Forget the newest blocks that are not final."),
    "chain snapshot create": ("cli.snapshots:create", "Write a database to one file."),
    "chain snapshot restore": ("cli.snapshots:restore", "Make a database from such a file."),
    "chain purge": ("cli.purge:purge", "Delete a chain's database."),
    "chain export-state": ("cli.state_export:export_state", "Write the state after a block."),
    "chain bench machine": ("cli.bench.machine:machine", "Measure if it can be a validator."),
    "chain bench block": ("cli.bench.blocks:block", "Time blocks against their weight."),
    "chain bench pallet": ("cli.bench.pallets:pallet", "Measure calls against their weights."),
    "chain spec new": ("cli.chain:new_spec", "Begin the spec of a chain of your own."),
    "chain spec build": ("cli.chain:build_spec", "Write a chain spec, plain or raw."),
    "chain spec show": ("cli.chain:show_spec", "Show a chain spec and its genesis hash."),
    "key generate": ("cli.key:generate", "Make a new key."),
    "key inspect": ("cli.key:inspect", "Show the accounts of a key, a phrase or an address."),
    "key insert": ("cli.key:insert", "Give a node a session key."),
    "key rotate-session": (
        "cli.session_keys:rotate_session",
        "Give a validator new session keys.",
    ),
    "key import": ("cli.key_files:import_account", "Open an account file of polkadot-js."),
    "key export": ("cli.key_files:export_account", "Write an account file of polkadot-js."),
    "key sign": ("cli.signatures:sign", "Sign a message."),
    "key verify": ("cli.signatures:verify", "Check the signature of a message."),
    "key node-key": ("cli.key:node_key", "Make the key that names a node to its peers."),
    "key list": ("cli.key_search:list_keys", "List the keys in a node's keystore."),
    "key vanity": ("cli.key_search:vanity", "Look for a key whose address begins as you like."),
    "wallet create": ("cli.wallet.commands:create", "Make an account, and keep it encrypted."),
    "wallet list": ("cli.wallet.commands:list_accounts", "List the accounts of the wallet."),
    "wallet balance": ("cli.wallet.commands:balance", "Show what accounts hold."),
    "wallet transfer": ("cli.wallet.commands:transfer", "Send tokens from an account."),
    "wallet history": ("cli.wallet.commands:history", "Show what happened to an account."),
    "wallet address-book add": ("cli.wallet.book:add", "Give an address a name."),
    "wallet address-book remove": ("cli.wallet.book:remove", "Take a name out of the book."),
    "wallet address-book list": ("cli.wallet.book:list_addresses", "List the book."),
    "query head": ("cli.query:head", "Show the best and the final block."),
    "query block": ("cli.query:block", "Show a block with its extrinsics."),
    "query storage": ("cli.query:storage", "Read a value of the state."),
    "query account": ("cli.query:account", "Show what an account holds."),
    "query events": ("cli.query:events", "Show what happened in a block."),
    "query watch heads": ("cli.watch:watch_heads", "Print each new best block."),
    "query watch finalized": ("cli.watch:watch_finalized", "Print each block that becomes final."),
    "query watch events": ("cli.watch:watch_events", "Print what happens in final blocks."),
    "query const": ("cli.query:const", "Show constants of the runtime."),
    "query runtime": ("cli.query:runtime", "Show which runtime executes the chain."),
    "query prices": ("cli.prices:prices", "Show what compute costs, or quote a job."),
    "query metadata": ("cli.query:metadata", "List the runtime's pallets, calls and storage."),
    "tx": ("cli.tx:tx", "Sign a call and send it."),
    "tx decode": ("cli.tx_tools:decode", "Show what a transaction says."),
    "tx status": ("cli.tx_tools:status", "Say where a transaction is, and how it ended."),
    "tx dry-run": ("cli.tx_tools:dry_run", "Try a signed transaction on a node's state."),
    "job submit matmul": ("cli.submit:submit_matmul", "Order the product of two int8 matrices."),
    "job submit inference": (
        "cli.submit:submit_inference",
        "Order the output of an int8 model.",
    ),
    "job submit training": ("cli.submit:submit_training", "Order the training of a model."),
    "job submit data": ("cli.submit:submit_data", "Order the answer to a query over a table."),
    "job submit render": ("cli.submit:submit_render", "Order the image of a scene."),
    "job submit file": ("cli.job_file:submit_file", "Order what a file describes."),
    "job status": ("cli.job:status", "Show a job and every state it was in."),
    "job watch": ("cli.job:watch", "Follow a job to its end."),
    "job list": ("cli.job:list_jobs", "List the newest jobs."),
    "job result": ("cli.job:result", "Fetch a job's output and check it."),
    "job verify": ("cli.job:verify", "Recompute a job, or a sample of it, on this machine."),
    "job cancel": ("cli.job:cancel", "Withdraw a job."),
    "job topup": ("cli.job:topup", "Prepay for more units of a job."),
    "job budget": ("cli.job:budget", "Cap your spending, or pay for somebody's jobs."),
    "job estimate matmul": ("cli.estimate:estimate_matmul", "Of the product of two matrices."),
    "job estimate inference": ("cli.estimate:estimate_inference", "Of running an int8 model."),
    "job estimate training": ("cli.estimate:estimate_training", "Of training a model."),
    "job estimate data": ("cli.estimate:estimate_data", "Of the answer to a query."),
    "job estimate render": ("cli.estimate:estimate_render", "Of the image of a scene."),
    "job dispute": ("cli.dispute:dispute", "Prove on chain that a job's result is wrong."),
    "job challenge": ("cli.dispute:challenge", "Demand a leaf that a provider does not serve."),
    "reservation create": ("cli.reservation:create", "Pay for work ahead."),
    "reservation list": ("cli.reservation:list_reservations", "List what is reserved."),
    "reservation redeem": ("cli.reservation:redeem", "Pay a waiting job from a reservation."),
    "reservation transfer": ("cli.reservation:transfer", "Give a reservation away."),
    "reservation close": ("cli.reservation:close", "End a reservation."),
    "gov list": ("cli.gov:list_referenda", "List the newest referenda."),
    "gov show": ("cli.gov:show_referendum", "Show a referendum and how it stands."),
    "gov tracks": ("cli.gov:list_tracks", "List what each track costs and needs."),
    "gov params": ("cli.parameters:list_parameters", "List the numbers that referenda move."),
    "gov propose": ("cli.parameters:propose", "Propose a value of such a number."),
    "gov season": ("cli.gov:season", "Set AMAX aside for voting."),
    "gov unseason": ("cli.gov:unseason", "Take it back."),
    "gov submit": ("cli.gov:submit", "Propose a call."),
    "gov deposit": ("cli.gov:place_deposit", "Place the decision deposit of a referendum."),
    "gov vote": ("cli.gov:vote", "Vote in a referendum."),
    "gov delegate": ("cli.gov:delegate", "Let another account vote for you on a track."),
    "gov undelegate": ("cli.gov:undelegate", "Vote for yourself again on a track."),
    "gov guardian show": ("cli.guardian:show_guardians", "Show the guardians and who stands."),
    "gov guardian stand": ("cli.guardian:stand", "Stand for the next election."),
    "gov guardian elect": ("cli.guardian:elect", "Approve of candidates."),
    "gov guardian unelect": ("cli.guardian:unelect", "Take your approval back."),
    "gov guardian renounce": ("cli.guardian:renounce", "Give up a seat or a candidacy."),
    "gov guardian approve": ("cli.guardian:approve", "Stand behind an action as a guardian."),
    "identity set": ("cli.identity:set_identity", "Describe yourself."),
    "identity show": ("cli.identity:show_identity", "Show what an account says of itself."),
    "identity clear": ("cli.identity:clear", "Take your description back."),
    "mining score": ("cli.mining:score", "Show how an account behaves, or what it earned."),
    "mining claim": ("cli.mining:claim", "Take your part of a pool."),
    "amax status": ("cli.amax:status", "Show how AMAX comes into being, and who could decide."),
    "amax claim": ("cli.amax:claim", "Take the AMAX that you contributed for."),
    "amax vest": ("cli.amax:vest", "Have what has vested of your AMAX released."),
    "amax unlocks": ("cli.amax:unlocks", "Show what vests, of whom, and until when."),
    "referral set": ("cli.referral:set_referrer", "Say who brought you."),
    "referral show": ("cli.referral:show_tree", "Show who brought whom, and what that earned."),
    "referral claim": ("cli.referral:claim", "Free what a referee earned its referrer."),
    "econ flow": ("cli.econ:flow", "Show what flowed in an epoch, and that it adds up."),
    "econ stability": ("cli.stability:status", "Show what is done about the supply."),
    "econ absorb": ("cli.stability:absorb", "Have the treasury buy AGPU and burn it."),
    "econ replay": ("cli.econ:replay", "Reckon every payment anew from events alone."),
    "econ attack self-deal": (
        "cli.self_dealing:self_deal",
        "Buy own work on a devnet, and see what comes back.",
    ),
    "treasury status": ("cli.treasury:status", "Show what the treasury holds and has promised."),
    "oracle run": ("cli.oracle.commands:run", "Report feeds, round after round."),
    "oracle feeds": ("cli.oracle.commands:feeds", "List the feeds and how they stand."),
    "oracle status": ("cli.oracle.commands:status", "Show the members, or one of them."),
    "oracle join": ("cli.oracle.commands:join", "Put up a bond and begin to report."),
    "oracle unbond": ("cli.oracle.commands:unbond", "Start to take the bond back."),
    "oracle unjail": ("cli.oracle.commands:unjail", "Report again after jail."),
    "oracle claim": ("cli.oracle.commands:claim", "Take what reports have earned."),
    "upgrades claim": ("cli.upgrades:claim", "Claim that something was improved."),
    "upgrades list": ("cli.upgrades:list_claims", "List the newest claims."),
    "upgrades attest": ("cli.upgrades:attest", "Say what you found, as a drawn oracle."),
    "upgrades challenge": ("cli.upgrades:challenge", "Put up a bond that a claim is false."),
    "upgrades finalise": ("cli.upgrades:finalise", "Count the verdicts on a claim."),
    "upgrades withdraw": ("cli.upgrades:withdraw", "Take a claim back."),
    "pool list": ("cli.pool:list_pools", "List all pools and their prices."),
    "pool show": ("cli.pool:show_account", "Show what an account has of pools."),
    "pool quote": ("cli.pool:quote", "Say what a swap would give."),
    "pool create": ("cli.pool:create", "Make a pool of AGPU and an asset."),
    "pool add": ("cli.pool:add", "Put both assets into a pool."),
    "pool remove": ("cli.pool:remove", "Take a share out of a pool."),
    "pool swap": ("cli.pool:swap", "Swap one asset for another."),
    "pool stake": ("cli.pool:stake", "Stake shares of a pool."),
    "pool unstake": ("cli.pool:unstake", "Free staked shares."),
    "pool harvest": ("cli.pool:harvest", "Be paid what staked shares earned."),
    "asset show": ("cli.asset:show_account", "Show what an account has of assets."),
    "asset create": ("cli.asset:create", "Create an asset."),
    "asset name": ("cli.asset:name", "Say how an asset is shown."),
    "asset mint": ("cli.asset:mint", "Create units of an asset."),
    "asset transfer": ("cli.asset:transfer", "Send units of an asset."),
    "validator setup": (
        "cli.validator.setup:setup",
        "Make a validator of an account and a node.",
    ),
    "validator bond": ("cli.validator.stake:bond", "Put AGPU at stake, or more of it."),
    "validator unbond": ("cli.validator.stake:unbond", "Begin to take a stake back."),
    "validator withdraw": ("cli.validator.stake:withdraw", "Take back what has waited."),
    "validator nominate": ("cli.validator.stake:nominate", "Say whom you want to validate."),
    "validator kick": ("cli.validator.stake:kick", "Do without some who nominate you."),
    "validator payout": ("cli.validator.payout:payout", "Have past eras paid."),
    "validator status": ("cli.validator.status:status", "Show who validates, and how one stands."),
    "validator chill": ("cli.validator.stake:chill", "Stop validating or nominating."),
    "vault list": ("cli.vault:list_vaults", "List all vaults."),
    "vault show": ("cli.vault:show_positions", "Show what an account has in vaults."),
    "vault create": ("cli.vault:create", "Open a vault."),
    "vault join": ("cli.vault:join", "Stake AGPU or tokens in a vault."),
    "vault unbond": ("cli.vault:unbond", "Start to take a stake out."),
    "vault withdraw": ("cli.vault:withdraw", "Take back what has left."),
    "vault claim": ("cli.vault:claim", "Be paid what a stake has earned."),
    "vault insured": ("cli.insurance:list_claims", "List what insurance owes clients."),
    "vault pay": ("cli.insurance:pay", "Collect and pay a claim on insurance."),
    "rwa list": ("cli.rwa:list_assets", "List tokenised assets."),
    "rwa show": ("cli.rwa:show_asset", "Show a tokenised asset."),
    "rwa register": ("cli.rwa:register", "Offer an asset, with a bond."),
    "rwa mint": ("cli.rwa:mint", "Make tokens, as the issuer."),
    "rwa burn": ("cli.rwa:burn", "Destroy tokens that were given back."),
    "rwa buy": ("cli.rwa:buy", "Buy tokens that a slash took in a vault."),
    "model quantise": ("cli.model:quantise_model", "Turn a float model into an int8 one."),
    "model show": ("cli.model:show_model", "Show an int8 model."),
    "provider doctor": ("cli.provider.doctor:doctor", "Check what keeps this from providing."),
    "provider init": ("cli.provider.setup:init", "Make the key and the settings of a provider."),
    "provider register": ("cli.provider.setup:register", "Join a market with a bond."),
    "provider start": ("cli.provider.setup:start", "Run a node that provides."),
    "provider status": ("cli.provider.duty:status", "Show what a provider is and does."),
    "provider pause": ("cli.provider.duty:pause", "Take no new jobs; give back unstarted ones."),
    "provider drain": ("cli.provider.duty:drain", "Take no new jobs; wait until all are done."),
    "provider resume": ("cli.provider.duty:resume", "Take jobs again."),
    "provider benchmark": (
        "cli.provider.benchmark:benchmark",
        "Measure the device; propose a rating and show what it earns.",
    ),
    "provider price": ("cli.provider.record:price", "Show what its market pays now."),
    "provider slashes": ("cli.provider.record:slashes", "List what was taken of its bond."),
    "provider earnings": ("cli.provider.money:earnings", "Show what was paid, by epoch."),
    "provider withdraw": ("cli.provider.money:withdraw", "Take money out of the bond."),
    "query rpc": ("cli.rpc:call", "Call any RPC method."),
    "rpc": ("cli.rpc:call", "Call any RPC method."),
    "indexer run": ("cli.indexer.commands:run", "Write the chain to a database, and follow it."),
    "indexer status": ("cli.indexer.commands:status", "Show how far such a database has come."),
    "indexer reindex": ("cli.indexer.commands:reindex", "Delete it and make it anew."),
    "top": ("cli.top:top", "Show a node as it lives."),
    "doctor": ("cli.doctor:doctor", "Check what this machine lacks."),
    "completion": ("cli.completion:completion", "Print the completion of a shell."),
    "docs": ("cli.docs:docs", "List or read the documentation of this version."),
    "version": ("cli.version:show_version", "Show the version."),
}
"""Path of each command, the function behind it, and its line in the help."""

GROUPS = {
    "devnet": "A local network.",
    "config": "The settings of a node.",
    "chain": "Chain specs and databases.",
    "chain spec": "Chain specs.",
    "chain bench": "Measure a machine, blocks and calls.",
    "chain snapshot": "A whole database in one file.",
    "key": "Keys and addresses.",
    "wallet": "Your accounts and addresses on this machine.",
    "wallet address-book": "Names for the addresses of others.",
    "query": "Read the chain.",
    "query watch": "Follow the chain.",
    "job": "Buy computation.",
    "job submit": "Order work of some class.",
    "job estimate": "Say what an order would cost, and send nothing.",
    "reservation": "Compute paid for ahead.",
    "gov": "Decide with AMAX.",
    "gov guardian": "Those who may slow the chain down.",
    "identity": "What accounts say of themselves.",
    "mining": "How accounts behave, and what the pools pay.",
    "amax": "The token that decides.",
    "referral": "Who brought whom.",
    "econ": "Check the economy.",
    "econ attack": "Try to cheat it.",
    "treasury": "What referenda spend.",
    "oracle": "Report what the chain cannot know by itself.",
    "upgrades": "What providers improved, and who attests it.",
    "pool": "Trade AGPU for other assets.",
    "asset": "Assets beside AGPU.",
    "validator": "Make blocks, or stand behind those who do.",
    "vault": "Stake for access, behind providers, or as insurance.",
    "rwa": "Tokens that stand for things outside.",
    "model": "Models that jobs run.",
    "provider": "Sell computation.",
    "indexer": "The chain in SQL.",
}

NESTED = {"tx": "cli.tx_app:APP"}
"""Commands that have others below them, and the application that knows both."""

ONE_THREAD = (("run",), ("provider", "start"), ("chain", "bench"), ("benchmark",))
"""What checks receipts while the node does other things: the threads of OpenBLAS would wait for
each other, and gas is of one core. See docs/adr/0051-measuring-weights.md."""

INTERRUPTED = 130
"""What shells expect of a program that Ctrl-C ended."""


def main() -> None:
    """Run the command line of this process."""
    words = sys.argv[1:]
    if any(words[: len(one)] == list(one) for one in ONE_THREAD):
        # numpy reads it when it is first imported
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    sys.exit(run(words))


def run(arguments: list[str]) -> int:
    """Run a command line; return its exit code."""
    try:
        page = kept_page(arguments)
        if page is not None:
            print(page)
            return 0
        result = build_app()(arguments, exit_on_error=False, print_error=False)
    except CycloptsError as error:
        return told(misuse(error))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        # The top of the process: people are told in a sentence, whatever went wrong.
        if wants_traceback(arguments):
            raise
        return told(error)
    except BaseExceptionGroup as group:
        # Ctrl-C within a nursery that nobody looked into.
        if group.subgroup(KeyboardInterrupt) is None:
            raise
        return INTERRUPTED
    return result if isinstance(result, int) else 0


def build_app() -> App:
    """Return the application with all commands, none of them imported."""
    apps = {
        "": App(
            name="starminer",
            help="A blockchain node whose blocks carry verified GPU work.",
            version=release,
            help_format="plaintext",
            help_epilogue=ending(""),
            result_action="return_value",
            default_parameter=Parameter(negative_iterable=()),
            config=(layered,),
        )
    }
    for path, text in GROUPS.items():
        parent, _, name = path.rpartition(" ")
        apps[path] = App(name=name, help=text, help_epilogue=ending(path) or "")
        apps[parent].command(apps[path])
    for path, (target, text) in COMMANDS.items():
        parent, _, name = path.rpartition(" ")
        if path in NESTED:
            apps[parent].command(NESTED[path], name=name, help=text)
        elif parent not in NESTED:
            apps[parent].command(target, name=name, help=text, help_epilogue=ending(path) or "")
    for path in HIDDEN_GROUPS:
        apps[path] = App(name=path, show=False)
        apps[""].command(apps[path])
    for alias, path in ALIASES.items():
        parent, _, name = alias.rpartition(" ")
        apps[parent].command(COMMANDS[path][0], name=name, show=False)
    return apps[""]


def below(path: str) -> dict[str, tuple[str, str]]:
    """Return the commands below another one."""
    return {name: found for name, found in COMMANDS.items() if name.rpartition(" ")[0] == path}


def command_paths() -> frozenset[tuple[str, ...]]:
    """Return the words of each command and group, for tests of documents."""
    return frozenset(tuple(path.split()) for path in (*COMMANDS, *GROUPS))


def release() -> str:
    """Return the version that is installed."""
    # Imported here: it brings the parser of e-mail, which no help needs.
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("starminer")
    except PackageNotFoundError:
        return "0.0.0 (not installed)"


def wants_traceback(arguments: list[str]) -> bool:
    """Say whether the user asked for tracebacks, with -vv."""
    return "-vv" in arguments or arguments.count("-v") + arguments.count("--verbose") > 1


if __name__ == "__main__":
    main()
