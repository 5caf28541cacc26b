"""Opens a chat model of LangChain by name, such as `openai:gpt-…` or `ollama:qwen3`.

Input: `provider:model` and the settings. Output: a chat model at temperature 0. The key is read
from the environment; it is never logged or written. This module does not know about reports.
"""

import os
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from zeitgraph.kg.base.errors import MissingPart, SettingsError
from zeitgraph.kg.workspace.settings import ReportSettings

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

SEED = 7


def open_model(llm: str, settings: ReportSettings) -> "BaseChatModel":
    """The chat model called `provider:model`, without retries of its own (see `retries`).

    `huggingface:FOLDER` (or a hub name) is a local model; the other providers are those of
    LangChain's `init_chat_model`. Raises `SettingsError` for an unknown provider, a missing name or
    a missing key, `MissingPart` if the provider's package is not installed, and `ModelError` if a
    local model cannot be loaded.
    """
    provider, _, name = llm.partition(":")
    if not name:
        raise SettingsError(f"«{llm}» names no model", do="write it as provider:model")
    if provider == "huggingface":
        from zeitgraph.reports.report.local_model import open_local_model  # torch, transformers

        return open_local_model(name, settings.max_tokens)
    from langchain.chat_models import init_chat_model

    arguments = _ARGUMENTS.get(provider, _common)(settings) | _access(provider, settings)
    try:
        model: BaseChatModel = init_chat_model(name, model_provider=provider, **arguments)
    except ImportError as error:
        package = f"langchain-{provider.partition('_')[0]}"
        raise MissingPart(
            f"the provider {provider} is not installed", do=f"pip install {package}"
        ) from error
    except Exception as error:  # each provider has errors of its own for a bad name or key
        line = without_key(f"{type(error).__name__}: {error}", settings)
        raise SettingsError(f"the model {llm} cannot be opened: {line}") from error
    return model


def without_key(line: str, settings: ReportSettings) -> str:
    """`line` with every API key masked, since a server or library may repeat the key."""
    names = (settings.api_key_env, "OPENAI_API_KEY", "ANTHROPIC_API_KEY")
    for key in filter(None, (os.environ.get(name) for name in names if name)):
        line = line.replace(key, "•••")
    return re.sub(r"\bsk-[\w*-]{4,}", "•••", line)


def _common(_settings: ReportSettings) -> dict[str, Any]:
    return {"temperature": 0}


def _openai(settings: ReportSettings) -> dict[str, Any]:
    limits = {"timeout": settings.timeout_s, "max_tokens": settings.max_tokens}
    return {"temperature": 0, "seed": SEED, "max_retries": 0} | limits


def _anthropic(settings: ReportSettings) -> dict[str, Any]:
    return {"temperature": 0, "max_retries": 0, "max_tokens": settings.max_tokens}


def _ollama(settings: ReportSettings) -> dict[str, Any]:
    limits = {"num_predict": settings.max_tokens, "client_kwargs": {"timeout": settings.timeout_s}}
    return {"temperature": 0, "seed": SEED} | limits


_ARGUMENTS: Mapping[str, Callable[[ReportSettings], dict[str, Any]]] = {
    "openai": _openai,
    "anthropic": _anthropic,
    "ollama": _ollama,
}
"""The arguments of a provider beside the model's name; other providers get the temperature only."""


def _access(provider: str, settings: ReportSettings) -> dict[str, Any]:
    """Base URL and key. A server at a base URL of the user's own may need no key."""
    access: dict[str, Any] = {"base_url": settings.base_url} if settings.base_url else {}
    if settings.api_key_env:
        if not (key := os.environ.get(settings.api_key_env)):
            raise SettingsError(
                f"the variable {settings.api_key_env} is not set",
                where="report.api_key_env",
                do="export it with the model's key",
            )
        access["api_key"] = key
    elif provider == "openai" and settings.base_url and not os.environ.get("OPENAI_API_KEY"):
        access["api_key"] = "none"
    return access
