"""The chat template, run within bounds: a template is a program that came with the weights.

transformers' sandbox keeps it from files and from code, not from looping for ever or from filling
the memory. Here the same sandbox counts what a template does (turns of loops, calls, characters)
and stops it; the text a prompt gets is still rendered by transformers itself, once a template is
known to end.
"""

from __future__ import annotations

import re
from collections.abc import Sized
from contextvars import ContextVar
from functools import lru_cache, wraps
from math import prod
from typing import TYPE_CHECKING, Any

from jinja2 import meta, nodes
from jinja2.exceptions import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from evalsuite.errors import InvalidInputError, TranslatableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from jinja2 import Environment, Template
    from transformers import PreTrainedTokenizerBase

__all__ = ["check_template", "template_arguments"]

_LONGEST_TEMPLATE = 1_000_000
"""Characters. The longest that models ship have some ten thousand."""
_STEPS = 50_000
"""Turns of loops and calls in one rendering; a long conversation takes some hundred."""
_CHARACTERS = 20_000_000
"""Handed to calls and filters in one rendering, lists by their items: a question of 100,000
characters may pass through five hundred of them."""
_GROWING = frozenset({"*", "**", "%", "+"})
_VALUES = 200_000
"""In one value, lists inside lists counted each time they stand there: writing it takes as long."""
_LARGEST_NUMBER = 1_000_000
"""Handed to a call or filter, which may make a list or a text of that length."""
_WIDEST_NUMBER = 10_000
"""Bits of a product."""
_VALUE_COST = 20
"""Of a value in a list, in characters: about what looking at it takes."""
_WIDE = re.compile(r"\d{5}|\*|\{[^{}]*\{")
"""A width in a format: it fills a text with so many blanks."""


class TemplateLimitError(TranslatableError, TemplateError):
    """A template that does more than any prompt needs."""


class _Meter:
    """What one rendering has used."""

    def __init__(self) -> None:
        self.steps = self.characters = 0

    def step(self) -> None:
        self.steps += 1
        if self.steps > _STEPS:
            raise TemplateLimitError("over {limit:,} turns and calls", limit=_STEPS)

    def take(self, characters: int) -> None:
        self.characters += characters
        if self.characters > _CHARACTERS:
            raise TemplateLimitError("over {limit:,} characters", limit=_CHARACTERS)


_GIVEN = frozenset({"messages", "tools", "documents", "add_generation_prompt"})
"""What every template is given."""
_METER: ContextVar[_Meter] = ContextVar("meter")


class _BoundedEnvironment(ImmutableSandboxedEnvironment):
    """The sandbox that counts. Loops and macros report each turn, calls and filters their input."""

    intercepted_binops = _GROWING

    def turn(self) -> str:
        _METER.get().step()
        return ""

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """Call as the sandbox does: context and callee come first, by position."""
        _, callee, *given = args
        if callee == self.turn:
            return self.turn()
        _weigh([getattr(callee, "__self__", None), *given, *kwargs.values()])
        return _weighed(super().call(*args, **kwargs))

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Compute what may grow, once its size is known to be small."""
        _check_growth(operator, left, right)
        return _weighed(super().call_binop(context, operator, left, right))

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        """Give ``format`` of a text, unless it fills up too wide."""
        wrapped = super().wrap_str_format(value)
        if wrapped is not None and _WIDE.search(str(value.__self__)):
            raise TemplateLimitError("a text is filled up too wide")
        return wrapped

    def joined(self, parts: Sequence[Any]) -> str:
        """Write values behind each other: what ``~`` does."""
        _weigh(parts)
        return "".join(map(str, parts))

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        template = super()._parse(source, name, filename)
        for node in template.find_all((nodes.For, nodes.Macro, nodes.CallBlock)):
            node.body.insert(0, _counted(node.lineno))  # type: ignore[attr-defined]
        counted: nodes.Template = _without_concatenation(template, self)
        return counted


def check_template(
    tokenizer: PreTrainedTokenizerBase,
    messages: Sequence[Mapping[str, str]],
    *,
    add_generation_prompt: bool,
    arguments: Mapping[str, Any] | None = None,
) -> None:
    """Raise InvalidInputError where a tokenizer's chat template would not end over these messages.

    An error that the template raises itself is left to the rendering that follows.
    """
    source = _source(tokenizer)
    token = _METER.set(_Meter())
    try:
        for _ in _compiled(source).generate(
            **tokenizer.special_tokens_map,
            messages=[dict(message) for message in messages],
            tools=None,
            documents=None,
            add_generation_prompt=add_generation_prompt,
            **(arguments or {}),
        ):
            _METER.get().step()
    except (TemplateLimitError, MemoryError, RecursionError) as error:
        raise _endless(tokenizer, error) from error
    except Exception:  # noqa: BLE001  whatever it raises, transformers' own rendering raises again
        return
    finally:
        _METER.reset(token)


def template_arguments(tokenizer: PreTrainedTokenizerBase) -> tuple[str, ...]:
    """List what a chat template can be told beside the messages, such as ``enable_thinking``.

    Raises InvalidInputError where it is too long or too nested to be read.
    """
    environment, source = _compiled("").environment, _source(tokenizer)
    try:
        read = meta.find_undeclared_variables(environment.parse(source))
    except (TemplateError, ValueError):  # rendering will say so; a number of 5,000 digits is none
        return ()
    except (MemoryError, RecursionError) as error:
        raise _endless(tokenizer, error) from error
    own = {*_GIVEN, *tokenizer.special_tokens_map, *environment.globals}
    return tuple(sorted(name for name in read - own if not name.endswith("_token")))


def _source(tokenizer: PreTrainedTokenizerBase) -> str:
    """Give a chat template that is short enough to be looked at."""
    source = str(tokenizer.get_chat_template())
    if len(source) > _LONGEST_TEMPLATE:
        raise InvalidInputError(
            "the chat template of {model} has {n_characters:,} characters, over {limit:,}; use a "
            "model with a template of its own size",
            model=tokenizer.name_or_path,
            n_characters=len(source),
            limit=_LONGEST_TEMPLATE,
        )
    return source


def _endless(tokenizer: PreTrainedTokenizerBase, error: BaseException) -> InvalidInputError:
    return InvalidInputError(
        "the chat template of {model} does not come to an end ({reason}); mend chat_template in "
        "its files, or where it was given",
        model=tokenizer.name_or_path,
        reason=str(error) or type(error).__name__,
    )


@lru_cache(maxsize=8)
def _compiled(source: str) -> Template:
    """Compile in the environment of transformers, with bounds: its filters, globals and tags."""
    from transformers.utils.chat_template_utils import _compile_jinja_template

    theirs = _compile_jinja_template("").environment
    ours = _BoundedEnvironment(
        trim_blocks=theirs.trim_blocks,
        lstrip_blocks=theirs.lstrip_blocks,
        extensions=[type(extension) for extension in theirs.extensions.values()],
        finalize=_weighed,
    )
    ours.globals = dict(theirs.globals)
    ours.filters = {name: _metered(filter_) for name, filter_ in theirs.filters.items()}
    return ours.from_string(source)


def _metered(filter_: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(filter_)  # keeps the marks by which jinja passes its context
    def weighed(*args: Any, **kwargs: Any) -> Any:
        _weigh([*args, *kwargs.values()])
        return _weighed(filter_(*args, **kwargs))

    return weighed


def _weigh(values: Sequence[Any]) -> None:
    """Count a call and what is handed to it, before it runs."""
    meter = _METER.get()
    meter.step()
    texts = [value for value in values if isinstance(value, str)]
    numbers = [abs(value) for value in values if isinstance(value, int)]
    meter.take(sum(_size(value) for value in values))
    # Replacing, joining and filling up make a text as long as the product of what they are given.
    largest = prod(max(1, len(text)) for text in texts) * max(1, *numbers, 1)
    if (texts and largest > _CHARACTERS) or max(numbers, default=0) > _LARGEST_NUMBER:
        raise TemplateLimitError("a text or list is made too long")
    if numbers and any(_WIDE.search(text) and "%" in text for text in texts):
        raise TemplateLimitError("a text is filled up too wide")


def _weighed(value: Any) -> Any:
    """Count what a call made, and hand it on."""
    _METER.get().take(_size(value))
    return value


def _check_growth(operator: str, left: Any, right: Any) -> None:
    """Weigh what an operator would make, before it does."""
    meter = _METER.get()
    meter.step()
    numbers = [value for value in (left, right) if isinstance(value, int)]
    if operator == "%" and isinstance(left, str):
        if _WIDE.search(left):
            raise TemplateLimitError("a text is filled up too wide")
    elif len(numbers) == 2:
        bits = (
            left.bit_length() * abs(right)
            if operator == "**"
            else left.bit_length() + right.bit_length()
        )
        if bits > _WIDEST_NUMBER:
            raise TemplateLimitError("a number is made too large")
    else:
        times = max(numbers, default=1) if operator == "*" else 1
        meter.take((_size(left) + _size(right)) * max(1, times))


def _size(value: Any) -> int:
    """Count the characters and items of a value, and those of what it holds."""
    total, n_values, waiting = 0, 0, [value]
    while waiting:
        value = waiting.pop()
        n_values += 1
        total += _VALUE_COST
        if n_values > _VALUES:
            raise TemplateLimitError("a list holds itself too often")
        total += value.bit_length() // 8 if isinstance(value, int) else 0
        total += len(value) if isinstance(value, Sized) else 0
        if isinstance(value, dict):
            waiting += [*value, *value.values()]
        elif isinstance(value, list | tuple):
            waiting += value
    return total


def _counted(line: int) -> nodes.Node:
    """Make the statement that reports one turn."""
    turn = nodes.EnvironmentAttribute("turn")
    call = nodes.Call(turn, [], [], None, None)
    return nodes.ExprStmt(call).set_lineno(line)


def _without_concatenation(node: Any, environment: Environment) -> Any:
    """Put a counted call in the place of every ``~``: jinja has no door for it."""
    for name, value in node.iter_fields():
        if isinstance(value, list):
            new = [
                _without_concatenation(v, environment) if isinstance(v, nodes.Node) else v
                for v in value
            ]
            setattr(node, name, new)
        elif isinstance(value, nodes.Node):
            setattr(node, name, _without_concatenation(value, environment))
    if not isinstance(node, nodes.Concat):
        return node
    joined = nodes.EnvironmentAttribute("joined")
    parts = nodes.List(node.nodes)
    call = nodes.Call(joined, [parts], [], None, None).set_lineno(node.lineno)
    return call.set_environment(environment)
