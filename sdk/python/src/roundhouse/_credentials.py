"""The credentials of a client."""

from __future__ import annotations

import time
from typing import Any, Callable, Dict, Mapping, Optional, Tuple, Union

from ._operation import Operation

__all__ = ["Credentials", "SignIn", "Token"]

_SIGN_IN: Operation[Dict[str, Any]] = Operation(
    "automation", "createToken", "POST", "/automation/api/v1/auth/token", open=True, body="required"
)
_REFRESH: Operation[Dict[str, Any]] = Operation(
    "automation", "refreshToken", "POST", "/automation/api/v1/auth/refresh", open=True, body="required"
)

#: A token is renewed when a tenth of its life is left, at most this many seconds before its end.
_EARLY_SECONDS = 60.0


class Token:
    """An API key or access token, or a function that gives one."""

    def __init__(self, token: Union[str, Callable[[], str]]) -> None:
        self._token = token

    def __repr__(self) -> str:
        return "Token(…)"

    @property
    def header(self) -> str:
        """The header `Authorization`."""
        return f"Bearer {self._token() if callable(self._token) else self._token}"


class SignIn:
    """A user's name and password, and the tokens they got. The transport makes sure that one thread or task renews them at a time."""

    def __init__(self, username: str, password: str, now: Callable[[], float] = time.monotonic) -> None:
        self._username = username
        self._password = password
        self._now = now
        self._access: Optional[str] = None
        self._refresh: Optional[str] = None
        self._renew_at = 0.0

    def __repr__(self) -> str:
        return f"SignIn(username={self._username!r}, password=…)"

    @property
    def header(self) -> str:
        """The header `Authorization`, once it has signed in."""
        return f"Bearer {self._access}"

    def is_stale(self, refused: Optional[str]) -> bool:
        """Whether a token is needed: the client has none, it ends soon, or the hub refused the header."""
        return self._access is None or self._now() >= self._renew_at or (refused is not None and refused == self.header)

    def step(self) -> Tuple[Operation[Dict[str, Any]], Dict[str, str]]:
        """The request for a new token."""
        if self._refresh is not None:
            # The refresh token is good for one try, whatever the outcome.
            refresh, self._refresh = self._refresh, None
            return _REFRESH, {"refresh_token": refresh}
        return _SIGN_IN, {"username": self._username, "password": self._password}

    def can_fall_back(self, operation: Operation[Any]) -> bool:
        """Whether a refused step may be followed by another."""
        return operation is _REFRESH

    def take(self, answer: Mapping[str, Any]) -> None:
        """Keeps the tokens of an answer."""
        life = float(answer.get("expires_in", 3600))
        self._access = str(answer["access_token"])
        self._refresh = answer.get("refresh_token")
        self._renew_at = self._now() + life - min(_EARLY_SECONDS, life / 10)


Credentials = Union[Token, SignIn, None]


def credentials_of(
    token: Union[str, Callable[[], str], None],
    api_key: Optional[str],
    username: Optional[str],
    password: Optional[str],
) -> Credentials:
    """One kind of credentials, or none.

    Raises:
        ValueError: there are several, or half of one.
    """
    if (username is None) != (password is None):
        raise ValueError("username and password belong together")
    if sum(one is not None for one in (token, api_key, username)) > 1:
        raise ValueError("give one of token, api_key, and username with password")
    if username is not None and password is not None:
        return SignIn(username, password)
    given = token if token is not None else api_key
    return None if given is None else Token(given)
