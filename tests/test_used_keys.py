"""Which tokens of an answer would repeat a key of the same object."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from train.tokenizer import train_tokenizer
from train.used_keys import Banned, banned_tokens, find_keys

KEYS = st.text(st.sampled_from('ab"\\{}[]:, é'), max_size=4)
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | KEYS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


def keys_with_used(answer: str) -> list[tuple[str, list[str]]]:
    return [
        (answer[start : end - 1], [answer[first : last - 1] for first, last in used])
        for (start, end), used in find_keys(answer)
    ]


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ('{"a": 1, "b": 2}', [("a", []), ("b", ["a"])]),
        ('{"a": {"a": 1, "c": "a"}, "b": []}', [("a", []), ("a", []), ("c", ["a"]), ("b", ["a"])]),
        ('[{"a": 1}, {"a": 2}]', [("a", []), ("a", [])]),
        ('{"a": 1}\n{"a": 1}', [("a", []), ("a", [])]),
        ('Here: {"a": "x: y"} done', [("a", [])]),
        ('{"a": ["b", "c"], "d": 1}', [("a", []), ("d", ["a"])]),
        ('{"a\\"b": 1, "c": 2}', [('a\\"b', []), ("c", ['a\\"b'])]),
        ("The answer is 42.", []),
        ('}] "a": {"b', []),
    ],
)
def test_keys_come_with_the_earlier_keys_of_their_own_object(
    answer: str, found: list[tuple[str, list[str]]]
) -> None:
    assert keys_with_used(answer) == found


@given(DOCUMENTS)
def test_every_key_of_any_document_is_found(document: object) -> None:
    def spelled(value: object) -> list[str]:
        if isinstance(value, dict):
            return [
                each
                for key, inner in value.items()
                for each in (json.dumps(key, ensure_ascii=False)[1:-1], *spelled(inner))
            ]
        return (
            [each for inner in value for each in spelled(inner)] if isinstance(value, list) else []
        )

    answer = json.dumps(document, ensure_ascii=False)
    assert [key for key, _ in keys_with_used(answer)] == spelled(document)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return train_tokenizer(iter(['{"ship": 1, "ship_to": 2, "dock": 3}'] * 20), 300)


def test_a_used_key_is_banned_where_it_parts_from_the_right_one(tokenizer: Tokenizer) -> None:
    answer = '{"ship": 1, "ship_to": 2, "dock": 3}'
    encoding = tokenizer.encode(answer, add_special_tokens=False)

    def piece(token: int) -> str:
        return str(tokenizer.decode([token]))

    told = [
        (answer[: encoding.offsets[each.place][0]], piece(each.token))
        for each in banned_tokens(answer, encoding.ids, encoding.offsets)
    ]
    assert [before for before, _ in told] == [
        '{"ship": 1, "ship',  # `"` would end the used key; `_` begins what makes it another
        '{"ship": 1, "ship_to": 2, "',
    ]
    assert told[0][1].startswith('"')
    assert "ship".startswith(told[1][1])


def test_the_unlikelihood_pushes_a_banned_token_down() -> None:
    torch = pytest.importorskip("torch")
    from train.corpus import Encoded
    from train.tiny import TinyConfig, build_model, make_batch, weighted_loss

    model = build_model(
        TinyConfig(vocabulary=64, layers=1, hidden=64, intermediate=64, heads=1, kv_heads=1)
    )
    row = Encoded([5, 6, 7], [0.0, 0.0, 1e-6], [Banned(2, 9)])
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-7)

    def chance() -> float:
        with torch.no_grad():
            return float(model(torch.tensor([[5, 6, 7]])).logits[0, 1].softmax(-1)[9])

    before = chance()
    weighted_loss(model, make_batch([row])).backward()
    optimizer.step()
    assert chance() < before
