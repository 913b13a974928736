"""All settings of Pharos: from the environment (`PHAROS_*`), or `pharos.toml` in the working folder."""

import math
import os
import re
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    FilePath,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from pharos.serving.errors import SettingsError
from pharos.serving.rule_settings import Rule

TOML_FILE: Final = "pharos.toml"
PREFIX: Final = "PHAROS_"
# An address may hold a password, and somebody may write a key where its hash belongs.
_SECRET: Final = ("qdrant_api_key", "qdrant_url", "database_url", "api_keys", "api_key")

KeyScope: TypeAlias = Literal["read", "write", "admin"]
KeyHash: TypeAlias = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
ALIAS_PATTERN: Final = r"^[A-Za-z0-9_-]{1,64}$"


class VariantSetting(BaseModel):
    """A variant: one of several live collections. share: of the users, from 0 to 1."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    alias: str = Field(pattern=ALIAS_PATTERN)
    share: float = Field(ge=0, le=1)


class Settings(BaseSettings):
    """The settings. The environment wins over the file, an argument wins over both."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, toml_file=TOML_FILE, extra="forbid", frozen=True)

    data_dir: Path = Field(Path("var"), description="Data folder: bundles/, index/ and the store's file pharos.db.")
    database_url: str = Field(
        "",
        description="SQLAlchemy address of the store, sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE; "
        "empty: the file data_dir/pharos.db.",
    )
    qdrant_url: str = Field(
        "",
        pattern=r"^($|https?://[^@,\s]*(,https?://[^@,\s]*)*$)",
        description="Address of a Qdrant server; empty: the engine inside the process, files in data_dir/index. "
        "With https:// all goes over TLS. Of a cluster those of several nodes, separated by commas: where one fails, "
        "another is asked.",
    )
    qdrant_shards: int | None = Field(
        None,
        ge=1,
        le=1000,
        description="Shards of a new collection in a Qdrant cluster; by default as many as it has nodes.",
    )
    qdrant_replicas: int = Field(
        1, ge=1, le=32, description="Copies of each shard in a Qdrant cluster, on different nodes; 2 outlast a node."
    )
    qdrant_write_consistency: int | None = Field(
        None,
        ge=1,
        le=32,
        description="Copies that must have a write before it is acknowledged; by default a majority of "
        "qdrant_replicas.",
    )
    qdrant_api_key: SecretStr | None = Field(None, description="Key of the Qdrant server, where it wants one.")
    qdrant_ca_file: FilePath | None = Field(
        None, description="Certificates (PEM) that the server's must be signed by; by default those of the system."
    )
    qdrant_quantization: Literal["none", "scalar", "binary"] = Field(
        "none",
        description="What a Qdrant server keeps in memory of the numbers of each vector: four bytes (none), one "
        "(scalar), or one bit of the text model's vectors and a byte of the towers' (binary); the whole vectors are "
        "then on its disk, and score again what was found. Holds from the next `pharos index` on.",
    )
    alias: str = Field("items", pattern=ALIAS_PATTERN, description="Alias that names the live collection.")
    variants: dict[str, VariantSetting] = Field(
        {},
        description="Several aliases in place of the one, each for a share of the users, so that two bundles can be "
        "compared: variants.a = { alias = 'items', share = 0.9 }, variants.b = { alias = 'items-b', share = 0.1 }. "
        "The first one answers where there is no user.",
    )

    host: str = Field("127.0.0.1", min_length=1, description="Address that `pharos serve` listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Port that `pharos serve` listens on; 0 takes a free one.")

    api_keys: dict[KeyScope, list[KeyHash]] = Field(
        {},
        repr=False,
        description="SHA-256 of the API keys that may read, write or administer, as `pharos key` prints them; without "
        "any, and without keys_file, everybody who reaches the server may do everything.",
    )
    keys_file: Path | None = Field(
        None,
        description="File with more API keys, which `pharos key` writes: also for one user alone, or until a date. A "
        "server reads it again within a second after it changed. Where it is set, a key is always needed.",
    )
    api_key: SecretStr | None = Field(
        None,
        description="API key that commands such as `pharos recommend` send to a server of this machine that has the "
        "embedded index open, where the server wants one.",
    )
    open_reading: bool = Field(False, description="Whether reading needs no key where keys are set.")
    open_metrics: bool = Field(False, description="Whether /metrics needs no key where keys are set.")
    open_to_network: bool = Field(
        False, description="Whether a server without keys may listen on an address that other machines reach."
    )
    requests_per_second: float = Field(
        0.0,
        ge=0,
        le=1_000_000,
        description="Requests of one API key, or without keys of one address, in the long run, for each worker; more "
        "are answered with 429 and Retry-After. 0: no limit.",
    )
    request_burst: int = Field(
        100, ge=1, le=1_000_000, description="Requests that may come at once before requests_per_second applies."
    )
    concurrent_requests: int = Field(
        256, ge=0, le=100_000, description="Requests of one key or address at the same time. 0: no limit."
    )
    wait_seconds: float = Field(
        1.5,
        ge=0,
        le=3600,
        description="How long a request waits in all for a Qdrant server and PostgreSQL, before it is answered without "
        "them or refused; batches and re-indexing wait longer. 0: as long as each call may take.",
    )
    stop_seconds: int = Field(
        30, ge=1, le=3600, description="How long a server that is stopped waits for the requests under way."
    )
    log_format: Literal["text", "json"] = Field("text", description="Lines for people, or one JSON object per line.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Lowest level that is logged; info has a line for each request."
    )

    default_k: int = Field(10, ge=1, le=1000, description="Length of a list when the request does not say k.")
    max_k: int = Field(200, ge=1, le=1000, description="Largest k of a request.")
    max_history: int = Field(
        500, ge=1, le=10_000, description="Most history events in a request or read from the store."
    )
    max_exclude: int = Field(10_000, ge=0, le=100_000, description="Most excluded item ids in a request.")
    max_only: int = Field(1000, ge=1, le=10_000, description="Most item ids that a request can confine a list to.")
    max_batch: int = Field(1000, ge=1, le=10_000, description="Most records in one batch request.")
    max_filter_conditions: int = Field(20, ge=1, le=20, description="Most conditions in a request's filter.")
    max_query_length: int = Field(1000, ge=1, le=10_000, description="Most characters in a text query.")
    max_body_bytes: int = Field(8 * 1024 * 1024, ge=1024, description="Largest request body in bytes.")

    candidates: int = Field(
        200, ge=10, le=10_000, description="Candidates from retrieval at least, which are then ranked and re-ranked."
    )
    ranker: bool = Field(
        True, description="Whether the bundle's ranking model puts the candidates in order; false: retrieval alone."
    )
    diversity: float = Field(
        0.0,
        ge=0,
        le=1,
        description="Diversity of recommendations where a request does not say, from 0, the best items, to 1.",
    )
    new_share: float = Field(0.0, ge=0, le=1, description="Share of recommended items that is kept for new ones.")
    image_feature: str = Field(
        "",
        max_length=200,
        description="Item feature that holds the address of a picture, for the web page to show; empty: none, and the "
        "page loads nothing from elsewhere. With one, the page may load pictures of any https address.",
    )
    new_days: int = Field(
        30,
        ge=0,
        le=36_500,
        description="Days after it was added for which an item counts as new; 0: age is no criterion.",
    )
    new_events: int = Field(
        10,
        ge=0,
        description="An item counts as new only while it has fewer events than this; 0: their count is no criterion.",
    )
    rules: tuple[Rule, ...] = Field(
        (),
        max_length=50,
        description="Business rules for recommendations, each with conditions as in a filter and one of boost, bury, "
        'pin: [[rules]] when = "genres=Drama" boost = 0.1',
    )
    event_weights: dict[str, float] = Field(
        {"view": 1.0, "click": 2.0, "rating": 3.0, "like": 4.0, "purchase": 5.0, "ignore": 0.0},
        description="Known event types with their weight in popularity; those of weight 0 are no part of a history.",
    )
    build_here_items: int = Field(
        1000,
        ge=0,
        description="Up to so many items are re-indexed in the server's process; more in a separate process, so "
        "that requests stay quick.",
    )
    retrain_hours: float = Field(
        0.0, ge=0, le=24 * 366, description="`pharos serve` retrains this often, in hours; 0: never."
    )
    refresh_seconds: float = Field(
        1.0,
        ge=0,
        le=3600,
        description="Seconds for which the server may still use a collection after the alias has moved.",
    )
    build_rest: float = Field(
        1.0,
        ge=0,
        le=100,
        description="While it serves, a re-index into a Qdrant server rests after each batch of items so many times as "
        "long as the batch took, since what the server does with them takes cores from requests; 0: never.",
    )
    popular_seconds: float = Field(
        10.0, ge=0, le=3600, description="Seconds for which the list of popular items is cached."
    )

    @field_validator("variants")
    @classmethod
    def _fit_together(cls, variants: dict[str, VariantSetting]) -> dict[str, VariantSetting]:
        if not variants:
            return variants
        bad = [name for name in variants if not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", name)]
        if bad:
            raise ValueError(f"{bad[0]!r} is no name for a variant; allowed: 1 to 32 of A-Z a-z 0-9 _ -")
        aliases = [variant.alias for variant in variants.values()]
        if len(set(aliases)) < len(aliases):
            raise ValueError(f"each variant needs an alias of its own, and these are {', '.join(aliases)}")
        total = math.fsum(variant.share for variant in variants.values())
        if not math.isclose(total, 1, abs_tol=1e-6):
            raise ValueError(f"the shares must be 1 together, and are {total:g}")
        return variants

    @field_validator("qdrant_write_consistency")
    @classmethod
    def _enough_replicas(cls, wanted: int | None, info: ValidationInfo) -> int | None:
        replicas = info.data.get("qdrant_replicas")
        if wanted is not None and replicas is not None and wanted > replicas:
            raise ValueError(f"allowed: at most qdrant_replicas, which is {replicas}")
        return wanted

    @property
    def live(self) -> dict[str, VariantSetting]:
        """The alias of each variant by name; without variants there is one, named ""."""
        return self.variants or {"": VariantSetting(alias=self.alias, share=1.0)}

    @property
    def bundles_dir(self) -> Path:
        """Folder with one folder per trained bundle."""
        return self.data_dir / "bundles"

    @property
    def index_dir(self) -> Path:
        """Folder of the embedded vector index."""
        return self.data_dir / "index"

    @property
    def texts_dir(self) -> Path:
        """Folder with the cache of text vectors for training and indexing."""
        return self.data_dir / "texts"

    @property
    def store_url(self) -> str:
        """SQLAlchemy URL of the store."""
        return self.database_url or f"sqlite:///{self.data_dir / 'pharos.db'}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the environment, then `pharos.toml`; no other sources."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def load_settings(**arguments: Any) -> Settings:
    """Load the settings; `arguments` win over the environment and the file.

    Raises SettingsError with one line per wrong setting: its name and where it stands, its value, what is allowed.
    """
    try:
        return Settings(**arguments)
    except ValidationError as error:
        raise SettingsError("\n".join(_explain(problem, arguments) for problem in error.errors())) from None
    except ValueError as error:  # tomllib.TOMLDecodeError, and SettingsError of pydantic-settings for broken JSON
        raise SettingsError(f"{TOML_FILE} or a {PREFIX} variable cannot be read: {error}") from None


def _explain(problem: Any, arguments: dict[str, Any]) -> str:
    """One of pydantic's errors as one line."""
    name = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        known = ", ".join(sorted(Rule.model_fields if problem["loc"][0] == "rules" else Settings.model_fields))
        return f"unknown setting {name!r} in {TOML_FILE}; the known ones are {known}"
    top = str(problem["loc"][0]) if problem["loc"] else ""
    value = "(hidden)" if top in _SECRET and not _is_plain_address(problem["input"]) else repr(problem["input"])
    message = problem["msg"][:1].lower() + problem["msg"][1:]
    return f"setting {name!r} ({_origin(top, arguments)}) is {value}: {message}"


def _is_plain_address(value: object) -> bool:
    return isinstance(value, str) and "://" in value and "@" not in value


def _origin(name: str, arguments: dict[str, Any]) -> str:
    if name in arguments:
        return "given as an option"
    variable = PREFIX + name.upper()
    return variable if variable in {key.upper() for key in os.environ} else TOML_FILE
