"""What `--arm CONTEXT[/NAMESPACE]` names."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from app.commands.failures import CommandFailed
from app.exit_codes import ExitCode
from controller.clusters.arming import ArmingTerms
from controller.reasons import Code


def parse_armed(texts: Iterable[str], contexts: Collection[str]) -> Mapping[str, ArmingTerms]:
    """Return context -> the terms on which it is armed. A context that is named alone is armed in all its namespaces.

    Raises: CommandFailed for what is no context.
    """
    named: dict[str, set[str] | None] = {}
    unknown = []
    for text in texts:
        context, namespace = _split(text, contexts)
        if context not in contexts:
            unknown.append(text)
        elif namespace is None:
            named[context] = None
        elif (namespaces := named.setdefault(context, set())) is not None:
            namespaces.add(namespace)
    if unknown:
        missing = "; ".join(str(Code.NO_CONTEXT.because(context=text)) for text in sorted(unknown))
        raise CommandFailed(ExitCode.BAD_INPUT, f"cannot arm: {missing}")
    return {
        context: ArmingTerms(namespaces=None if namespaces is None else frozenset(namespaces))
        for context, namespaces in named.items()
    }


def _split(text: str, contexts: Collection[str]) -> tuple[str, str | None]:
    """A context may have a slash in its name: what is one as a whole is no namespace of another."""
    context, slash, namespace = text.rpartition("/")
    return (text, None) if text in contexts or not slash or not namespace else (context, namespace)
