"""The API does what its document says, whatever is sent to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from tuppence.web.app import create_app

from .answering import model
from .full_household import Household, full_household
from .routes import routes_of
from .served import Served
from .served import served as serving

if TYPE_CHECKING:
    from tuppence.web.parts import Parts

EXAMPLES = 6
"""Of what is sent to each route, besides those that the document calls for."""
PROMISES = (
    not_a_server_error,
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Household]]:
    with model() as one:
        addresses = {"ANTHROPIC_BASE_URL": one.understudy.base_url}
        keys = {"ANTHROPIC_API_KEY": "a key"}
        home = tmp_path_factory.mktemp("home")
        with serving(home, keys=keys, addresses=addresses, provider="anthropic", model="understudy") as served:
            yield served, full_household(served, one, "Zebra")


@pytest.fixture(scope="module")
def document(house: tuple[Served, Household]) -> Any:
    served, household = house
    return httpx.get(f"{served.base_url}/api/openapi.json", headers=key_of(household)).json()


def key_of(household: Household) -> dict[str, str]:
    return {"Authorization": f"Bearer {household.secrets[0]}"}


def test_every_route_is_described(house: tuple[Served, Household], document: Any) -> None:
    served, _ = house
    described = {f"{method.upper()} {path}" for path, item in document["paths"].items() for method in item}
    routes = {str(route) for route in routes_of(create_app(served.parts)) if route.is_api}
    assert described == routes - {"GET /api/openapi.json"}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            name = f"{method.upper()} {path}"
            assert operation["summary"], name
            assert operation["description"], name
            done = {status: answer for status, answer in operation["responses"].items() if status.startswith("2")}
            assert done, name
            for status, answer in done.items():
                assert status == "204" or all(one["schema"] for one in answer["content"].values()), name


def test_it_says_how_programs_sign_in(document: Any) -> None:
    assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    assert document["security"] == [{"key": []}]


schema = schemathesis.openapi.from_dict(create_app(cast("Parts", None)).openapi())
schema.config.generation.update(modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
api = schema.exclude(path_regex="^/api/providers|^/api/chats/{chat_id}/(messages|retry)$|^/api/keys")


@api.parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_it_keeps_its_promises(case: Case[Any], house: tuple[Served, Household]) -> None:
    served, household = house
    generated = case.meta.generation.mode if case.meta else GenerationMode.NEGATIVE
    if generated is GenerationMode.POSITIVE:
        case.path_parameters.update({name: household.all_ids[name] for name in case.path_parameters})
    case.call_and_validate(base_url=served.base_url, headers=key_of(household), checks=list(PROMISES))
