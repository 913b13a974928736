"""What `ingest` raises when the input is at fault."""


class DataError(Exception):
    """The data set cannot be read as it stands.

    The message is for the person who owns the files: it names the file, says what is wrong and what is allowed.
    """
