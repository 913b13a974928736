"""The command line. Heavy libraries are imported only when a command needs them."""

from pharos.cli.main import main

__all__ = ["main"]
