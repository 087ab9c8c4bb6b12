"""Which schemas are refused, how violations are labelled, and that nothing is fetched."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from suite.schema import SchemaCheckError, SchemaError, check_schema, violations
from suite.schema_keywords import KEYWORDS

CONTACT = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string", "minLength": 2}, "born": {"format": "date"}},
    "additionalProperties": False,
}


def labels(document: Any, schema: Any) -> list[tuple[str, str]]:
    return [(found.label, found.pointer) for found in violations(document, schema)]


def test_a_document_that_meets_its_schema_has_no_violations() -> None:
    assert violations({"name": "Ada", "born": "1815-12-10"}, CONTACT) == []


def test_violations_come_outermost_first_in_a_stable_order() -> None:
    document = {"born": "yesterday", "nam": 1}
    assert labels(document, CONTACT) == [
        ("schema:additionalProperties", ""),
        ("schema:required", ""),
        ("schema:format", "/born"),
    ]
    assert str(violations({"name": 1}, CONTACT)[0]) == '/name: 1 is not of type "string"'
    assert str(violations([], CONTACT)[0]) == '(root): [] is not of type "object"'


@pytest.mark.parametrize(
    ("document", "schema", "label", "pointer"),
    [
        (True, {"type": "integer"}, "schema:type", ""),
        (True, {"enum": [1]}, "schema:enum", ""),
        (0, {"const": False}, "schema:const", ""),
        (3, {"minimum": 5}, "schema:minimum", ""),
        ("2024-02-30", {"format": "date"}, "schema:format", ""),
        ("x", {"format": "email"}, "schema:format", ""),
        ("x\n", {"pattern": "^x$"}, "schema:pattern", ""),
        ({"a": 1}, {"properties": {"a": False}}, "schema:properties", "/a"),
        ([1], {"items": False}, "schema:items", "/0"),
        ([1, 2], {"prefixItems": [True], "items": False}, "schema:items", "/1"),
        (1, {"if": {"type": "integer"}, "then": False}, "schema:then", ""),
        (1, False, "schema:false", ""),
        ([1], {"contains": {}, "minContains": 2}, "schema:minContains", ""),
        ([1], {"contains": {"type": "string"}}, "schema:contains", ""),
        ({"a": 1}, {"dependentRequired": {"a": ["b"]}}, "schema:dependentRequired", ""),
        ({"a": 1}, {"dependentSchemas": {"a": {"required": ["b"]}}}, "schema:required", ""),
        ({}, {"$ref": "#/$defs/x", "$defs": {"x": {"required": ["a"]}}}, "schema:required", ""),
        ({"abc": 1}, {"propertyNames": {"maxLength": 1}}, "schema:propertyNames", ""),
        ({"a/b~c": 1}, {"properties": {"a/b~c": {"type": "null"}}}, "schema:type", "/a~1b~0c"),
    ],
)
def test_label_names_the_broken_keyword(
    document: Any, schema: Any, label: str, pointer: str
) -> None:
    assert labels(document, schema) == [(label, pointer)]


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"typ": "object"}, "/typ: unknown keyword 'typ'. Did you mean 'type'?"),
        (
            {"properties": {"minLenght": {"minLenght": 3}}},
            "/properties/minLenght/minLenght: unknown keyword 'minLenght'. "
            "Did you mean 'minLength'?",
        ),
        (
            {"additionalproperties": False},
            "unknown keyword 'additionalproperties'. Did you mean 'additionalProperties'?",
        ),
        ({"allOf": [{"requird": []}]}, "/allOf/0/requird: unknown keyword"),
        ({"$defs": {"a": {"enumm": []}}}, "/$defs/a/enumm: unknown keyword"),
        ({"dependentSchemas": {"a": {"typ": 1}}}, "/dependentSchemas/a/typ: unknown keyword"),
        ({"dependencies": {}}, "use dependentRequired or dependentSchemas"),
        ({"type": "strin"}, "/type: unknown type 'strin'"),
        ({"type": ["string", "nul"]}, "Did you mean 'null'?"),
        ({"format": "datetime"}, "Did you mean 'date-time'?"),
        ({"$ref": "https://example.com/a.json"}, "/$ref: refers to 'https://example.com/a.json'"),
        ({"$defs": {"a": {"$ref": "other.json#/a"}}}, "/$defs/a/$ref: refers to 'other.json#/a'"),
        ({"$ref": "file:///etc/passwd"}, "nothing is fetched"),
        ({"$ref": "#/$defs/nope"}, "'/$defs/nope' does not exist"),
        ({"$defs": {"unused": {"$ref": "#/nope"}}}, "'/nope' does not exist"),
        ({"pattern": "(?=a)b"}, "/pattern: \"(?=a)b\" is not a \"regex\" of the linear engine"),
        ({"$defs": {"unused": {"pattern": "(?=a)"}}}, "/$defs/unused/pattern"),
        ({"patternProperties": {"(?=a)": {}}}, "is not a \"regex\" of the linear engine"),
        ({"$schema": "http://json-schema.org/draft-07/schema#"}, "only draft 2020-12 is known"),
        ({"minimum": "5"}, '/minimum: "5" is not of type "number"'),
        ({"required": "a"}, "/required"),
        ({"properties": {"a": []}}, "/properties/a: expected a schema, got a list"),
        ({"properties": {1: {}}}, "/properties: the name 1 is an int; put it in quotes"),
        ({"const": datetime.date(2024, 1, 1)}, "/const: got a date"),
        ({"enum": [{True: 1}]}, "/enum: the key True is a bool; put it in quotes"),
        ({"maximum": float("nan")}, "/maximum: nan is not a JSON number"),
        ({"const": "\ud800"}, "surrogates not allowed"),
        ([], "(root): expected a schema, got a list"),
        (None, "(root): expected a schema, got null"),
    ],
)  # fmt: skip
def test_a_schema_that_cannot_check_is_refused_with_its_place(schema: Any, message: str) -> None:
    with pytest.raises(SchemaError) as caught:
        check_schema(schema, "cases.yaml: schemas.x")
    assert message in str(caught.value)
    assert str(caught.value).startswith("cases.yaml: schemas.x: ")


def test_the_validator_itself_fetches_nothing() -> None:
    # the second lock: `check_schema` refuses such a reference before it comes to this
    from suite import schema as module

    with pytest.raises(ValueError, match="Retrieval is disabled"):
        module._compile({"$ref": "https://example.com/a.json"})


def test_all_problems_of_a_schema_come_at_once() -> None:
    with pytest.raises(SchemaError) as caught:
        check_schema({"typ": "object", "properties": {"a": {"maxlen": 1}, "b": {"type": "int"}}})
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize(
    "schema",
    [
        True,
        {},
        {"properties": {"typ": {}, "minLenght": True}, "required": ["typ"]},
        {"patternProperties": {"^requird": {}}, "$defs": {"propertys": {}}},
        {"enum": [{"typ": 1}], "const": {"typ": 1}, "examples": [{"typ": 1}]},
        {"default": {"typ": 1}},
        {"dependentRequired": {"typ": ["minLenght"]}},
        {"x-order": 3, "$comment": "c", "title": "t"},
        {"$id": "https://a.org/a", "$ref": "https://a.org/a#/$defs/b", "$defs": {"b": {}}},
        {"$schema": "https://json-schema.org/draft/2020-12/schema"},
        {"items": {"$ref": "#"}},
    ],
)  # fmt: skip
def test_names_and_data_are_not_taken_for_keywords(schema: Any) -> None:
    check_schema(schema)


def test_every_keyword_of_the_draft_is_known() -> None:
    # core 9, applicator 15, unevaluated 2, validation 20, meta-data 7, format 1, content 3;
    # `definitions` is still understood, `$vocabulary` is refused
    assert len(KEYWORDS) == 57 + 1 - 1


def test_a_schema_nested_beyond_reason_is_refused_not_a_crash() -> None:
    deep: dict[str, Any] = {}
    for _ in range(5000):
        deep = {"properties": {"a": deep}}
    with pytest.raises(SchemaError, match="nested deeper than 100 levels"):
        check_schema(deep)
    with pytest.raises(SchemaError, match="nested deeper than 100 levels"):
        violations({}, deep)


def test_the_deepest_strict_document_can_be_checked() -> None:
    document: Any = 1
    for _ in range(250):
        document = [document]
    assert labels(document, {"enum": [1]}) == [("schema:enum", "")]


def test_a_failing_check_is_an_error_of_its_own_not_a_verdict() -> None:
    with pytest.raises(SchemaCheckError, match="surrogates"):
        violations("\ud800", {"type": "string"})


def test_an_equal_schema_is_compiled_once() -> None:
    from suite import schema as module

    module._validator.cache_clear()
    for _ in range(3):
        violations({}, {"type": "object"})
    assert module._validator.cache_info().misses == 1
    # true and 1 are equal in Python and two schemas in JSON
    assert labels(1, {"const": True}) == [("schema:const", "")]
    assert labels(1, {"const": 1}) == []
