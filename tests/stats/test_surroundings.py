"""A side whose brokers were not all started in the same environment is told: its blocks are of two versions."""

from __future__ import annotations

from dataclasses import replace

from chronik_perf.model import Block, Comparison
from chronik_perf.stats import judge
from tests.builders import V220, a_comparison


def measured(*java_homes: str) -> Comparison:
    """Give a comparison with one block for each value that the candidate's brokers saw of JAVA_HOME."""
    made = a_comparison(V220, V220, blocks=len(java_homes), evidence=False, histograms=False)

    def seen(block: Block, home: str) -> Block:
        environment = {"TZ": "UTC", **({"JAVA_HOME": home} if home else {})}
        return replace(
            block,
            base=replace(block.base, environment={"TZ": "UTC"}),
            candidate=replace(block.candidate, environment=environment),
        )

    blocks = tuple(seen(b, home) for b, home in zip(made.blocks, java_homes, strict=True))
    return replace(made, blocks=blocks)


def told(comparison: Comparison) -> list[str]:
    return [f for f in judge(comparison).findings if "same environment" in f]


def test_a_variable_that_changes_between_blocks_is_told() -> None:
    """Given blocks that were added under another JAVA_HOME, or under none, the side and the variable are named."""
    for later in ("/opt/jdk21", ""):
        (sentence,) = told(measured("/opt/jdk17", "/opt/jdk17", later))
        assert sentence.startswith("v2.2.7 was not started in the same environment in all blocks: JAVA_HOME")


def test_one_environment_is_not_told() -> None:
    """Given the same variables in all blocks, nothing is said; documents from before they were kept tell nothing."""
    assert told(measured("/opt/jdk17", "/opt/jdk17")) == []
    assert told(a_comparison(V220, V220, blocks=3, evidence=False, histograms=False)) == []
