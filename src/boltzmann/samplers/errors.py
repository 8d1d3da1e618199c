"""A sampler's failure, in words. Apart from the contract: the processes that hold a service's client do without torch."""

from __future__ import annotations


class SamplerError(RuntimeError):
    """A sampler could not answer. The message says what happened and why.

    Args:
        cause: The message.
        title: What happened, in a few words.
        mend: What to do, in a sentence.
    """

    def __init__(
        self,
        cause: str,
        title: str = "The sampler could not answer",
        mend: str = "Try again or choose another sampler.",
    ) -> None:
        super().__init__(cause)
        self.title, self.mend = title, mend
