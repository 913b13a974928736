"""`python -m pharos` is the command `pharos`."""

from pharos.cli import main

main()
