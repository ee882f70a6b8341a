from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

import evalsuite.reporting
from evalsuite.errors import InvalidInputError
from evalsuite.records.verdict import Statement
from evalsuite.reporting.wording import LANGUAGES, Number, Phrase, just, words

PACKAGE = Path(evalsuite.reporting.__file__).parent
ROOT = PACKAGE.parents[1]
OTHERS = (
    PACKAGE.parent / "verdict",
    PACKAGE.parent / "asking",
    PACKAGE.parent / "training",
    PACKAGE.parent / "cli",
)


def _placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def test_catalogues_have_the_same_keys_in_the_same_order() -> None:
    english, chinese = (words(lang) for lang in LANGUAGES)

    assert list(english.sentences) == list(chinese.sentences)
    assert list(english.lists) == list(chinese.lists)


def test_catalogues_have_the_same_placeholders() -> None:
    english, chinese = (words(lang) for lang in LANGUAGES)

    unlike = [
        key
        for key, sentence in english.sentences.items()
        if _placeholders(sentence) != _placeholders(chinese.sentences[key])
    ]

    assert unlike == []


def test_lists_of_headings_are_as_long_in_chinese() -> None:
    english, chinese = (words(lang) for lang in LANGUAGES)

    assert {k: len(v) for k, v in english.lists.items()} == {
        k: len(v) for k, v in chinese.lists.items()
    }


def test_every_sentence_is_used_by_the_code() -> None:
    """A key is written out in the code, or its last part is put together from a name."""
    source = "\n".join(
        path.read_text("utf-8")
        for path in [
            *PACKAGE.rglob("*.py"),
            *PACKAGE.glob("templates/*"),
            *(path for room in OTHERS for path in room.rglob("*.py")),
        ]
    )
    script = "\n".join(path.read_text("utf-8") for path in PACKAGE.glob("templates/*.js"))
    in_script = tuple(re.findall(r"`([a-z_]+_)\$\{", script))
    prefixes = tuple(re.findall(r'f"([a-z_.]+[._])\{', source))
    suffixes = tuple(re.findall(r'f"[a-z_.]+\{[^}]+\}(_[a-z]+)"', source))

    unused = [
        key
        for key in [*words("en").sentences, *words("en").lists]
        if f'"{key}"' not in source
        # why a check matters is told by its page in docs/, from the same catalogue
        and not key.startswith(("check_why.", *prefixes))
        and not key.endswith(suffixes)
        and not (
            key.startswith("browser.")
            and (
                f'"{key.removeprefix("browser.")}"' in script
                or key.removeprefix("browser.").startswith(in_script)
            )
        )
    ]

    assert unused == []


def test_every_section_names_the_modules_that_say_it() -> None:
    text = (PACKAGE / "locale" / "en.toml").read_text("utf-8")
    heads = re.findall(r"^(.*)\n\[([a-z_]+)\]$", text, re.MULTILINE)

    assert len(heads) == len(re.findall(r"^\[", text, re.MULTILINE))
    for named, section in heads:
        for name in named.removeprefix("# ").split(", "):
            (path,) = (room / name for room in (ROOT, PACKAGE.parent) if (room / name).is_file())
            assert section in path.read_text("utf-8"), (section, name)


def test_chinese_sentences_are_chinese() -> None:
    names = {"intervals.newcombe", "intervals.bonett_price", "intervals.fay_lumbard"}
    plain = [
        key
        for key, sentence in words("zh").sentences.items()
        if not re.search(r"[\u4e00-\u9fff]", _without_placeholders(sentence))
        and _without_placeholders(sentence) not in ("", "/", "→·")
    ]

    names |= {
        "intervals.tango_beside",
        "intervals.wald",
        "axis.tokens",
        "method.tango",
        "task.gsm8k",
        "and",
        "task_split",
    }
    names.add("models.member")  # a name, a colon, a headline
    names.add("browser.outcome")  # a mark, a word, what was read
    names.add("history.dated")  # a folder and a date
    names |= {"show.title", "machine.python"}  # a name, a comma, a name
    names.add("store.missing_of")  # a sentence and, in brackets, its parts
    names |= {"chips.between", "history.between"}  # a comma, a semicolon
    names |= {"chips.detail", "plan.line"}  # a title, a colon, what it says
    names |= {"plan.model", "gate_summary.colon"}  # a name and, in brackets, what it is; a colon
    names |= {"model_source.hub", "model_source.gguf"}  # names
    names |= {"list", "training_notice.answer"}  # a comma of names; a step, a colon, a text
    names |= {"check_detail.EVS003_other", "check_detail.EVS005"}  # each model and what it had
    assert set(plain) <= names


def _without_placeholders(sentence: str) -> str:
    return "".join(part[0] for part in Formatter().parse(sentence)).replace(" ", "")


@pytest.mark.parametrize(
    ("lang", "sentence"),
    [
        ("en", "qwen-grpo broke 2 questions and fixed 1"),
        ("zh", "qwen-grpo 新答错 2 题，新答对 1 题"),
    ],
)
def test_a_model_is_called_by_its_name_with_a_space_beside_chinese(
    lang: str, sentence: str
) -> None:
    catalogue = words(lang).calling({"trained": "qwen-grpo"})

    assert str(catalogue.say("check_detail.EVS022", losses=2, gains=1)) == sentence
    assert catalogue.text("changed.trained_right").startswith("qwen-grpo")
    assert catalogue.texts("prompt.columns")[1:] == (words(lang).text("base"), "qwen-grpo")


def test_a_chinese_name_stands_among_chinese_without_a_space() -> None:
    catalogue = words("zh").calling({"trained": "我的模型"})

    sentence = catalogue.say("check_detail.EVS022", losses=2, gains=1)
    assert str(sentence) == "我的模型新答错 2 题，新答对 1 题"


@pytest.mark.parametrize("decision", ["powerless", "inconclusive"])
def test_a_chinese_verdict_begins_with_the_word_of_its_label(decision: str) -> None:
    sentences = words("zh").sentences
    said = [s for k, s in sentences.items() if k.startswith(f"headline.{decision}")]

    assert said
    assert all(sentence.startswith(f"{sentences[f'decision.{decision}']}：") for sentence in said)


def test_a_role_without_a_name_begins_a_sentence_with_a_capital() -> None:
    values = {"gains": 2, "losses": 1}
    named = words("en").calling({"base": "qwen"})

    assert str(words("en").say("changed.title_log_plain", **values)).startswith("Trained is right")
    assert "that base missed" in words("en").text("changed.title_log_plain")
    assert "that qwen missed" in str(named.say("changed.title_log_plain", **values))


def test_a_name_is_never_read_as_a_placeholder_or_a_role() -> None:
    catalogue = words("en").calling({"base": "{n} <trained>", "trained": "x"})

    said = str(catalogue.say("check_detail.EVS007", base="a", trained="b"))

    assert said == "{n} <trained> on a, x on b"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_mark_in_a_sentence_is_a_model(lang: str) -> None:
    catalogue = words(lang)

    texts = [*map(catalogue.text, catalogue.sentences)]
    texts += [text for key in catalogue.lists for text in catalogue.texts(key)]

    assert [text for text in texts if re.search("[<>]", text.replace(" -> ", ""))] == []


def test_an_unknown_language_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidInputError, match="en and zh"):
        words("de")


def test_a_counted_noun_agrees_with_its_number_and_keeps_its_separator() -> None:
    told = [
        words("en").tell(
            Statement(key="check_detail.EVS022", values={"losses": losses, "gains": 2})
        )
        for losses in (1, 1319)
    ]

    assert told[0].endswith("broke 1 question and fixed 2")
    assert told[1].endswith("broke 1,319 questions and fixed 2")


def test_a_phrase_keeps_its_numbers() -> None:
    number = Number(shown="3.0", value=0.03, key="gain.estimate")

    phrase = words("en").say("interval", low=number, high=just("x"))

    assert phrase.pieces == ("(", number, " to ", "x", ")")
    assert str(phrase) == "(3.0 to x)"
    assert not Phrase()


def test_a_sentence_with_a_missing_value_is_an_error_of_ours() -> None:
    with pytest.raises(KeyError):
        words("en").say("interval", low="1")


def test_chinese_filled_in_stands_without_a_space_and_other_text_with_one() -> None:
    chinese = words("zh")
    values = {"base": "a", "trained": "b", "n": "3"}

    named = str(chinese.say("methods.design", task="内置应用题（test）", **values))
    other = str(chinese.say("methods.design", task="GSM8K", **values))

    assert named.startswith("a 与 b 回答了内置应用题（test）的同样 3 道题")
    assert other.startswith("a 与 b 回答了 GSM8K 的同样 3 道题")
    assert (chinese.gap, words("en").gap) == ("", " ")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_statement_of_a_file_that_has_no_sentence_is_refused(lang: str) -> None:
    with pytest.raises(
        InvalidInputError, match=r"the results state '\\x00', which has no sentence"
    ):
        words(lang).phrase(Statement(key="\0"))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_statement_of_a_file_that_lacks_a_value_is_refused(lang: str) -> None:
    with pytest.raises(InvalidInputError, match=r"'interval', which has no .* with these values"):
        words(lang).phrase(Statement(key="interval", values={"low": 1.0}))
