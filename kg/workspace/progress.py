"""Progress of long work on standard error: a bar on a terminal, plain lines elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from zeitgraph.kg.workspace.pipeline import Step


class Watcher:
    """Hears of steps and notes. Used as `bring_up_to_date(…, watch=w.step, note=w.note)`."""

    def __init__(self, console: Console, bar: Progress | None) -> None:
        self.console = console
        self.bar = bar
        self.task = bar.add_task("", total=None) if bar else None
        self.done: list[Step] = []

    def expect(self, steps: int) -> None:
        """How many more steps will come."""
        if self.bar and self.task is not None:
            self.bar.update(self.task, total=(self.bar.tasks[0].total or 0) + steps)

    def step(self, step: Step) -> None:
        """One step has ended."""
        if step.done:
            self.done.append(step)
        if self.bar and self.task is not None:
            self.bar.update(self.task, advance=1, description=f"{step.week} {step.stage}")
        elif step.done:
            self.note(f"{step.week} {step.stage}: {step.rows} rows")

    def note(self, line: str) -> None:
        """A plain line, above the bar if there is one."""
        self.console.print(line, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def watching() -> Iterator[Watcher]:
    """A `Watcher` on standard error, for as long as the block runs."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield Watcher(console, None)
        return
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    )  # fmt: skip
    with Progress(*columns, console=console, transient=True) as bar:
        yield Watcher(console, bar)
