"""The same doors under atheris, which follows the branches of the code, for as long as one likes.

    python -m tests.fuzz.atheris_decoders DOOR [-max_total_time=600] [libFuzzer options] [CORPUS]

Without a door it lists them. Found inputs are written beside the corpus; add them to a test.
"""

import sys

import atheris  # type: ignore[import-not-found, import-untyped, unused-ignore]


def main(arguments: list[str]) -> None:
    """Fuzz the door that is named."""
    with atheris.instrument_imports(
        include=["runtime", "genesis", "p2p", "node.keystore", "node.rpc.jsonrpc"]
    ):
        from tests.fuzz.targets import targets
    if len(arguments) < 2 or arguments[1] not in targets():
        print("\n".join(targets()))
        sys.exit(2)
    target = targets()[arguments[1]]
    atheris.Setup([arguments[0], *arguments[2:]], target.check)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv)
