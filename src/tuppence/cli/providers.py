"""Who can be asked by the settings, and who is."""

from typing import TYPE_CHECKING

from tuppence.cli.failures import CommandFailed

if TYPE_CHECKING:
    from tuppence.llm import Provider
    from tuppence.llm.roster import Choice
    from tuppence.settings import Settings


def chosen_providers(settings: "Settings") -> "list[Choice]":
    """Whom the settings mean, first the one that is asked, then those that step in.

    Raises CommandFailed when nobody is set up who could be asked, UnknownProvider.
    """
    from tuppence.llm import PRESETS
    from tuppence.llm.registry import preset_named
    from tuppence.llm.roster import NothingFits, Roster, configured_presets

    named = [*([settings.provider] if settings.provider else []), *settings.fallbacks()]
    keys = {variable: key.get_secret_value() for variable, key in settings.keys.items()}
    configured = configured_presets(PRESETS.values(), keys, settings.addresses, named)
    hint = f"in the environment or in {settings.home / '.env'}, or try `tuppence demo`, which needs none."
    if not configured and not named:
        raise CommandFailed(f"There is no key for any provider. Set ANTHROPIC_API_KEY or OPENAI_API_KEY {hint}")
    for preset in map(preset_named, named):
        if preset.needs_key and preset.key_variable not in settings.keys:
            raise CommandFailed(f"There is no key for {preset.title}. Set {preset.key_variable} {hint}")
    try:
        return Roster(configured, settings.fallbacks()).choose(settings.provider, settings.model)
    except NothingFits as error:
        raise CommandFailed(f"{error} Choose with --provider NAME and --model NAME.") from error


def opened_provider(choice: "Choice", settings: "Settings") -> "Provider":
    """The provider of `choice`, not connected yet. Raises NoAddress."""
    import msgspec

    from tuppence.llm import Retry, open_provider

    configured = choice.configured
    return open_provider(
        configured.preset.name,
        api_key=configured.api_key,
        base_url=configured.base_url,
        limits=msgspec.structs.replace(configured.preset.limits, **settings.limits()),
        retry=Retry(attempts=settings.attempts),
    )
