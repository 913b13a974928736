import pytest

from pharos.serving.errors import SettingsError
from pharos.serving.settings import Settings, load_settings


def test_the_defaults_need_no_server_and_listen_on_loopback() -> None:
    settings = load_settings()
    assert settings.qdrant_url == ""
    assert settings.host == "127.0.0.1"
    assert settings.store_url == "sqlite:///var/pharos.db"


def test_every_setting_is_documented() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    (tmp_path / "pharos.toml").write_text("port = 9000\nmax_k = 50\n")
    monkeypatch.setenv("PHAROS_PORT", "9001")
    settings = load_settings()
    assert (settings.port, settings.max_k) == (9001, 50)


def test_an_argument_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHAROS_PORT", "9001")
    assert load_settings(port=9002).port == 9002


@pytest.mark.parametrize(
    ("variable", "value", "named"),
    [
        ("PHAROS_PORT", "many", ["'port'", "PHAROS_PORT", "'many'", "integer"]),
        ("PHAROS_PORT", "70000", ["'port'", "'70000'", "65535"]),
        ("PHAROS_QDRANT_URL", "ftp://host", ["'qdrant_url'", "'ftp://host'", "https?"]),
        ("PHAROS_EVENT_WEIGHTS", "{", ["event_weights"]),
    ],
)
def test_a_bad_variable_is_named_with_its_value_and_what_is_allowed(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, named: list[str]
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert [part for part in named if part not in str(caught.value)] == []


def test_an_unknown_name_in_the_file_is_refused_with_the_known_ones(tmp_path) -> None:
    (tmp_path / "pharos.toml").write_text('prot = "9000"\n')
    with pytest.raises(SettingsError, match=r"'prot'.*port"):
        load_settings()


def test_a_broken_file_is_named(tmp_path) -> None:
    (tmp_path / "pharos.toml").write_text("port = = 3")
    with pytest.raises(SettingsError, match=r"pharos\.toml"):
        load_settings()


def test_a_wrong_key_of_the_vector_database_is_not_shown(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    (tmp_path / "pharos.toml").write_text("qdrant_api_key = 4711\n")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "4711" not in str(caught.value)


def test_rules_are_read_from_the_file(tmp_path) -> None:
    (tmp_path / "pharos.toml").write_text(
        '[[rules]]\nwhen = "genres=Drama"\nboost = 0.1\n[[rules]]\nwhen = ["genres=War", "year<1950"]\nbury = 0.5\n'
        '[[rules]]\nwhen = "item_id=7"\npin = 2\n'
    )
    rules = load_settings().rules
    assert [rule.when for rule in rules] == [("genres=Drama",), ("genres=War", "year<1950"), ("item_id=7",)]
    assert [(rule.lift, rule.pin) for rule in rules] == [(0.1, None), (-0.5, None), (0.0, 2)]


@pytest.mark.parametrize(
    ("rule", "named"),
    [
        ('when = "genres"\nboost = 0.1', ["'rules.0.when'", "genres", "field=a,b"]),
        ('when = "genres=War"', ["'rules.0'", "one of boost, bury and pin, not none"]),
        ('when = "genres=War"\nboost = 0.1\npin = 1', ["'rules.0'", "not boost and pin"]),
        ('when = "genres=War"\nboost = 2.0', ["'rules.0.boost'", "2.0", "less than or equal to 1"]),
        ('when = "genres=War"\npin = 0', ["'rules.0.pin'", "greater than or equal to 1"]),
        ("boost = 0.1", ["'rules.0.when'", "required"]),
        ("when = []\nboost = 0.1", ["'rules.0.when'", "at least 1"]),
        ('when = "genres=War"\nbost = 0.1', ["'rules.0.bost'", "boost, bury, pin, when"]),
    ],
)
def test_a_wrong_rule_is_named_with_what_is_allowed(tmp_path, rule: str, named: list[str]) -> None:
    (tmp_path / "pharos.toml").write_text(f"[[rules]]\n{rule}\n")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert [part for part in named if part not in str(caught.value)] == []
