"""The description of an operation in the generated modules."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import FrozenSet, Generic, Literal, Optional, TypeVar

__all__ = ["OMIT", "Omit", "Operation", "Paging"]

T = TypeVar("T")


class Omit:
    """The type of `OMIT`."""

    def __repr__(self) -> str:
        return "OMIT"

    def __bool__(self) -> bool:
        return False


#: Stands for an argument that is not given, where `None` would be sent as `null`.
OMIT = Omit()


@dataclass(frozen=True)
class Paging:
    """How a list is paged, and which member of the answer the items are (`""`: the answer itself)."""

    style: Literal["page", "offset", "skip"]
    items: str


@dataclass(frozen=True)
class Operation(Generic[T]):
    """One operation of an API; `T` is its result."""

    api: str
    id: str
    method: str
    path: str
    #: How its answer is taken out of the API's envelope.
    unwrap: str = "bare"
    #: It needs no credential.
    open: bool = False
    body: Optional[Literal["required", "optional"]] = None
    #: Members of the body that may be `null`.
    nullable: FrozenSet[str] = field(default_factory=frozenset)
    paging: Optional[Paging] = None
    #: Of a stream of events: it has an end of its own.
    finite: bool = False
