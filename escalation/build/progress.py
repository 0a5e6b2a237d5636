"""What is running, and for how long: a live display on a terminal, plain lines elsewhere."""

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from escalation.build.project import UNTOUCHED

if TYPE_CHECKING:
    from rich.live import Live


class Progress:
    """Told by a build what starts, moves and ends. On standard error; standard output is for the result.

    `is_placed`: whether this build has put its report in place.
    """

    is_placed = False

    def __init__(self) -> None:
        self._running: dict[str, tuple[float, str]] = {}
        self._live: Live | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def note(self, text: str) -> None:
        """A line that stays."""
        if self._live:
            self._live.console.print(text, markup=False, highlight=False, soft_wrap=True)
        else:
            sys.stderr.write(text + "\n")
            sys.stderr.flush()

    def placed(self) -> None:
        """The new report is in place."""
        self.is_placed = True

    def stands(self) -> str:
        """What became of the published report so far, for the last line of a build that ends early."""
        return "the new report is in place, whole" if self.is_placed else UNTOUCHED

    def started(self, name: str) -> None:
        """A step begins."""
        self._running[name] = (time.monotonic(), "")
        if sys.stderr.isatty() and not self._live:
            from rich.console import Console
            from rich.live import Live

            # the clock runs on by itself
            self._live = Live(get_renderable=self._lines, console=Console(stderr=True), transient=True)
            self._live.start()
        elif not self._live:
            self.note(f"{name} …")
        self.tick()

    def cell(self, name: str, number: int, of: int) -> None:
        """A notebook has come to its next cell."""
        if name in self._running:
            self._running[name] = (self._running[name][0], f"cell {number} of {of}")
            self.tick()

    def ended(self, name: str) -> None:
        """A step is done."""
        since, _ = self._running.pop(name)
        self.note(f"{name} done in {time.monotonic() - since:.1f} s")
        self.tick()

    def tick(self) -> None:
        """Show how long everything has been running."""
        if self._live:
            self._live.refresh()

    def _lines(self) -> str:
        now = time.monotonic()
        # the clock's thread may ask while a step begins
        return "\n".join(
            f"{name}  {now - since:5.1f} s  {where}".rstrip()
            for name, (since, where) in list(self._running.items())
        )


class Silence(Progress):
    """Nobody looks on."""

    def note(self, text: str) -> None:
        """Nothing."""

    def started(self, name: str) -> None:
        """Nothing."""
        self._running[name] = (time.monotonic(), "")
