"""A program that fails is asked for again, with what was wrong with it in the prompt."""

from __future__ import annotations

from serve.builder import Built


def correction(prompt: str, built: Built) -> str:
    """The prompt for another try.

    Args:
        prompt: that the program was written for.
        built: what became of the program, which is no solid.
    """
    return "\n\n".join(
        [
            prompt,
            "This program was written for it:",
            f"```python\n{built.program.code.rstrip()}\n```",
            f"It does not build a solid: {built.error}",
            "Write the program again, without the fault.",
        ]
    )
