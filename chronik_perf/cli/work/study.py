"""A study of `perf explain`: its arms, where they are measured and kept, and what is accounted for."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from chronik_perf.cli.saying import say
from chronik_perf.cli.work import comparing
from chronik_perf.cli.work.display import Display
from chronik_perf.experiment import Place
from chronik_perf.experiment.ablation import Keys, ablate
from chronik_perf.model import Metric, Target, Workload
from chronik_perf.model.ablation import Account, Arm, Difference, Explanation
from chronik_perf.report import explanation_text, render_report
from chronik_perf.report.terminal import printable
from chronik_perf.stats import judge
from chronik_perf.stats.causes.ablation import account, causes_of, still_needed
from chronik_perf.store import save
from chronik_perf.store.document import NAME
from chronik_perf.store.explanation import EXPLANATION, EXPLANATION_SCHEMA, save_explanation
from chronik_perf.store.run_folder import RunFolder, file_word


@dataclass(slots=True)
class Study:
    """What is measured, where, and what has been."""

    folder: RunFolder
    differences: tuple[Difference, ...]
    claim: str | None
    loads: tuple[Workload, ...]
    metric: Metric
    places: dict[Keys, Place]
    arms: dict[Keys, Arm]
    earlier_s: float = 0.0  # what earlier calls took

    @property
    def everything(self) -> Keys:
        """All differences together: the candidate."""
        return tuple(d.key for d in self.differences)

    @property
    def began(self) -> bool:
        """Tell whether the candidate itself has a block."""
        return bool(self.arms[self.everything].comparison.blocks)

    def measure(self) -> None:
        """Measure to the end, saving each arm whenever it has grown."""
        comparisons = {keys: arm.comparison for keys, arm in self.arms.items()}
        with (
            Display() as display,
            contextlib.closing(ablate(comparisons, self.places, self._needed, display.progress)) as growing,
        ):
            for one in growing:
                self._keep(one)
        for arm in list(self.arms.values()):
            if arm.comparison.blocks:
                self._keep(Arm(arm.keys, dataclasses.replace(arm.comparison, complete=True)))

    def write(self, begun: float, *, complete: bool) -> tuple[Explanation, Path]:
        """Account for what was measured, and write it."""
        whole = self.arms[self.everything].comparison
        explanation = Explanation(
            schema_version=EXPLANATION_SCHEMA,
            base=whole.base.name,
            candidate=whole.candidate.name,
            differences=self.differences,
            claim=self.claim,
            accounts=tuple(self._accounts(list(self.arms.values()))),
            arms={self.places[keys].logs.parent.name: keys for keys in self.arms},
            command=whole.command,
            elapsed_s=self.earlier_s + time.monotonic() - begun,
            complete=complete,
        )
        return explanation, save_explanation(explanation, self.folder.path)

    def report(self, explanation: Explanation) -> Path:
        """Write the report of the two versions themselves, which begins with what explains the change."""
        whole = self.arms[self.everything].comparison
        told = dataclasses.replace(whole, causes=causes_of(explanation.accounts))
        self._keep(Arm(self.everything, told))
        return render_report(told, judge(told), self.places[self.everything].logs.parent)["report.html"]

    def _keep(self, arm: Arm) -> None:
        self.arms[arm.keys] = arm
        save(arm.comparison, self.places[arm.keys].logs.parent)

    def _needed(self, so_far: Sequence[Arm]) -> tuple[list[Keys], list[str]]:
        return still_needed(self._accounts(so_far), self.everything, list(self.arms))

    def _accounts(self, arms: Sequence[Arm]) -> list[Account]:
        of = self.metric
        return [account(self.differences, arms, of, w, of.threshold, self.claim) for w in self.loads]

    def carry_out(self) -> int:
        """Measure until all is answered or the budget is spent, print the account, and give the exit code.

        0: answered; 3: something is open. Raises MeasurementFailed; what was measured is accounted for all the same.
        """
        begun = time.monotonic()
        try:
            self.measure()
        except BaseException:
            if self.began:
                say(f"what was measured is accounted for in {self.write(begun, complete=False)[1]}")
            raise
        explanation, path = self.write(begun, complete=True)
        print(printable(explanation_text.render(explanation, self.loads)))
        print(f"\nexplanation: {path}\nreport: {self.report(explanation)}")
        if all(a.settled for a in explanation.accounts):
            return 0
        print(f"go on with: perf explain --resume {self.folder.path}")
        return 3


@contextlib.contextmanager
def kept(folder: RunFolder, own: tuple[Path, ...]) -> Iterator[None]:
    """When it fails, say where the arms that were measured lie; an arm without a block leaves only what it logged."""
    try:
        yield
    except BaseException as error:
        for arm in (p for p in folder.path.iterdir() if p.is_dir()):
            if not (arm / NAME).exists():
                comparing.tidy(RunFolder(arm), (arm,), told=isinstance(error, Exception))
        comparing.tidy(folder, own, told=isinstance(error, Exception))
        if any(folder.path.glob(f"*/{NAME}")):
            say(f"what was measured is kept in {folder.path}, an arm a folder; perf report reads each")
        if (folder.path / EXPLANATION).exists():
            say(f"go on with: perf explain --resume {folder.path}")
        raise


def logs_of(folder: RunFolder, number: int, target: Target) -> Path:
    """Make the folder of one arm, a run of its own that `perf report` reads, and give that of its logs."""
    logs = (
        folder.path / f"{number}-{file_word(target.name)}" / "logs"
    )  # long names are cut, and may then be one
    logs.mkdir(parents=True, exist_ok=True)
    return logs
