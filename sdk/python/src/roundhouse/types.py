"""The types of the APIs' arguments and results, a module for each API: `from roundhouse.types import connect`, then `connect.Server`."""

from .gen import automation_types as automation
from .gen import backend_types as backend
from .gen import connect_types as connect
from .gen import infrastructure_types as infrastructure
from .gen import portal_types as portal

__all__ = ["automation", "backend", "connect", "infrastructure", "portal"]
