"""The check that a server without API keys does not listen on a public address."""

import ipaddress

from pharos.serving.errors import SettingsError
from pharos.serving.operations.keys import Keys
from pharos.serving.settings import Settings


def check_exposure(settings: Settings) -> None:
    """Raise SettingsError where other machines could read and change everything, and the settings do not allow it."""
    if (
        Keys(settings.api_keys)
        or settings.keys_file is not None
        or settings.open_to_network
        or is_loopback(settings.host)
    ):
        return
    raise SettingsError(
        f"host is {settings.host!r}, which other machines can reach, and no API keys are set, so that all of them "
        "could read, change and delete everything. Make keys with `pharos key` and put their hashes in the settings, "
        "or set keys_file; or listen on 127.0.0.1; or set open_to_network = true where access is "
        "restricted by other means"
    )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
