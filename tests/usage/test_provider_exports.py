"""Every form in which Anthropic and OpenAI hand out their figures is read, and nothing else is taken for one."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tuppence.usage import NotAnExport, ProviderExport, read_export

FIRST, SECOND = date(2026, 5, 1), date(2026, 5, 2)
DAY = 86_400
START = 1_777_593_600  # 2026-05-01T00:00:00Z

ANTHROPIC_USAGE_CSV = """\
usage_date_utc,model_version,api_key,workspace,usage_type,context_window,usage_input_tokens_no_cache,\
usage_input_tokens_cache_write_5m,usage_input_tokens_cache_write_1h,usage_input_tokens_cache_read,usage_output_tokens,\
web_search_count,inference_geo,speed
2026-05-01,claude-sonnet-5,home,Default,standard,≤ 200k,600,60,40,300,200,0,global,
2026-05-02,claude-haiku-4-5-20251001,home,Default,standard,≤ 200k,10,0,0,0,5,0,global,
"""
ANTHROPIC_COST_CSV = """\
usage_date_utc,model,workspace,api_key,usage_type,context_window,token_type,cost_usd,list_price_usd,cost_type
2026-05-01,Claude Sonnet 5,Default,home,message,≤ 200k,input_no_cache,0.0012,0.0012,token
2026-05-01,Claude Sonnet 5,Default,home,message,≤ 200k,output,0.002,0.002,token
"""
OPENAI_USAGE_CSV = """\
start_time,end_time,start_time_iso,end_time_iso,project_id,num_model_requests,user_id,api_key_id,model,batch,\
service_tier,input_tokens,output_tokens,input_cached_tokens
1777593600,1777680000,2026-05-01T00:00:00+00:00,2026-05-02T00:00:00+00:00,,3,,,gpt-6-luna,false,default,1000,200,300
1777680000,1777766400,2026-05-02T00:00:00+00:00,2026-05-03T00:00:00+00:00,,,,,,,,,,
"""
OPENAI_COST_CSV = """\
start_time,end_time,start_time_iso,end_time_iso,amount_value,amount_currency,line_item,project_id,organization_id
1777593600,1777680000,2026-05-01T00:00:00+00:00,2026-05-02T00:00:00+00:00,0.0012,usd,"gpt-6-luna, input",,org
1777593600,1777680000,2026-05-01T00:00:00+00:00,2026-05-02T00:00:00+00:00,0.002,usd,"gpt-6-luna, output",,org
"""


def anthropic_json(*results: dict[str, Any], has_more: bool = False) -> str:
    bucket = {"starting_at": "2026-05-01T00:00:00Z", "ending_at": "2026-05-02T00:00:00Z", "results": list(results)}
    empty = {"starting_at": "2026-05-02T00:00:00Z", "ending_at": "2026-05-03T00:00:00Z", "results": []}
    return json.dumps({"data": [bucket, empty], "has_more": has_more, "next_page": None})


def openai_json(*results: dict[str, Any], has_more: bool = False) -> str:
    bucket = {"object": "bucket", "start_time": START, "end_time": START + DAY, "results": list(results)}
    empty = {"object": "bucket", "start_time": START + DAY, "end_time": START + 2 * DAY, "results": []}
    return json.dumps({"object": "page", "data": [bucket, empty], "has_more": has_more})


ANTHROPIC_USAGE = {
    "uncached_input_tokens": 600,
    "cache_creation": {"ephemeral_1h_input_tokens": 40, "ephemeral_5m_input_tokens": 60},
    "cache_read_input_tokens": 300,
    "output_tokens": 200,
    "server_tool_use": {"web_search_requests": 0},
    "model": "claude-sonnet-5",
}
ANTHROPIC_COST = {"currency": "USD", "amount": "0.12", "model": "claude-sonnet-5", "token_type": "output_tokens"}
OPENAI_USAGE = {
    "object": "organization.usage.completions.result",
    "input_tokens": 1000,
    "output_tokens": 200,
    "input_cached_tokens": 300,
    "num_model_requests": 3,
    "model": "gpt-6-luna",
}
OPENAI_COST = {
    "object": "organization.costs.result",
    "amount": {"value": 0.06, "currency": "usd"},
    "line_item": "gpt-6-luna, cached input",
}


def told(export: ProviderExport) -> list[tuple[date, str | None, dict[str, Decimal]]]:
    return [(line.day, line.model, {str(kind): count for kind, count in line.counts.items()}) for line in export.lines]


def numbers(**counts: object) -> dict[str, Decimal]:
    return {kind: Decimal(str(count)) for kind, count in counts.items()}


MIXED = numbers(input=600, cache_read=300, cache_write=100, output=200)


@pytest.mark.parametrize(
    ("text", "provider", "lines"),
    [
        (
            ANTHROPIC_USAGE_CSV,
            "anthropic",
            [
                (FIRST, "claude-sonnet-5", MIXED),
                (SECOND, "claude-haiku-4-5-20251001", numbers(input=10, cache_read=0, cache_write=0, output=5)),
            ],
        ),
        (
            ANTHROPIC_COST_CSV,
            "anthropic",
            [(FIRST, "Claude Sonnet 5", numbers(cost="0.0012")), (FIRST, "Claude Sonnet 5", numbers(cost="0.002"))],
        ),
        (OPENAI_USAGE_CSV, "openai", [(FIRST, "gpt-6-luna", numbers(input=700, cache_read=300, output=200))]),
        (
            OPENAI_COST_CSV,
            "openai",
            [(FIRST, "gpt-6-luna", numbers(cost="0.0012")), (FIRST, "gpt-6-luna", numbers(cost="0.002"))],
        ),
        (anthropic_json(ANTHROPIC_USAGE), "anthropic", [(FIRST, "claude-sonnet-5", MIXED)]),
        (anthropic_json(ANTHROPIC_COST), "anthropic", [(FIRST, "claude-sonnet-5", numbers(cost="0.0012"))]),
        (openai_json(OPENAI_USAGE), "openai", [(FIRST, "gpt-6-luna", numbers(input=700, cache_read=300, output=200))]),
        (openai_json(OPENAI_COST), "openai", [(FIRST, "gpt-6-luna", numbers(cost="0.06"))]),
    ],
    ids=["A usage", "A cost", "O usage", "O cost", "A usage API", "A cost API", "O usage API", "O costs API"],
)
def test_every_form(text: str, provider: str, lines: list[Any]) -> None:
    export = read_export(text.encode())
    assert export.provider == provider
    assert told(export) == lines
    assert export.first == FIRST
    assert not export.is_cut


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "\ufeff" + text,
        lambda text: text.replace(",", ";"),
        lambda text: text.replace(",", "\t"),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text + "\n\nTotal" + "," * 13 + "\n",
        lambda text: text.replace("_", " ").title(),
        lambda text: text.replace("2026-05-01,", "2026-05-01T13:00:00Z,"),
        lambda text: text.replace("2026-05-01,", "2026-05-01 13:00:00 UTC,"),
        lambda text: text.replace("2026-05-01,", "2026-04-30T23:00:00-05:00,"),
    ],
    ids=["byte order mark", "semicolons", "tabs", "CRLF", "totals", "titles", "moments", "UTC in words", "an offset"],
)
def test_the_same_table_written_otherwise(change: Any) -> None:
    text = ANTHROPIC_USAGE_CSV
    export = read_export(change(text).encode())
    assert [(day, counts) for day, _, counts in told(export)] == [
        (day, counts) for day, _, counts in told(read_export(text.encode()))
    ]


def test_utf_16_is_read() -> None:
    assert told(read_export(OPENAI_COST_CSV.encode("utf-16"))) == told(read_export(OPENAI_COST_CSV.encode()))


def test_pages_may_follow_one_another_or_stand_in_a_list() -> None:
    page = anthropic_json(ANTHROPIC_USAGE)
    twice = told(read_export(f"{page}\n{page}".encode()))
    assert twice == told(read_export(f"[{page}, {page}]".encode()))
    assert len(twice) == 2
    cut = anthropic_json(ANTHROPIC_USAGE, has_more=True)
    assert read_export(cut.encode()).is_cut
    assert not read_export(f"{cut}\n{page}".encode()).is_cut


def test_days_without_use_belong_to_the_export() -> None:
    assert read_export(anthropic_json(ANTHROPIC_USAGE).encode()).last == SECOND
    assert read_export(OPENAI_USAGE_CSV.encode()).last == SECOND


def test_a_table_that_does_not_tell_whose_it_is() -> None:
    text = b"date,model,input_tokens,output_tokens\n2026-05-01,mystery,5,6\n"
    with pytest.raises(NotAnExport, match="Name the provider"):
        read_export(text)
    assert told(read_export(text, "anthropic")) == [(FIRST, "mystery", numbers(input=5, output=6))]
    assert read_export(text.replace(b"mystery", b"claude-opus-5")).provider == "anthropic"
    assert read_export(text.replace(b"mystery", b"gpt-6")).provider == "openai"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "can be read is Anthropic's"),
        (b"Date,Amount,Text\n2026-05-01,-12.00,Bakery\n", "can be read is Anthropic's"),
        (b"{}", "can be read is Anthropic's"),
        (b"[]", "can be read is Anthropic's"),
        (b"[1, 2]", "can be read is Anthropic's"),
        (b'{"data": [1]}', "can be read is Anthropic's"),
        (b'{"data": {"a": 1}}', "can be read is Anthropic's"),
        (b'{"data": [', "no JSON"),
        (b"%PDF-1.7\n\xff\xfe\x00", "no text"),
        (ANTHROPIC_USAGE_CSV.partition("\n")[0].encode(), "no use at all"),
        (openai_json().encode(), "no use at all"),
        (ANTHROPIC_USAGE_CSV.replace("600", "many").encode(), "Line 2 has “many” where a number should be"),
        (ANTHROPIC_USAGE_CSV.replace("2026-05-02", "soon").encode(), "Line 3 has no day"),
        (OPENAI_COST_CSV.replace("usd", "eur").encode(), "only US dollars"),
    ],
)
def test_anything_else_is_told_in_one_sentence(data: bytes, words: str) -> None:
    with pytest.raises(NotAnExport, match=words):
        read_export(data)
