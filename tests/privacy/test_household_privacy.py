"""Privacy over a real ledger: for whom it is on, what is known of the household, and the secret it keeps."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from tuppence.access.users import add_user_on
from tuppence.ledger.accounts import AccountChange, NewAccount, change_account, create_account
from tuppence.ledger.household import Ledger, open_ledger, set_name
from tuppence.ledger.household_settings import set_setting
from tuppence.ledger.merchants import merchant_named
from tuppence.llm import PRESETS, ChatRequest, UserMessage
from tuppence.privacy import (
    HouseholdPrivacy,
    HouseholdValues,
    PrivacySettings,
    ProviderPrivacy,
    household_values,
    is_at_home,
    payees_of,
    privacy_settings,
    pseudonyms_of,
    set_privacy_settings,
)
from tuppence.privacy import ledger_values as of_ledger
from tuppence.privacy.secret import SETTING, made_secret
from tuppence.store import Store
from tuppence.store.tables import household_settings, households, now, transactions

pytestmark = pytest.mark.anyio


async def add_members(ledger: Ledger, *names: str) -> None:
    async with ledger.store.writing() as connection:
        for name in names:
            await add_user_on(connection, ledger.household, name, "owner", None)


async def concealed(ledger: Ledger, provider: str, text: str, host: str | None = None) -> str:
    """What the provider is told."""
    pseudonyms = await HouseholdPrivacy(ledger).pseudonyms(provider, host)
    request = ChatRequest("a-model", [UserMessage(text)])
    sent = request if pseudonyms is None else pseudonyms.concealed(request).request
    (message,) = sent.transcript
    assert isinstance(message, UserMessage)
    return message.text


# ------------------------------------------------------------------------------------------------------------ for whom


async def test_it_is_on_for_those_who_are_hosted(ledger: Ledger) -> None:
    privacy = HouseholdPrivacy(ledger)
    on = {name for name in PRESETS if await privacy.pseudonyms(name) is not None}
    assert on == {name for name, preset in PRESETS.items() if preset.needs_key} > {"anthropic", "openai", "azure"}
    assert await privacy.pseudonyms("somebody-unknown") is not None


@pytest.mark.parametrize(
    ("host", "at_home"),
    [
        *((host, True) for host in ("localhost", "127.0.0.1:8080", "[::1]:11434", "192.168.1.20:1234", "10.0.0.7")),
        *((host, True) for host in ("nas", "nas.local:8080", "ai.home.arpa", "host.docker.internal", "[fd12::1]")),
        *((host, True) for host in ("100.101.102.103", "NAS.LAN.")),
        *((host, False) for host in ("api.example.com", "8.8.8.8", "[2606:4700::1]:443", "localhost.example.com")),
        *((host, False) for host in ("notlocal.example", "[broken")),
    ],
)
async def test_a_server_without_a_key_is_at_home_where_its_address_is(host: str, at_home: bool, ledger: Ledger) -> None:
    assert is_at_home(host) is at_home
    privacy = HouseholdPrivacy(ledger)
    assert (await privacy.pseudonyms("openai-compatible", host) is None) is at_home
    assert await privacy.pseudonyms("anthropic", host) is not None, "who needs a key passes things on"


async def test_what_a_person_said_goes_before_that(ledger: Ledger) -> None:
    await add_members(ledger, "Anna")
    said = {"ollama": ProviderPrivacy(on=True), "openai": ProviderPrivacy(on=False, payees=True)}
    await set_privacy_settings(ledger, PrivacySettings(said))
    assert (await privacy_settings(ledger)).providers == said
    assert await concealed(ledger, "openai", "Anna") == "Anna"
    assert (await concealed(ledger, "ollama", "Anna", "127.0.0.1")).startswith("Person-")
    assert (await concealed(ledger, "anthropic", "Anna")).startswith("Person-")


async def test_a_turn_sees_one_moment(ledger: Ledger) -> None:
    await add_members(ledger, "Anna")
    privacy = HouseholdPrivacy(ledger)
    first = await privacy.pseudonyms("anthropic")
    await set_privacy_settings(ledger, PrivacySettings({"anthropic": ProviderPrivacy(on=False)}))
    assert first is await privacy.pseudonyms("anthropic") is await privacy.pseudonyms("openai")
    assert await HouseholdPrivacy(ledger).pseudonyms("anthropic") is None


async def test_many_at_once_share_one(ledger: Ledger) -> None:
    privacy = HouseholdPrivacy(ledger)
    found = await asyncio.gather(*(privacy.pseudonyms("anthropic") for _ in range(20)))
    assert found[0] is not None and all(one is found[0] for one in found)


# -------------------------------------------------------------------------------------------------------- what is known


async def test_people_accounts_and_numbers_are_known(ledger: Ledger) -> None:
    await add_members(ledger, "Anna van der Berg", "ben.o'brien@example.org")
    await set_name(ledger, "Berg family")
    await set_privacy_settings(ledger, PrivacySettings(names=["Zoë Berg"]))
    await create_account(ledger, NewAccount("Holiday money", "EUR", number="12-34-56 12345678"))
    old = await create_account(ledger, NewAccount("Old giro", "EUR"))
    await change_account(ledger, old.id, AccountChange(archived=True))
    other = await another_household(ledger, "The Others")
    await add_members(other, "Carla")

    assert await household_values(ledger, payees=False) == HouseholdValues(
        names=[
            *("Zoë Berg", "Zoë", "Berg"),
            *("Anna van der Berg", "Anna", "ben.o'brien@example.org", "ben", "o'brien"),
            "Berg family",
        ],
        accounts=["Holiday money", "Old giro"],
        numbers=["12-34-56 12345678"],
    )
    assert (await household_values(other, payees=True)).names == ["Carla", "The Others", "Others"]


async def test_a_household_that_nobody_named_has_no_name(ledger: Ledger) -> None:
    assert await household_values(ledger, payees=True) == HouseholdValues([], [], [], [])
    assert (
        await concealed(ledger, "anthropic", "The household's checking account") == "The household's checking account"
    )


async def test_payees_only_where_they_are_wanted(ledger: Ledger) -> None:
    await add_transactions(ledger, "Kowalski Bakery", "Kowalski Bakery", None, "", "Corner Shop")
    await merchant_named(ledger, "Aldi")
    values = await household_values(ledger, payees=True)
    assert values.payees == ["Aldi", "Kowalski Bakery", "Corner Shop"]
    assert (await household_values(ledger, payees=False)).payees == ()
    assert await payees_of(ledger) == 3
    assert await concealed(ledger, "anthropic", "Aldi") == "Aldi"
    await set_privacy_settings(ledger, PrivacySettings({"anthropic": ProviderPrivacy(on=True, payees=True)}))
    assert (await concealed(ledger, "anthropic", "ALDI and Corner Shop")).count("Payee-") == 2
    assert await concealed(ledger, "openai", "Aldi") == "Aldi", "another provider's setting"


async def test_payees_are_bounded(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_ledger, "MOST_PAYEES", 3)
    await add_transactions(ledger, *(f"Shop {number}" for number in range(5)), "Shop 4", "Shop 4", "Shop 2")
    await merchant_named(ledger, "Aldi")
    assert (await household_values(ledger, payees=True)).payees == ["Aldi", "Shop 4", "Shop 2"]
    assert await payees_of(ledger) == 6


# ----------------------------------------------------------------------------------------------------------- the secret


async def test_stand_ins_are_the_same_for_as_long_as_there_is_the_database(ledger: Ledger, tmp_path: Path) -> None:
    await add_members(ledger, "Anna")
    first = await concealed(ledger, "anthropic", "Anna")
    async with await Store.open(tmp_path) as store:
        again = await open_ledger(store)
        assert await concealed(again, "openai", "Anna") == first
    other = await another_household(ledger, "Berg")
    await add_members(other, "Ann A")
    assert (await pseudonyms_of(other, payees=False)).concealment([]).text("Anna") == "Anna"
    assert await made_secret(other) != await made_secret(ledger)


async def test_processes_that_begin_together_agree(ledger: Ledger, tmp_path: Path) -> None:
    program = (
        "import asyncio, pathlib, sys\n"
        "from tuppence.ledger.household import open_ledger\n"
        "from tuppence.privacy.secret import made_secret\n"
        "from tuppence.store import Store\n"
        "async def main():\n"
        "    async with await Store.open(pathlib.Path(sys.argv[1])) as store:\n"
        "        ledger = await open_ledger(store)\n"
        "        sys.stdout.write('ready\\n'); sys.stdout.flush(); sys.stdin.readline()\n"
        "        found = await asyncio.gather(*(made_secret(ledger) for _ in range(5)))\n"
        "        sys.stdout.write(' '.join(sorted({one.hex() for one in found})))\n"
        "asyncio.run(main())\n"
    )

    def told() -> list[str]:
        command = [sys.executable, "-c", program, str(tmp_path)]
        began = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
        for process in began:
            assert process.stdout is not None and process.stdout.readline() == "ready\n"
        return [process.communicate("go\n")[0] for process in began]

    found = await asyncio.to_thread(told)
    assert found == [(await made_secret(ledger)).hex()] * 2 and len(found[0]) == 64


async def test_a_secret_that_cannot_be_read_is_made_anew(ledger: Ledger) -> None:
    for broken in ({"secret": "AAAA"}, ["?"]):
        await set_setting(ledger, SETTING, broken)
        made = await made_secret(ledger)
        assert len(made) == 32 and made == await made_secret(ledger)
    async with ledger.store.writing() as connection:
        await connection.execute(update(household_settings).values(value="{broken"))
    assert await made_secret(ledger) != made


async def another_household(ledger: Ledger, name: str) -> Ledger:
    async with ledger.store.writing() as connection:
        row = {"name": name, "language": "en", "created_at": now()}
        made = await connection.execute(insert(households).values(row).returning(households.c.id))
        return Ledger(ledger.store, made.scalar_one())


async def add_transactions(ledger: Ledger, *payees: str | None) -> None:
    """One transaction by hand for each payee."""
    account = await create_account(ledger, NewAccount("Giro", "EUR"))
    rows = [
        {
            "household_id": ledger.household,
            "account_id": account.id,
            "date": now().date(),
            "month": 202611,
            "amount": -100,
            "currency": "EUR",
            "description": "Card payment",
            "payee": payee,
            "pending": False,
        }
        for payee in payees
    ]
    async with ledger.store.writing() as connection:
        await connection.execute(insert(transactions), rows)
