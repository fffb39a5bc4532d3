"""Build the CPU image of the kernels, and the fake driver for pycuda, with g++."""

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent
FLAGS = ("-std=c++20", "-fPIC", "-shared", "-fvisibility=hidden", "-w")
PLAIN_FLAGS = (*FLAGS, "-fwrapv", "-O1")
SANITIZED_FLAGS = (
    *(*FLAGS, "-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"),
    "-fsanitize-sections=shim_shared",
)
"""Addresses in device and shared memory, and all that C++ leaves undefined, overflows too."""
SANITIZERS = ("libasan.so", "libubsan.so")
NOT_SUPPORTED = 801


def why_no_compiler() -> str:
    """Say why kernels cannot be compiled for the CPU; empty if they can."""
    return "" if shutil.which("g++") else "no g++ to compile the kernels for the CPU with"


def why_no_fake_driver() -> str:
    """Say why the fake driver cannot be built; empty if it can."""
    if why_no_compiler():
        return why_no_compiler()
    return "" if _headers() else "no cuda.h to build the fake driver from"


def sanitizers() -> list[Path]:
    """Find the libraries that a program must load first to run a sanitized image."""
    if why_no_compiler():
        return []
    asked = [["g++", f"-print-file-name={name}"] for name in SANITIZERS]
    found = [subprocess.run(ask, check=True, capture_output=True, text=True) for ask in asked]
    return [path for path in (Path(one.stdout.strip()) for one in found) if path.is_absolute()]


def why_no_sanitizers() -> str:
    """Say why sanitized images cannot be built; empty if they can."""
    found = len(sanitizers()) == len(SANITIZERS)
    return why_no_compiler() or ("" if found else f"no {' and '.join(SANITIZERS)} beside g++")


def kernel_names(source: str) -> list[str]:
    """List the kernels of a source."""
    kernel = r'extern "C" __global__ void\s+(?:__launch_bounds__\(\d+\)\s+)?(\w+)'
    return re.findall(kernel, source)


def build_image(source: str, folder: Path, flags: Sequence[str] = PLAIN_FLAGS) -> Path:
    """Compile kernels for the CPU, with an entry for each."""
    names = kernel_names(source)
    assert names, "a source with kernels in it"
    program = folder / "kernels.cpp"
    entries = "".join(f"SHIM_ENTRY({name})\n" for name in names)
    program.write_text(f'#include "{HERE}/cuda_on_cpu.h"\n{source}\n{entries}')
    image = folder / "kernels.so"
    subprocess.run(["g++", *flags, "-o", image, program], check=True)
    return image


def build_fake_driver(folder: Path) -> Path:
    """Build a folder with a libcuda.so.1 in it; return the folder."""
    headers = _headers()
    assert headers is not None
    stubs = folder / "stubs.c"
    stubs.write_text("".join(_stub(name) for name in _driver_functions(headers)))
    objects = folder / "stubs.o"
    subprocess.run(["gcc", "-c", "-fPIC", "-w", "-o", objects, stubs], check=True)
    library = folder / "libcuda.so.1"
    define = "-D__CUDA_API_VERSION_INTERNAL"
    parts = (HERE / "fake_libcuda.cpp", objects, "-ldl")
    command = ["g++", *PLAIN_FLAGS, define, f"-I{headers}", "-Wl,-soname,libcuda.so.1"]
    subprocess.run([*command, "-o", library, *parts], check=True)
    return folder


def build_fake_cublaslt(folder: Path) -> None:
    """Build a libcublasLt.so.13 into a folder."""
    library = folder / "libcublasLt.so.13"
    command = ["g++", *PLAIN_FLAGS, "-O2", "-o", library, HERE / "fake_cublaslt.cpp"]
    subprocess.run(command, check=True)


def _headers() -> Path | None:
    compiler = shutil.which("nvcc")
    roots = [Path("/usr/local/cuda")]
    if compiler:
        roots.append(Path(compiler).resolve().parents[1])
    return next((root / "include" for root in roots if (root / "include/cuda.h").exists()), None)


def _driver_functions(headers: Path) -> list[str]:
    """List every function of the driver, whatever version of it a header macro picks."""
    names: set[str] = set()
    for flags in ([], ["-D__CUDA_API_VERSION_INTERNAL"]):
        for header in ("cuda.h", "cudaProfiler.h"):
            text = subprocess.run(
                ["g++", "-E", "-P", "-x", "c++", f"-I{headers}", *flags, headers / header],
                check=True,
                capture_output=True,
                text=True,
            ).stdout
            names.update(re.findall(r"CUresult\s+(?:CUDAAPI\s+)?(cu[A-Z]\w*)\s*\(", text))
    return sorted(names)


def _stub(name: str) -> str:
    return f"__attribute__((weak)) int {name}(void) {{ return {NOT_SUPPORTED}; }}\n"
