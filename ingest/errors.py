"""The root of all errors of Pharos, and what `ingest` raises when the input is at fault."""


class PharosError(Exception):
    """Base of all errors that a person can act on: the message says what is wrong, where, and what is allowed."""


class DataError(PharosError):
    """The data set cannot be read as it stands.

    The message is for the person who owns the files: it names the file, says what is wrong and what is allowed.
    """
