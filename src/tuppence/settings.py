"""What a person has set: read once from the environment and the data folder's `.env` file into one frozen value.

Reading costs about half a second, most of it for importing pydantic: import this module where settings are needed.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict


class SettingsUnusable(Exception):
    """A setting has a value that cannot be used; the message names the variable and what it takes, never its value."""


class Settings(BaseSettings):
    """Everything that can be set: each field by the variable of its name in capitals with `TUPPENCE_` before it."""

    model_config = SettingsConfigDict(frozen=True, env_prefix="TUPPENCE_", env_ignore_empty=True, extra="ignore")

    home: Path
    """The folder in which all data lives."""
    provider: str | None = None
    """The registered name of the provider that is asked; None: the first one that is set up."""
    model: str | None = None
    """The model that is asked; None: the provider's default."""
    insist: bool = False
    """Whether `provider` and `model` go before what a household chose in the web app, as the command line's do."""
    fallback: str = ""
    """Providers that step in when the chosen one cannot answer: their names in order, separated by commas."""
    max_rounds: int = Field(default=8, ge=1, le=50)
    """Rounds of one turn, the last one without function calls."""
    attempts: int = Field(default=4, ge=1, le=10)
    """How often a request is sent at most when the provider cannot be reached or asks to come back later."""
    connect_seconds: float | None = Field(default=None, gt=0)
    """Until a connection stands; this and the three below: None leaves the provider's usual limit."""
    first_byte_seconds: float | None = Field(default=None, gt=0)
    """From sending a request to the first byte of the answer."""
    idle_seconds: float | None = Field(default=None, gt=0)
    """Between two bytes of an answer."""
    total_seconds: float | None = Field(default=None, gt=0)
    """For one whole request."""
    private_addresses: bool | None = None
    """Whether addresses that people enter for providers may be private ones, such as 127.0.0.1 or 192.168.1.20.

    None: only those of servers that are meant for one's own machine, such as Ollama. True: all of them. False: none,
    for an instance whose members are not to reach its network.
    """
    hosts: str = ""
    """Further names by which the web app may be addressed, such as "money.example.org", separated by commas."""
    trace_content: bool = False
    """Whether traces hold what was said: questions, answers, what functions were asked and what they found."""
    trace_amounts: bool = True
    """Whether figures are among that."""
    keys: Mapping[str, SecretStr] = Field(default_factory=dict)
    """Every key that is set, by its own variable, such as ANTHROPIC_API_KEY."""
    addresses: Mapping[str, str] = Field(default_factory=dict)
    """Every address that is set, by its own variable, such as OLLAMA_BASE_URL."""
    tracing: Mapping[str, SecretStr] = Field(default_factory=dict)
    """Every variable of Langfuse and OpenTelemetry that is set, such as LANGFUSE_PUBLIC_KEY."""

    def limits(self) -> Mapping[str, float]:
        """The liveness limits that were set, in seconds, by their names: connect, first_byte, idle, total."""
        named = {name: getattr(self, f"{name}_seconds") for name in ("connect", "first_byte", "idle", "total")}
        return {name: seconds for name, seconds in named.items() if seconds is not None}

    def host_names(self) -> frozenset[str]:
        """The names in `hosts`, one by one, in lower case."""
        return frozenset(name.strip().lower() for name in self.hosts.split(",") if name.strip())

    def fallbacks(self) -> list[str]:
        """The names in `fallback`, one by one."""
        return [name.strip() for name in self.fallback.split(",") if name.strip()]


def read_settings(home: Path) -> Settings:
    """The settings of the environment, then those of `.env` in the data folder.

    home: the data folder. Raises SettingsUnusable.
    """
    file = home / ".env"
    try:
        said = {name: value for name, value in {**dotenv_values(file), **os.environ}.items() if value and value.strip()}
        keys = {name: SecretStr(value) for name, value in said.items() if name.endswith("_API_KEY")}
        addresses = {name: value.strip() for name, value in said.items() if name.endswith("_BASE_URL")}
        tracing = {name: SecretStr(value) for name, value in said.items() if name.startswith(("LANGFUSE_", "OTEL_"))}
        return Settings(_env_file=file, home=home, keys=keys, addresses=addresses, tracing=tracing)  # type: ignore[call-arg]
    except ValidationError as error:
        raise SettingsUnusable(_sentence(error)) from None  # its text repeats the values, keys among them
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsUnusable(f"{file} cannot be read as text. Correct it or remove it.") from error


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    field = str(first["loc"][0])
    variable = field if field.isupper() else f"TUPPENCE_{field.upper()}"
    return (
        f"{variable} cannot be used: {first['msg']}. Correct it in the environment or in the data folder's .env file."
    )
