"""Targets in the policy: Apprise addresses in which `${NAME}` stands for a secret.

An address is a secret, because it gives write access; so a target has at least one variable. Mail is the
exception: only its password is a secret.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, quote

from covgov.errors import NotConfigured, PolicyInvalid

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}", re.ASCII)
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://", re.ASCII)
_USERINFO = re.compile(r"(?<=://)[^/?#]*(?=@)")
_MAIL = ("mailto", "mailtos")


def check(target: str, where: str) -> None:
    """Raises PolicyInvalid (`notify-secret-in-policy`) naming `where`, never the target."""
    if _VARIABLE.search(target) and not _literal_password(target):
        return
    scheme = _SCHEME.match(target)
    if scheme and scheme[1].lower() in _MAIL and not _literal_password(target):
        return
    raise PolicyInvalid(
        "notify-secret-in-policy",
        f"{where}: the target holds an address or password that every reader of the policy could use",
        hint="put it into an environment variable and write ${NAME} here; only mailto:// can be literal, "
        "without a password. A value in a commit has leaked: replace it",
    )


def variables(target: str) -> tuple[str, ...]:
    """Names of the variables in the target, in order."""
    return tuple(dict.fromkeys(_VARIABLE.findall(target)))


def filled(target: str, env: Mapping[str, str]) -> str:
    """The address. Values between `://` and `@` are percent-encoded, so that a password can have any character.

    Raises NotConfigured (`notify-variable-unset`).
    """
    missing = [name for name in variables(target) if not env.get(name)]
    if missing:
        raise NotConfigured(
            "notify-variable-unset",
            f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set",
            hint="pass the secret to the step that publishes, or remove the target from [notify]",
        )
    encoded = _USERINFO.sub(
        lambda part: _VARIABLE.sub(lambda found: quote(env[found[1]], safe=""), part[0]), target, count=1
    )
    return _VARIABLE.sub(lambda found: env[found[1]].strip(), encoded)


def _literal_password(target: str) -> bool:
    found = _USERINFO.search(target)
    _, _, password = found[0].partition(":") if found else ("", "", "")
    query = parse_qsl(target.partition("?")[2], keep_blank_values=True)
    words = [password, *(value for key, value in query if key.lower() in ("pass", "password", "token", "key"))]
    return any(word and not _VARIABLE.search(word) for word in words)
