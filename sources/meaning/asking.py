"""Undecided questions, with the settings that decide them."""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Question:
    """Something ambiguous that changes figures; any of `options`, each a list of --set texts, settles it."""

    text: str
    options: tuple[tuple[str, ...], ...] = ()

    @classmethod
    def of(cls, text: str, *options: str | tuple[str, ...]) -> Self:
        """Return a question whose options are each one setting or several."""
        return cls(text, tuple((each,) if isinstance(each, str) else each for each in options))

    def __str__(self) -> str:
        """Return the question with its options, quoted for a shell."""
        if not self.options:
            return self.text
        shown = (" ".join(f"--set {quote_setting(setting)}" for setting in option) for option in self.options)
        return f"{self.text}: {', or '.join(shown)}"


def quote_setting(setting: str) -> str:
    """Return a setting quoted for a shell."""
    plain = all(letter.isalnum() or letter in "._=-:/%+" for letter in setting)
    return setting if plain else "'" + setting.replace("'", "'\\''") + "'"
