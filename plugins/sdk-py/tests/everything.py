"""What the SDK offers beside what the example uses: each call of the contract, once."""

import sys
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypedDict

from souk_sdk import (
    GLOBAL, Context, Criteria, Failure, Route, any_of, fail, group, limits, query, starts_with, view,
)
from souk_sdk.documents import Document
from souk_sdk.plans import (
    SUBJECT, AppliedResult, ApplyContext, Changes, PrepareContext, PreparedResult, applied, apply,
    commit, element, prepare, step,
)

PRODUCT = Route("/V1/products/{sku}")
PRODUCTS = Route("/V1/products")
ORDERS = Route("/V1/orders")
ORDER = Route("/V1/orders/{id}")
HOLD = Route("/V1/orders/{id}/hold")
UNHOLD = Route("/V1/orders/{id}/unhold")
EMAIL = Route("/V1/orders/{id}/emails")


@dataclass
class Reads:
    one: str
    in_view: str
    many: list[str]
    missing: bool
    listed: int


@query(reads=[PRODUCT, PRODUCTS])
def reads(
    context: Context, sku: Annotated[str, "A sku."], store_view: Annotated[str, "A store view."]
) -> Reads:
    """Read

    Reads in every way.
    """
    criteria = (
        Criteria()
        .any(any_of("sku", [sku]), starts_with("sku", "no_such_"))
        .sort("entity_id", "DESC")
        .page(5, 1)
        .fields("sku", "name")
    )
    there = PRODUCT.read(sku).in_view(view(store_view)).with_query("fields", "name")
    return Reads(
        one=context.get(PRODUCT.read(sku))["name"],
        in_view=context.get(there)["name"],
        many=[
            f"{answer.code} {answer.status}" if isinstance(answer, Failure) else answer["name"]
            for answer in context.get_all([PRODUCT.read(sku), PRODUCT.read("a/b")])
        ],
        missing=context.find(PRODUCT.read("no such")) is None,
        listed=len(context.get(PRODUCTS.read().search(criteria))["items"]),
    )


class Host(TypedDict):
    store: str
    scope: bool
    setting: bool
    probing: bool
    uri: str
    size: int


@query()
def host(context: Context) -> Host:
    """Ask the host

    Asks the host for what is not of the store.
    """
    context.progress(1, None, "begun")
    context.progress(2, 3, "nearly done")
    kept = Document("list.csv", "text/csv").write("sku\n").write("Größe\n").keep()
    session = context.session()
    print("a line of the log", file=sys.stderr)
    return {
        "store": session.store if session else "",
        "scope": bool(session and session.default_scope),
        "setting": context.setting("nothing") is not None,
        "probing": isinstance(context.capabilities()["probing"], bool),
        "uri": kept.uri[:15],
        "size": kept.size,
    }


class Inner(TypedDict):
    inner: Annotated[int, "A number."]


class Given(TypedDict):
    given: Annotated[dict[str, Any], "The arguments."]


@query(needs_session=False, keywords=["repeat"])
def echo(
    context: Context,
    text: Annotated[str | None, "A text."] = None,
    count: Annotated[float, "A number."] = 1.5,
    flag: Annotated[bool | None, "Yes or no."] = None,
    kind: Annotated[Literal["a", "b"], "One of two."] = "a",
    list: Annotated[list[str] | None, "Texts.", limits(max_items=2)] = None,
    object: Annotated[Inner | None, "An object."] = None,
) -> Given:
    """Echo

    Answers what it was given.
    """
    given = {
        "text": text, "count": count, "flag": flag, "kind": kind, "list": list, "object": object,
    }
    return {"given": {name: value for name, value in given.items() if value is not None}}


class Checked(TypedDict):
    name: str
    count: int


@query(needs_session=False)
def checked(
    context: Context,
    name: Annotated[str, "A name.", limits(max_length=5)],
    count: Annotated[int, "A number.", limits(minimum=1, maximum=9)] = 3,
) -> Checked:
    """Check

    Has its arguments described by hints.
    """
    return {"name": name, "count": count}


@query(needs_session=False)
def throws(
    context: Context, how: Annotated[Literal["error", "failure", "result"], "In which way."]
) -> dict:
    """Throw

    Goes wrong.
    """
    if how == "failure":
        raise fail.unavailable("not today", remedy="come tomorrow")
    if how == "error":
        raise TypeError("oh no")
    return {"itself": context}


@query(reads=[PRODUCT])
def passes_on(
    context: Context, route: Annotated[Literal["missing", "forbidden"], "Which failure."]
) -> dict:
    """Pass on

    Passes on what the store answers.
    """
    return context.get(PRODUCT.read("no such") if route == "missing" else PRODUCTS.read())


PRODUCT_CHANGES = Changes("product", PRODUCT).put(PRODUCT)


@prepare(
    tier="risk",
    changes=[PRODUCT_CHANGES],
    commit=commit(name="commit_title", title="Write a meta title"),
)
def prepare_meta_title(
    context: PrepareContext, sku: Annotated[str, "A sku."], title: Annotated[str, "The title."]
) -> PreparedResult:
    """Plan a meta title

    Plans a meta title.
    """
    place = f"/custom_attributes/{element('attribute_code', 'meta_title')}/value"
    change = PRODUCT_CHANGES.change(sku).warn("have a look").warn("have a look")
    put = change.step(step("put", PRODUCT, SUBJECT, view=GLOBAL))
    change.set(put, "meta_title", f"/product{place}", place, title)
    draft = context.draft(PRODUCT_CHANGES.intent("set a meta title", GLOBAL))
    return draft.add(change).warn("of all").propose()


HOLDS = Changes("order", ORDER).post(HOLD).post(UNHOLD)


class Held(AppliedResult):
    answered: bool


@apply(reads=[ORDERS], changes=[HOLDS])
def hold_one(context: ApplyContext) -> Held:
    """Hold an order

    Puts the first order that can be held on hold.
    """
    search = Criteria().filter("state", "eq", "processing").sort("entity_id").page(1)
    [order] = context.get(ORDERS.read().search(search))["items"]
    change = HOLDS.change(order["entity_id"], order["increment_id"]).only_if_absent()
    change.step(step("post", HOLD, SUBJECT, view=GLOBAL).fails_when("", False))
    change.expect("state", "/state", "holded")
    change.undo_step(step("post", UNHOLD, SUBJECT, view=GLOBAL))
    draft = context.draft(HOLDS.intent("hold an order", GLOBAL)).add(change)
    outcome, response = draft.apply_with_response()
    return {**applied(outcome), "answered": response is not None}


EMAILS = Changes("order", ORDER).post(EMAIL)


@prepare(tier="risk", reads=[ORDERS], changes=[EMAILS])
def prepare_email(context: PrepareContext) -> PreparedResult:
    """Plan an e-mail

    Plans an e-mail.
    """
    [order] = context.get(ORDERS.read().search(Criteria().page(1)))["items"]
    change = EMAILS.change(order["entity_id"])
    change.step(step("post", EMAIL, SUBJECT, view=GLOBAL))
    change.unverifiable("email", "the confirmation goes out once more")
    change.cannot_be_undone("an e-mail cannot be called back")
    return context.draft(EMAILS.intent("send an e-mail", GLOBAL)).add(change).propose()


Actions = group(
    name="everything",
    version="0.1.0",
    title="Everything",
    description="Calls everything.",
    actions=[
        reads, host, echo, checked, throws, passes_on, prepare_meta_title, hold_one, prepare_email,
    ],
)
