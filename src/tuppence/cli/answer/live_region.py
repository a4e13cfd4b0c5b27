"""The lines at the bottom of the screen that still change, below those that never do."""

from rich.console import Console, RenderableType

_BEGIN, _END = "\x1b[?2026h", "\x1b[?2026l"  # synchronized output: a terminal that knows it draws the change at once
_HIDE, _SHOW = "\x1b[?25l", "\x1b[?25h"


class LiveRegion:
    """Draws what changes in place of what it drew before, in one write each time. For terminals that move the cursor.

    What is taller than the screen is shown by its end: lines that have left the screen cannot be drawn again.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        # Of the region as it stands, the cursor at the start of the last one: a ^C that is echoed there adds none.
        self._lines = 0

    def draw(self, region: RenderableType | None, *above: RenderableType) -> None:
        """Show `region` (None: nothing) in place of the earlier one, and `above` it, once and for ever, the rest."""
        fixed = "".join(self._text(part) for part in above)
        lines = self._text(region).split("\n")[:-1] if region is not None else []
        shown = lines[-(self._console.height - 1) :]
        end = "" if shown else _SHOW
        rest = "\n".join(shown) + "\r" if shown else ""
        self._write(f"{_BEGIN}{_HIDE}{self._erasure()}{fixed}{rest}{end}{_END}")
        self._lines = len(shown)

    def _erasure(self) -> str:
        if not self._lines:
            return ""
        up = f"\x1b[{self._lines - 1}A" if self._lines > 1 else ""
        return f"\r{up}\x1b[J"

    def _text(self, renderable: RenderableType) -> str:
        """Without spaces at the ends of lines: a terminal made narrower would break them into lines of their own."""
        with self._console.capture() as captured:
            self._console.print(renderable)
        return "\n".join(line.rstrip(" ") for line in captured.get().split("\n"))

    def _write(self, text: str) -> None:
        self._console.file.write(text)
        self._console.file.flush()
