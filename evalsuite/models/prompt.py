"""The prompt as a model gets it: messages through its chat template, and the record of that.

Training and evaluation ask through the same functions and leave the same record, so that whether a
model is judged as it was trained can be read. Which messages there are is the caller's affair.
"""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from jinja2.exceptions import TemplateError

from evalsuite.errors import Clause, InvalidInputError, joined
from evalsuite.models.origin import in_one_line, origin_of, whole_model
from evalsuite.models.template import check_template, template_arguments
from evalsuite.records.training import PromptRecord
from evalsuite.tasks.prompts import messages

if TYPE_CHECKING:
    from collections.abc import Mapping

    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from evalsuite.records.run import ModelSpec
    from evalsuite.tasks.prompts import Prompt

__all__ = [
    "as_sent",
    "asked_settings",
    "check_arguments",
    "prompt_record",
    "render",
    "settings_in_memory",
]

_NEUTRAL: dict[str, tuple[Any, ...]] = {
    "temperature": (1,),
    "top_p": (1,),
    "top_k": (0,),
    "min_p": (0,),
    "typical_p": (1,),
    "repetition_penalty": (1,),
    "no_repeat_ngram_size": (0,),
    "num_beams": (1,),
    "suppress_tokens": ([],),
    "begin_suppress_tokens": ([],),
    "bad_words_ids": ([],),
}
"""Generation settings that change which token is taken, with the values that change nothing."""


_PROBE = "evalsuite-system-probe"
"""A system text that no template has, and that no encoding changes."""


def render(
    tokenizer: PreTrainedTokenizerBase,
    chat: list[dict[str, str]],
    arguments: Mapping[str, Any] | None = None,
) -> str:
    """Render chat messages (``role`` and ``content``) into the prompt as sent.

    Where the template has no system role, the system's text leads the user message. Raises
    InvalidInputError where the template fails over a plain question or does not come to an end.
    """
    return _rendered(tokenizer, as_sent(tokenizer, chat, arguments), arguments)


def as_sent(
    tokenizer: PreTrainedTokenizerBase,
    chat: list[dict[str, str]],
    arguments: Mapping[str, Any] | None = None,
) -> list[dict[str, str]]:
    """Give the messages that a template takes: without a system role the user says that text.

    A template has none where it refuses the role, and where it leaves the text out.
    """
    if chat[0]["role"] != "system" or len(chat) < 2 or chat[1]["role"] != "user":
        return chat
    if _takes_system(tokenizer, tokenizer.get_chat_template(), json.dumps(arguments or {})):
        return chat
    merged = f"{chat[0]['content']}\n\n{chat[1]['content']}"
    return [{"role": "user", "content": merged}, *chat[2:]]


@lru_cache(maxsize=4)
def _takes_system(tokenizer: PreTrainedTokenizerBase, _template: str, arguments: str) -> bool:
    """Say whether a template writes what the system says; of one that fails, yes.

    By a text of our own: a question may hold the system's words, and a template may encode them.
    The template is there to be told from an earlier one of the same tokenizer.
    """
    chat = [{"role": "system", "content": _PROBE}, {"role": "user", "content": "question"}]
    options = json.loads(arguments)
    check_template(tokenizer, chat, add_generation_prompt=True, arguments=options)
    try:
        return _PROBE in _apply(tokenizer, chat, options).casefold()
    except TemplateError:
        return False
    except Exception:  # noqa: BLE001  whatever it raises, the rendering that follows raises again
        return True


def check_arguments(tokenizer: PreTrainedTokenizerBase, arguments: Mapping[str, Any]) -> None:
    """Refuse arguments that a chat template does not read: they would be ignored in silence."""
    if not arguments:
        return
    known = template_arguments(tokenizer)
    unknown = sorted(arguments.keys() - set(known))
    if unknown:
        listed = Clause("it reads none")
        if known:
            listed = Clause("it reads {known}", known=joined(known))
        raise InvalidInputError(
            "the chat template of {model} has no argument {unknown!r}; {listed}: leave it out, or "
            "correct it",
            model=tokenizer.name_or_path,
            unknown=unknown[0],
            listed=listed,
        )


def asked_settings(model: ModelSpec) -> dict[str, Any]:
    """List the generation settings that a model's own ``generation_config.json`` asks for.

    Those that change nothing are left out; nothing is asked by a GGUF file or a server.
    """
    if model.source in ("endpoint", "run", "log"):
        return {}
    with in_one_line(model):
        origin = origin_of(whole_model(model))
    path = origin.folder / "generation_config.json"
    if origin.gguf or not path.is_file():
        return {}
    return _effective(json.loads(path.read_text(encoding="utf-8")))


def settings_in_memory(model: PreTrainedModel) -> dict[str, Any]:
    """List the generation settings that a loaded model asks for, as `asked_settings` does."""
    return _effective(model.generation_config.to_dict())


def _effective(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: settings[name]
        for name, neutral in _NEUTRAL.items()
        if settings.get(name) is not None and settings[name] not in neutral
    }


def prompt_record(
    model: ModelSpec,
    tokenizer: PreTrainedTokenizerBase | None,
    prompt: Prompt,
    *,
    used: Mapping[str, Any] | None = None,
    asked: Mapping[str, Any] | None = None,
) -> PromptRecord:
    """Record how a model is asked; without a tokenizer, by a server.

    ``used`` are the generation settings of its answers, by the names of ``generation_config.json``:
    what they do as the model's files ask is not listed as unused. ``asked`` stands for those files
    where a model has none.
    """
    settings, asked = used or {}, asked_settings(model) if asked is None else asked
    facts = {} if tokenizer is None else _through(tokenizer, prompt)
    penalty = settings.get("repetition_penalty", None if tokenizer is None else 1.0)
    return PromptRecord(
        name=prompt.name,
        system=prompt.system,
        arguments=dict(prompt.arguments),
        template=prompt.template,
        repetition_penalty=None if penalty is None else float(penalty),
        unused={name: value for name, value in asked.items() if settings.get(name) != value},
        **({"system_in_user": None} | facts),
    )


def _through(tokenizer: PreTrainedTokenizerBase, prompt: Prompt) -> dict[str, Any]:
    """Tell what the chat template does with a prompt."""
    chat = messages(prompt, "{question}")
    sent = as_sent(tokenizer, chat, prompt.arguments)
    template = tokenizer.get_chat_template()
    return {
        "system_in_user": None if prompt.system is None else sent != chat,
        "template_sha256": hashlib.sha256(template.encode("utf-8", "surrogatepass")).hexdigest(),
        "rendered": _rendered(tokenizer, sent, prompt.arguments),
    }


def _rendered(
    tokenizer: PreTrainedTokenizerBase,
    chat: list[dict[str, str]],
    arguments: Mapping[str, Any] | None,
) -> str:
    check_template(tokenizer, chat, add_generation_prompt=True, arguments=arguments)
    try:
        return _apply(tokenizer, chat, arguments)
    except Exception as error:  # a template is a program and raises what it likes
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        raise InvalidInputError(
            "the chat template of {model} fails over a plain question ({reason}); mend "
            "chat_template in its files, or where it was given",
            model=tokenizer.name_or_path,
            reason=reason,
        ) from error


def _apply(
    tokenizer: PreTrainedTokenizerBase,
    chat: list[dict[str, str]],
    arguments: Mapping[str, Any] | None,
) -> str:
    text = tokenizer.apply_chat_template(
        chat, tokenize=False, add_generation_prompt=True, **(arguments or {})
    )
    return str(text)
