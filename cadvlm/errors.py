"""The few errors that cross a room's boundary.

A bad *program* is data (see :mod:`cadvlm.execution.result`), never an exception. What is raised
here is either something a user can mend or something that is broken in the machine.
"""


class CadvlmError(Exception):
    """Base of every error that this project raises on purpose."""


class ConfigError(CadvlmError):
    """A setting is unknown, of the wrong type, or contradicts another. Exit code 2."""


class InputError(CadvlmError):
    """A file, folder, row or request that the user gave cannot be used. Exit code 2."""


class SandboxUnavailable(CadvlmError):
    """The sandbox itself could not start. Says nothing about the program; never scored."""


class RunFailed(CadvlmError):
    """Long work stopped midway. The message says what is kept and how to resume. Exit code 1."""
