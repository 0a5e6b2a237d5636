"""What a user did that cannot be done: every problem at once, a line each, never a traceback."""

from collections.abc import Iterable


class Refusal(Exception):
    """Input that is refused. `problems` holds one line each: where, what, what is allowed."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))
