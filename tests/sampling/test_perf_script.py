"""What perf script prints becomes folded stacks: recorded text, and frames that are seldom seen."""

from __future__ import annotations

from pathlib import Path

from chronik_perf.model import Unavailable
from chronik_perf.sampling.profilers.perf_script import UNSEEN_KERNEL, fold, with_unseen_kernel

# Of perf 6.1.187 on a small C program, shortened.
RECORDED = Path(__file__).with_name("perf_script.txt").read_text()


def one(frame: str, thread: str = "t 1") -> str:
    """Fold a sample of one frame, and give the frame."""
    (stack,) = fold(f"{thread} cpu-clock:\n\t{frame}\n\n").stacks
    return stack.partition(";")[2]


def test_recorded_samples_fold_with_the_root_first() -> None:
    """Given recorded samples, stacks begin with thread and root, samples of one stack add up, the kernel is marked."""
    assert fold(RECORDED).stacks == {
        "busy;__libc_start_call_main (libc.so.6);main (busy);inner (busy)": 2,
        "busy;__libc_start_call_main (libc.so.6);main (busy);inner (busy)"
        ";__schedule ([kernel]);finish_task_switch.isra.0 ([kernel])": 1,
    }
    assert not fold(RECORDED).user_only


def test_a_function_without_a_name_keeps_its_module() -> None:
    """Given addresses that perf cannot name, the module tells them apart, and the kernel's stay the kernel's."""
    assert one("7f00 [unknown] (/usr/lib/libssl.so.3)") == "[unknown] (libssl.so.3)"
    assert one("ffffffffc0de1234 [unknown] ([nf_tables])") == "[unknown] ([kernel])"
    assert one("0 [unknown] ([unknown])") == "[unknown] ([unknown])"
    assert one("12ab [unknown] ([vdso])") == "[unknown] ([vdso])"


def test_names_with_odd_characters_stay_one_frame() -> None:
    """Given names with spaces, parentheses and semicolons, each is one frame, and its module is the last part."""
    assert one("1 std::function<void (int)>::operator()(int) const (/opt/b)") == (
        "std::function<void (int)>::operator()(int) const (b)"
    )
    assert one("1 (anonymous namespace)::step (/opt/b)") == "(anonymous namespace)::step (b)"
    assert one("1 Lcom/x/Y;::run (/tmp/perf-77.map)") == "Lcom/x/Y:::run (perf map)"
    assert one("1 main (/opt/my broker/b (deleted))") == "main (b)"


def test_a_name_does_not_change_with_each_build() -> None:
    """Given Rust's symbols, the hash that differs in each build is left out."""
    assert one("1 broker::wal::append::h0123456789abcdef (/opt/b)") == "broker::wal::append (b)"


def test_threads_go_by_name_whatever_is_in_it() -> None:
    """Given thread names with spaces, numbers and semicolons, those of one name are together."""
    text = "".join(
        f"{thread} cpu-clock:\n\t1 main (/b)\n\n" for thread in ("  io 7 31", "  io 7 32", "a;b: 33")
    )
    assert fold(text).stacks == {"io 7;main (b)": 2, "a:b:;main (b)": 1}


def test_what_is_no_sample_is_left_out_and_a_sample_without_frames_is_not() -> None:
    """Given warnings between samples and a sample cut off at the end, only samples count."""
    text = "Warning: 3 events lost\n\nt 5 cpu-clock:\n\nt 5 cpu-clock:\n\t1 main (/b)"
    assert fold(text).stacks == {"t": 1, "t;main (b)": 1}
    assert fold("").stacks == {}


def test_cpu_of_a_kernel_that_may_not_be_seen_is_not_given_to_user_code() -> None:
    """Given samples of user code only, what the scheduler counted beyond them stands as a stack of its own."""
    folded = fold("t 5 cpu-clock:u:\n\t1 main (/b)\n\n" * 60)
    assert folded.user_only
    assert with_unseen_kernel(folded.stacks, 1.0, 100) == {"t;main (b)": 60, UNSEEN_KERNEL: 40}
    assert with_unseen_kernel(folded.stacks, 0.5, 100) == {"t;main (b)": 60}
    assert with_unseen_kernel(folded.stacks, Unavailable("gone"), 100) == {"t;main (b)": 60}
