from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import insert, update

from tuppence.access.households import create_household
from tuppence.ledger.accounts import NewAccount, create_account, list_accounts
from tuppence.ledger.edits import PERSON
from tuppence.ledger.filing import TransactionChange, file_transactions
from tuppence.ledger.household import Ledger
from tuppence.ledger.transaction_filter import EVERYTHING
from tuppence.ledger.transactions import Transaction, find_transactions
from tuppence.ledger.uploads import LARGEST, Upload, claim_upload, list_uploads, upload_of
from tuppence.store import Presence
from tuppence.store.tables import imports, now
from tuppence.web.import_desk import ImportDesk

from .served import Served
from .served import served as serving

CLEAR = "Date,Description,Amount,Currency\n2026-03-01,Bakery,-4.50,EUR\n2026-03-02,Wages of March,1000.00,EUR\n"
OPEN = "Date,Description,Amount,Currency\n03/04/2026,Bakery,-4.50,EUR\n05/06/2026,Shop,-1.00,EUR\n"
TWO = (
    "Account,Date,Description,Amount,Currency\n111222333,2026-03-01,Bakery,-4.50,EUR\n"
    "444555666,2026-03-02,Rent,-9.00,EUR\n"
)
BAD = CLEAR + "2026-13-40,Broken,-1.00,EUR\n"
PENDING = (
    "Date,Description,Amount,Currency,Status\n2026-03-01,Bakery,-4.50,EUR,booked\n"
    "2026-03-05,Restaurant Adria,-40.00,EUR,pending\n"
)
BOOKED = (
    "Date,Description,Amount,Currency,Status\n2026-03-01,Bakery,-4.50,EUR,booked\n"
    "2026-03-06,Restaurant Adria Hamburg,-44.00,EUR,booked\n2026-03-07,Kiosk,-2.00,EUR,booked\n"
)
NEW = {"choice": "new", "name": "Giro", "kind": "checking", "currency": "EUR"}
SCRIPT = "<script>alert(1)</script>"


def send(client: httpx.Client, text: str, filename: str = "march.csv") -> dict[str, Any]:
    """Upload a file; how things stand with it."""
    answer = client.post(
        "/api/imports?wait=20",
        params={"filename": filename},
        content=text.encode(),
        headers={"Content-Type": "application/octet-stream"},
    )
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def confirm(client: httpx.Client, upload: dict[str, Any]) -> dict[str, Any]:
    answer = client.post(f"/api/imports/{upload['id']}/confirm?wait=20")
    assert answer.status_code == 202, answer.text
    found: dict[str, Any] = answer.json()
    return found


def change(client: httpx.Client, upload: dict[str, Any], **changes: Any) -> dict[str, Any]:
    answer = client.patch(f"/api/imports/{upload['id']}?wait=20", json=changes)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def rows_of(served: Served, ledger: Ledger | None = None) -> tuple[Transaction, ...]:
    return served.run(find_transactions(ledger or served.ledger, EVERYTHING, order="oldest", limit=1000)).rows


def told(served: Served) -> list[tuple[str, str]]:
    return [(row.description, str(row.amount)) for row in rows_of(served)]


# --------------------------------------------------------------------------------------------------------- by programs


def test_a_file_is_looked_at_then_imported_then_undone(served: Served, client: httpx.Client) -> None:
    upload = send(client, CLEAR)
    assert (upload["status"], upload["obstacles"]) == ("ready", [])
    [account] = upload["accounts"]
    assert account["plan"]["new"] == 2
    assert [row["amount"] for row in account["plan"]["new_rows"]] == ["-4.50", "1000.00"]
    assert [(one["label"], one["role"]) for one in upload["columns"]] == [
        ("Date", "date"),
        ("Description", "description"),
        ("Amount", "amount"),
        ("Currency", "currency"),
    ]
    assert told(served) == []
    done = confirm(client, upload)
    assert done["status"] == "done"
    assert [(one["account_name"], one["new"]) for one in done["imports"]] == [("march", 2)]
    assert told(served) == [("Bakery", "-4.50 EUR"), ("Wages of March", "1000.00 EUR")]
    assert client.post(f"/api/imports/{upload['id']}/undo").json() == {"removed": 2, "restored": 0}
    assert told(served) == []
    again = client.get(f"/api/imports/{upload['id']}?wait=20").json()
    assert (again["status"], again["imports"]) == ("ready", [])
    assert confirm(client, again)["status"] == "done"
    assert len(told(served)) == 2


def test_the_same_file_again_adds_nothing(served: Served, client: httpx.Client) -> None:
    confirm(client, send(client, CLEAR))
    second = send(client, CLEAR)
    assert second["obstacles"] == ["Choose the account that it belongs to."]
    [known] = served.run(list_accounts(served.ledger))
    second = change(client, second, places={second["accounts"][0]["key"]: {"choice": str(known.id)}})
    plan = second["accounts"][0]["plan"]
    assert (plan["new"], plan["same"], plan["changed"]) == (0, 2, 0)
    confirm(client, second)
    assert len(told(served)) == 2


def test_a_booked_row_takes_the_place_of_a_pending_one_and_gives_it_back(served: Served, client: httpx.Client) -> None:
    account = str(confirm(client, send(client, PENDING))["imports"][0]["account"])
    upload = send(client, BOOKED)
    upload = change(client, upload, places={"account": {"choice": account}})
    plan = upload["accounts"][0]["plan"]
    assert (plan["new"], plan["same"], plan["changed"]) == (1, 1, 1)
    shown = client.get(f"/import/{upload['id']}").text
    assert re.search(r"<del>Restaurant Adria</del>.*Restaurant Adria Hamburg", shown, re.DOTALL)
    done = confirm(client, upload)
    assert told(served)[1] == ("Restaurant Adria Hamburg", "-44.00 EUR")
    effects = client.get(f"/import/past/{done['imports'][0]['import_id']}").text
    assert "removes <strong>1 transaction</strong>" in effects
    assert "makes 1 transaction what it was before" in effects
    undone = client.delete(f"/api/imports/past/{done['imports'][0]['import_id']}").json()
    assert undone == {"removed": 1, "restored": 1}
    assert told(served) == [("Bakery", "-4.50 EUR"), ("Restaurant Adria", "-40.00 EUR")]


def test_what_a_file_leaves_open_is_answered(served: Served, client: httpx.Client) -> None:
    upload = send(client, OPEN)
    assert [(one["field"], one["choices"]) for one in upload["questions"]] == [("day_first", ["yes", "no"])]
    refused = client.post(f"/api/imports/{upload['id']}/confirm")
    assert (refused.status_code, refused.json()["code"]) == (409, "open")
    upload = change(client, upload, answers={"day_first": "no"})
    assert upload["accounts"][0]["plan"]["new_rows"][0]["date"] == "2026-03-04"
    upload = change(client, upload, answers={"day_first": "yes"})
    assert upload["accounts"][0]["plan"]["new_rows"][0]["date"] == "2026-04-03"
    assert change(client, upload, answers={"day_first": ""})["status"] == "open"


def test_an_answer_that_is_none_is_refused(client: httpx.Client) -> None:
    upload = send(client, OPEN)
    for answers in ({"day_first": "perhaps"}, {"today": "2020-01-01"}, {"nonsense": "yes"}, {"currency": "XXQ"}):
        answer = client.patch(f"/api/imports/{upload['id']}", json={"answers": answers})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), answers


def test_rows_that_cannot_be_read_need_a_decision(served: Served, client: httpx.Client) -> None:
    upload = send(client, BAD)
    assert upload["obstacles"] == ["Decide about the rows that cannot be read."]
    assert [(one["line"], one["left_out"]) for one in upload["problems"]] == [(4, True)]
    assert client.post(f"/api/imports/{upload['id']}/confirm").status_code == 409
    assert confirm(client, change(client, upload, without_bad_rows=True))["status"] == "done"
    assert len(told(served)) == 2


def test_accounts_of_a_file_go_where_they_are_sent_and_are_known_the_next_time(
    served: Served, client: httpx.Client
) -> None:
    upload = send(client, TWO, "all.csv")
    keys = [one["key"] for one in upload["accounts"]]
    assert keys == ["111222333", "444555666"]
    same = {"choice": "new", "name": "Giro", "kind": "checking", "currency": "EUR"}
    upload = change(client, upload, places=dict.fromkeys(keys, same))
    assert upload["obstacles"] == ["Another account of the file goes there already. Choose another one."]
    upload = change(client, upload, places={keys[1]: {"choice": "none"}})
    assert upload["status"] == "ready"
    assert confirm(client, upload)["status"] == "done"
    [account] = served.run(list_accounts(served.ledger))
    assert (account.name, account.number) == ("Giro", "111222333")
    again = send(client, TWO, "all.csv")
    assert again["accounts"][0]["place"]["choice"] == str(account.id)
    assert again["accounts"][0]["plan"]["same"] == 1


def test_a_known_account_learns_its_number(served: Served, client: httpx.Client) -> None:
    confirm(client, send(client, CLEAR))
    [known] = served.run(list_accounts(served.ledger))
    assert known.number is None
    upload = send(client, TWO, "all.csv")
    first, second = (one["key"] for one in upload["accounts"])
    places = {first: {"choice": str(known.id)}, second: {"choice": "none"}}
    confirm(client, change(client, upload, places=places))
    assert served.run(list_accounts(served.ledger))[0].number == "111222333"


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ({"choice": "open"}, "Choose the account"),
        ({"choice": "999"}, "Choose the account"),
        ({"choice": "new", "name": " ", "currency": "EUR"}, "a name"),
        ({"choice": "new", "name": "X", "currency": "E"}, "three letters"),
        ({"choice": "none"}, "left out"),
    ],
)
def test_a_place_that_cannot_be_used_is_an_obstacle(client: httpx.Client, place: dict[str, str], why: str) -> None:
    upload = send(client, CLEAR)
    upload = change(client, upload, places={upload["accounts"][0]["key"]: place})
    assert upload["status"] == "open"
    assert why in upload["obstacles"][0]


def test_a_new_account_cannot_take_the_name_of_another(served: Served, client: httpx.Client) -> None:
    confirm(client, send(client, CLEAR))
    upload = send(client, CLEAR)
    place = {"choice": "new", "name": " MARCH ", "currency": "EUR"}
    assert "of this name already" in change(client, upload, places={"account": place})["obstacles"][0]


def test_a_file_comes_as_a_form_too(served: Served, client: httpx.Client) -> None:
    answer = client.post("/api/imports?wait=20", files={"file": ("march.csv", CLEAR.encode(), "text/csv")})
    assert (answer.status_code, answer.json()["status"]) == (201, "ready")
    assert answer.json()["filename"] == "march.csv"
    missing = client.post("/api/imports", files={"other": ("march.csv", b"x", "text/csv")})
    assert missing.status_code == 422


def test_one_that_is_too_large_is_refused_before_it_is_read(served: Served, client: httpx.Client) -> None:
    asked = client.build_request("POST", "/api/imports?filename=x.csv")
    asked.headers["Content-Length"] = str(LARGEST * 2)
    asked.headers["Content-Type"] = "application/octet-stream"
    head = "".join(f"{name}: {value}\r\n" for name, value in asked.headers.items())
    where = (asked.url.host, int(asked.url.port or 0))
    with socket.create_connection(where, timeout=20) as connection:
        connection.sendall(f"POST {asked.url.raw_path.decode()} HTTP/1.1\r\n{head}\r\n".encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")
    assert served.run(list_uploads(served.ledger)) == []


def test_one_that_grows_too_large_on_the_way_leaves_nothing(served: Served, client: httpx.Client) -> None:
    def sent() -> Iterator[bytes]:
        for _ in range(LARGEST // 1_000_000 + 2):
            yield b"x" * 1_000_000

    headers = {"Content-Type": "application/octet-stream"}
    answer = client.post("/api/imports?filename=x.csv", content=sent(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert "100 MB" in answer.json()["message"]
    assert list((served.parts.settings.home / "uploads").iterdir()) == []


def test_what_is_no_bank_file_says_so(client: httpx.Client) -> None:
    upload = send(client, "%PDF-1.7 nothing", "statement.pdf")
    assert upload["status"] == "unreadable"
    assert "PDF" in upload["message"]
    shown = client.get(f"/import/{upload['id']}")
    assert shown.status_code == 200
    assert "The file cannot be read." in shown.text


def test_all_is_listed_and_files_can_be_removed(served: Served, client: httpx.Client) -> None:
    confirm(client, send(client, CLEAR))
    waiting = send(client, OPEN, "april.csv")
    listed = client.get("/api/imports").json()
    assert [one["filename"] for one in listed["uploads"]] == ["april.csv", "march.csv"]
    assert [(one["file"], one["new"]) for one in listed["imports"]] == [("march.csv", 2)]
    assert client.delete(f"/api/imports/{waiting['id']}").status_code == 204
    assert client.get(f"/api/imports/{waiting['id']}").status_code == 404
    assert [one["filename"] for one in client.get("/api/imports").json()["uploads"]] == ["march.csv"]


def test_another_household_sees_nothing_of_it(served: Served, client: httpx.Client) -> None:
    waiting, done = send(client, OPEN), confirm(client, send(client, CLEAR))
    token = done["imports"][0]["import_id"]
    others, _ = served.run(create_household(served.parts.store, "Others"))
    with served.client(served.user("Eve", ledger=others)) as eve:
        addresses = [
            ("GET", f"/import/{waiting['id']}"),
            ("GET", f"/import/{waiting['id']}/state"),
            ("POST", f"/import/{waiting['id']}/answer"),
            ("POST", f"/import/{waiting['id']}/columns"),
            ("POST", f"/import/{waiting['id']}/places"),
            ("POST", f"/import/{waiting['id']}/bad-rows"),
            ("POST", f"/import/{waiting['id']}/confirm"),
            ("POST", f"/import/{done['id']}/undo"),
            ("GET", f"/import/{done['id']}/undo"),
            ("DELETE", f"/import/{waiting['id']}"),
            ("GET", f"/import/past/{token}"),
            ("POST", f"/import/past/{token}/undo"),
            ("GET", f"/api/imports/{waiting['id']}"),
            ("POST", f"/api/imports/{waiting['id']}/confirm"),
            ("POST", f"/api/imports/{done['id']}/undo"),
            ("DELETE", f"/api/imports/{waiting['id']}"),
            ("DELETE", f"/api/imports/past/{token}"),
        ]
        for method, address in addresses:
            assert eve.request(method, address).status_code == 404, (method, address)
        assert eve.patch(f"/api/imports/{waiting['id']}", json={}).status_code == 404
        assert eve.get("/api/imports").json() == {"uploads": [], "imports": []}
        assert "march.csv" not in eve.get("/import").text
    assert len(told(served)) == 2


# ------------------------------------------------------------------------------------------------------------ by people


def test_the_page_when_nothing_was_imported(client: httpx.Client) -> None:
    shown = client.get("/import")
    assert shown.status_code == 200
    assert "Nothing has been imported yet" in shown.text
    assert "Choose files" in shown.text


def test_a_person_answers_and_confirms(served: Served, client: httpx.Client) -> None:
    upload = send(client, OPEN)
    address = f"/import/{upload['id']}"
    shown = client.get(address).text
    assert "Day first: 03/04 is 3 April" in shown
    answered = client.post(f"{address}/answer", data={"field": "day_first", "answer": "yes"})
    assert "Import 2 new transactions" in answered.text
    form = {"key": "account", "choice": "new", "name": "Giro", "kind": "savings", "currency": "e"}
    typed = client.post(f"{address}/places", data=form)
    assert 'value="E"' in typed.text
    assert "three letters" in typed.text
    client.post(f"{address}/places", data=form | {"currency": "chf"})
    done = client.post(f"{address}/confirm")
    assert "See its transactions" in done.text
    [account] = served.run(list_accounts(served.ledger))
    assert (account.name, account.kind, account.currency) == ("Giro", "savings", "CHF")
    assert "2 new" in client.get("/import/past").text
    assert "march.csv" not in client.get("/import/waiting").text


def test_columns_can_be_read_otherwise(client: httpx.Client) -> None:
    text = "Date,Description,Amount,Fee,Currency\n2026-03-01,Bakery,-4.50,1.00,EUR\n2026-03-02,Shop,-2.50,2.00,EUR\n"
    upload = send(client, text)
    [fee] = [place for place, one in enumerate(upload["columns"]) if one["label"] == "Fee"]
    assert upload["columns"][fee]["role"] == "fee"
    roles = {f"column-{place}": one["role"] or "other" for place, one in enumerate(upload["columns"])}
    client.post(f"/import/{upload['id']}/columns", data=roles | {f"column-{fee}": "other"})
    changed = client.get(f"/api/imports/{upload['id']}?wait=20").json()
    assert changed["columns"][fee]["role"] in (None, "other")
    client.post(f"/import/{upload['id']}/answer", data={"field": "columns", "answer": ""})
    assert client.get(f"/api/imports/{upload['id']}?wait=20").json()["columns"][fee]["role"] == "fee"


def test_undo_says_first_what_it_takes_along(served: Served, client: httpx.Client) -> None:
    done = confirm(client, send(client, CLEAR))
    bakery = rows_of(served)[0]
    served.run(file_transactions(served.ledger, [bakery.id], TransactionChange(notes="For the party")))
    asked = client.get(f"/import/{done['id']}/undo").text
    assert "removes <strong>2 transactions</strong>" in asked
    assert "What was set by hand on 1 of them" in asked
    undone = client.post(f"/import/{done['id']}/undo")
    assert "that was undone" in undone.text
    assert "2 transactions are gone" in undone.headers["HX-Trigger"]
    assert told(served) == []


def test_hostile_words_are_only_words(client: httpx.Client) -> None:
    text = f'Date,{SCRIPT},Amount,Currency\n2026-03-01,{SCRIPT},-4.50,EUR\n2026-03-02,"""><img src=x>",-1.00,EUR\n'
    upload = send(client, text, f"{SCRIPT}\"'><img src=x onerror=alert(1)>.csv")
    waiting = send(client, OPEN.replace("Bakery", SCRIPT).replace("Shop", "<img src=x>"))
    for address in (f"/import/{upload['id']}", "/import", f"/import/{upload['id']}/state", f"/import/{waiting['id']}"):
        shown = client.get(address).text
        assert "<script>alert" not in shown
        assert "<img" not in shown
    confirm(client, upload)
    assert "<img" not in client.get("/import").text


# ------------------------------------------------------------------------------------------------- what is running


@contextmanager
def another_import_running(served: Served) -> Iterator[None]:
    """Another import of the household is under way: those that begin meanwhile wait for its end."""

    async def begun() -> int:
        account = await create_account(served.ledger, NewAccount("Busy", "EUR"))
        row = {"token": "0" * 32, "batch": "0" * 32, "account_id": account.id, "filename": "busy.csv"}
        counts = dict.fromkeys(("rows_new", "rows_same", "rows_changed"), 0)
        async with served.parts.store.writing() as connection:
            made = insert(imports).values(
                household_id=served.ledger.household,
                state="running",
                process_id=served.parts.process_id,
                created_at=now(),
                **row,
                **counts,
            )
            return int((await connection.execute(made.returning(imports.c.id))).scalar_one())

    async def ended(identity: int) -> None:
        async with served.parts.store.writing() as connection:
            await connection.execute(update(imports).where(imports.c.id == identity).values(state="undone"))

    identity = served.run(begun())
    try:
        yield
    finally:
        served.run(ended(identity))


def test_an_import_goes_on_when_nobody_looks_and_others_wait_for_it(served: Served, client: httpx.Client) -> None:
    with another_import_running(served):
        first, second = send(client, CLEAR, "first.csv"), send(client, CLEAR, "second.csv")
        first = change(client, first, places={"account": NEW})
        second = change(client, second, places={"account": {**NEW, "name": "Second"}})
        for upload in (first, second):
            begun = client.post(f"/api/imports/{upload['id']}/confirm?wait=0").json()
            assert begun["status"] == "importing"
        assert "You can leave this page" in client.get(f"/import/{first['id']}").text
        assert "Waits for 1 file before it" in client.get(f"/import/{second['id']}").text
        assert "Waits for 1 file before it" in client.get("/import").text
        for refused in (
            client.post(f"/api/imports/{first['id']}/confirm?wait=0"),
            client.delete(f"/api/imports/{first['id']}"),
            client.patch(f"/api/imports/{first['id']}", json={}),
        ):
            assert refused.status_code == 409
    for upload in (first, second):
        assert client.get(f"/api/imports/{upload['id']}?wait=20").json()["status"] == "done"
    assert len(told(served)) == 4


def test_what_a_process_that_ended_was_importing_can_be_imported_again(served: Served, client: httpx.Client) -> None:
    upload = send(client, CLEAR)

    async def die() -> None:
        async with Presence(served.parts.store) as presence:
            await claim_upload(served.ledger, upload["id"], presence.id)

    served.run(die())
    left = client.get(f"/api/imports/{upload['id']}?wait=20").json()
    assert left["status"] == "ready"
    assert "Tuppence ended while" in left["message"]
    assert "Tuppence ended while" in client.get("/import").text
    assert confirm(client, left)["status"] == "done"


def test_a_desk_that_is_left_ends_what_runs_and_leaves_nothing_behind(served: Served, client: httpx.Client) -> None:
    upload = send(client, CLEAR)

    async def leave() -> Upload:
        async with ImportDesk(served.parts.process_id) as desk:
            claimed = await claim_upload(served.ledger, upload["id"], desk.process_id)
            desk.begin(served.ledger, claimed, PERSON)
        return await upload_of(served.ledger, upload["id"])

    with another_import_running(served):
        left = served.run(leave())
    assert not left.importing
    assert "Tuppence ended before" in str(left.outcome.failure)
    assert told(served) == []


def test_a_failure_is_told_and_stays_told(served: Served, client: httpx.Client) -> None:
    upload = send(client, CLEAR)
    assert upload["status"] == "ready"
    (served.parts.settings.home / "uploads" / upload["id"]).unlink()
    with served.client(served.user("Bob")) as bob:
        change(client, upload, answers={"decimal": "."})  # so that it has to be read again
        gone = bob.get(f"/api/imports/{upload['id']}?wait=20").json()
    assert gone["status"] == "unreadable"
    assert "Drop it on the import page again" in gone["message"]
    assert client.post(f"/api/imports/{upload['id']}/confirm").status_code == 409


def test_a_server_that_ends_in_the_middle_ends(tmp_path: Path) -> None:
    with serving(tmp_path) as served, served.client(served.user()) as client:
        upload = change(client, send(client, CLEAR), places={"account": NEW})
        with another_import_running(served):
            begun = client.post(f"/api/imports/{upload['id']}/confirm?wait=0")
            assert begun.json()["status"] == "importing"
    with serving(tmp_path) as served, served.client(served.user("Bob")) as client:
        assert client.get(f"/api/imports/{upload['id']}?wait=20").json()["status"] in ("ready", "done")
