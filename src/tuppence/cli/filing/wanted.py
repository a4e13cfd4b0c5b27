"""The model that a command names, as whoever chooses takes it."""


def wanted_of(model: str | None, provider: str | None = None) -> str | None:
    """What to want: "provider/model", of which each may be missing; None when neither is named.

    model: "provider/model", a model alone (whoever has it is asked), or a provider alone (its usual model). What is
    before the first slash counts as a provider only if there is one of that name: models have slashes, too.
    """
    from tuppence.llm import PRESETS

    if model is None:
        return provider
    if provider is not None:
        return f"{provider}/{model.removeprefix(f'{provider}/')}"
    return model if model.partition("/")[0] in PRESETS else f"/{model}"
