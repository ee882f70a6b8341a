"""What the command's own process leaves unloaded, and when it looks for garbage."""

from __future__ import annotations

import gc
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from evalsuite.cli.shared.process import collecting_often
from evalsuite.errors import InvalidInputError


def loaded_after(script: str) -> str:
    begin = "import sys; from evalsuite.cli.shared.process import defer_unused_parts; "
    done = subprocess.run(
        [sys.executable, "-c", f"{begin}defer_unused_parts(); {script}"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={name: value for name, value in os.environ.items() if not name.endswith("_THREADS")},
    )
    return done.stdout


def test_scipy_loads_without_the_parts_of_numpy_that_it_only_names() -> None:
    parts = "[m for m in ('numpy.f2py.rules', 'unittest', 'numpy.ma.core') if m in sys.modules]"

    assert loaded_after(f"import scipy.special; print({parts})") == "[]\n"


def test_a_part_that_somebody_looks_into_is_there() -> None:
    script = (
        "import numpy, scipy.special; from numpy.testing import assert_allclose; "
        "assert_allclose(numpy.ma.masked_array([1, 2], [0, 1]).sum(), 1); "
        "print(numpy.random.default_rng(0).integers(9) < 9, numpy.f2py.__name__)"
    )

    assert loaded_after(script) == "True numpy.f2py\n"


def test_compiled_functions_are_scipys_own_and_come_alone() -> None:
    script = (
        "from scipy.special import ndtri; import scipy.special as whole; "
        "early = 'scipy.special._orthogonal' in sys.modules; zero = whole.logsumexp([0.0]); "
        "from scipy.special import _ufuncs as part; "
        "odd = [n for n in part.__all__ if getattr(whole, n) is not getattr(part, n)]; "
        "print(early, zero, whole.ndtri is ndtri, odd)"
    )

    assert loaded_after(script) == "False 0.0 True []\n"


def test_one_function_of_a_package_comes_alone_and_the_rest_when_asked_for() -> None:
    script = (
        "from scipy.optimize import linear_sum_assignment as assign; "
        "early = 'scipy.optimize._optimize' in sys.modules; import scipy.optimize as whole; "
        "print(early, assign([[4, 1], [2, 9]])[1], round(whole.brentq(lambda x: x - 3, 0, 9)), "
        "whole.linear_sum_assignment is assign)"
    )

    assert loaded_after(script) == "False [1 0] 3 True\n"


def test_the_models_of_transformers_are_read_once_and_to_the_same_end() -> None:
    script = (
        "import builtins; from collections import Counter; from pathlib import Path\n"
        "plain, read = builtins.open, Counter()\n"
        "builtins.open = lambda name, *a, **k: read.update([str(name)]) or plain(name, *a, **k)\n"
        "import transformers; transformers.AutoModelForCausalLM\n"
        "folder = Path(transformers.__file__).parent / 'models'\n"
        "n = [count for name, count in read.items() if name.startswith(str(folder / 'bert'))]\n"
        "reader = transformers.utils.import_utils.create_import_structure_from_path\n"
        "kept = reader(folder); reader.cache_clear()\n"
        "print(set(n), kept == reader(folder), len(kept) > 100)"
    )

    assert loaded_after(f"exec({script!r})") == "{1} True True\n"


def test_torch_is_loaded_without_a_search_and_is_never_searched_again() -> None:
    script = (
        "import gc; before, searches = gc.get_threshold(), []; "
        "gc.callbacks.append(lambda phase, info: searches.append(phase)); import torch; "
        "print(len(searches) < 20, gc.get_freeze_count() > 10**5, gc.get_threshold() == before)"
    )

    assert loaded_after(script) == "True True True\n"


def test_what_loads_together_is_left_out_of_searches_together() -> None:
    script = (
        "import gc; from evalsuite.cli.shared.process import loading\n"
        "with loading():\n"
        "    import torch; early, kept = gc.get_freeze_count(), [[] for _ in range(10**5)]\n"
        "print(early, gc.get_freeze_count() > len(gc.get_objects()))"
    )

    assert loaded_after(script) == "0 True\n"


def test_a_scipy_that_keeps_its_functions_elsewhere_is_loaded_whole() -> None:
    script = (
        "import evalsuite.cli.shared.process as process; "
        "process._COMPILED['scipy.special'] = 'scipy.special.gone'; "
        "from scipy.special import ndtri; print(ndtri(0.5), 'scipy.special._orthogonal' in "
        "sys.modules)"
    )

    assert loaded_after(script) == "0.0 True\n"


THREADS = "len(list(Path('/proc/self/task').iterdir()))"


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="Linux tells a process's threads")
def test_linear_algebra_starts_no_threads_and_nobody_else_is_told_so() -> None:
    script = (
        "import os; from pathlib import Path; import numpy; from scipy.special import ndtr; "
        f"print({THREADS}, 'OPENBLAS_NUM_THREADS' in os.environ, type(numpy.__loader__).__name__)"
    )

    assert loaded_after(script) == "1 False SourceFileLoader\n"


def test_a_number_of_threads_that_was_set_stays() -> None:
    script = (
        "import os; os.environ['OMP_NUM_THREADS'] = '2'; import numpy; from scipy.special import "
        "ndtr; print(os.environ['OMP_NUM_THREADS'], 'OPENBLAS_NUM_THREADS' in os.environ)"
    )

    assert loaded_after(script) == "2 False\n"


def test_the_collector_looks_seldom_but_while_models_run() -> None:
    script = (
        "import gc; from evalsuite.cli.shared import process; before = gc.get_threshold()\n"
        "process.collect_seldom(); seldom = gc.get_threshold()\n"
        "with process.collecting_often(): often = gc.get_threshold()\n"
        "print(seldom[0] > before[0], often == before, gc.get_threshold() == seldom)"
    )

    assert loaded_after(f"exec({script!r})") == "True True True\n"


def test_the_collector_is_as_before_after_an_error() -> None:
    before = gc.get_threshold()

    with pytest.raises(InvalidInputError), collecting_often():
        raise InvalidInputError("no log")

    assert gc.get_threshold() == before


SEARCHES = """
import atexit, gc, sys
searches = []
gc.callbacks.append(lambda phase, info: searches.append(gc.get_threshold()[0]))
atexit.register(lambda: print(max(searches) < 10**5, gc.get_freeze_count() > len(gc.get_objects())))
from evalsuite.__main__ import main
sys.argv[1:] = ["table", "5", "2", "3", "4"]
main()
"""


def test_a_command_searches_for_no_circles_from_its_start_to_its_end() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SEARCHES], capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout.endswith("True True\n")


def test_what_was_loaded_is_searched_for_circles_no_more_and_what_comes_after_is() -> None:
    script = (
        "import gc, sys, weakref; from evalsuite.cli.shared.process import loading\n"
        "before = gc.get_threshold()\n"
        "with loading(): import decimal\n"
        "class Part: pass\n"
        "part = Part(); part.own = part; gone = weakref.ref(part); del part\n"
        "n = gc.get_freeze_count()\n"
        "with loading(): import fractions\n"
        "gc.collect(); print(n > 0, gone() is None, gc.get_threshold() == before)"
    )

    assert loaded_after(f"exec({script!r})") == "True True True\n"


def test_nothing_is_searched_while_libraries_load() -> None:
    script = (
        "import gc; from evalsuite.cli.shared.process import loading; searches = []\n"
        "with loading():\n"
        "    gc.callbacks.append(lambda phase, info: searches.append(phase))\n"
        "    kept = [[] for _ in range(10**6)]; n = len(searches)\n"
        "print(n, gc.isenabled())"
    )

    assert loaded_after(f"exec({script!r})") == "0 True\n"


def test_a_collector_that_was_off_stays_off() -> None:
    script = (
        "import gc; from evalsuite.cli.shared.process import loading; gc.disable()\n"
        "with loading(): pass\n"
        "print(gc.isenabled(), gc.get_freeze_count())"
    )

    assert loaded_after(f"exec({script!r})") == "False 0\n"


TAKEN = (
    "from evalsuite.cli.shared.process import keep_memory\n"
    "from resource import RUSAGE_SELF, getrusage\n"
    "def take():\n"
    "    for _ in range(20): kept = [bytes(1) * (8 << 20) for _ in range(6)]\n"
    "def faults(): before = getrusage(RUSAGE_SELF).ru_minflt; take(); "
    "return getrusage(RUSAGE_SELF).ru_minflt - before\n"
)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc has the settings")
def test_memory_that_was_freed_is_there_to_be_taken_again() -> None:
    script = f"{TAKEN}plain = faults(); keep_memory(); take(); print(faults() < plain / 4)"

    assert loaded_after(f"exec({script!r})") == "True\n"


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc has the settings")
def test_an_allocator_that_somebody_set_stays_as_set() -> None:
    script = (
        f"import os; os.environ['MALLOC_TRIM_THRESHOLD_'] = '131072'\n{TAKEN}"
        "plain = faults(); keep_memory(); take(); print(faults() < plain / 4)"
    )

    assert loaded_after(f"exec({script!r})") == "False\n"
