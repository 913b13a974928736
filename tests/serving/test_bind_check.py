"""Where a server without keys may listen, and that no secret is shown by a wrong setting."""

import pytest

from pharos.serving.app import create_app
from pharos.serving.errors import SettingsError
from pharos.serving.operations.bind_check import check_exposure
from pharos.serving.operations.keys import hash_of
from pharos.serving.settings import Settings, load_settings


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "localhost", "::1"])
def test_without_keys_this_machine_alone_is_answered(host: str) -> None:
    check_exposure(Settings(host=host))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "pharos.example", "localhost.example"])
def test_without_keys_no_server_opens_to_the_network(host: str) -> None:
    with pytest.raises(SettingsError, match="pharos key") as caught:
        create_app(Settings(host=host))
    assert repr(host) in str(caught.value)
    assert "open_to_network" in str(caught.value)


@pytest.mark.parametrize("setting", [{"api_keys": {"read": [hash_of(b"key")]}}, {"open_to_network": True}])
def test_with_keys_or_by_a_setting_it_does(setting: dict[str, object]) -> None:
    check_exposure(Settings(host="0.0.0.0", **setting))


def test_an_empty_list_of_keys_is_no_key() -> None:
    with pytest.raises(SettingsError):
        check_exposure(Settings(host="0.0.0.0", api_keys={"read": []}))


def test_a_key_where_its_hash_belongs_is_refused_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHAROS_API_KEYS", '{"read": ["pharos_swordfish"]}')
    with pytest.raises(SettingsError, match=r"api_keys\.read\.0") as caught:
        load_settings()
    assert "swordfish" not in str(caught.value)


def test_an_unknown_kind_of_key_is_refused_with_the_known_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHAROS_API_KEYS", '{"root": []}')
    with pytest.raises(SettingsError, match="'read', 'write' or 'admin'"):
        load_settings()


def test_a_password_in_an_address_is_refused_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHAROS_QDRANT_URL", "https://me:swordfish@host")
    with pytest.raises(SettingsError, match="qdrant_url") as caught:
        load_settings()
    assert "swordfish" not in str(caught.value)


def test_settings_do_not_show_their_secrets() -> None:
    settings = Settings(api_keys={"read": [hash_of(b"key")]}, qdrant_api_key="swordfish")
    assert hash_of(b"key") not in repr(settings)
    assert "swordfish" not in repr(settings)
