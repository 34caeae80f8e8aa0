from marketplace.organisations.models.organisations import (
    Kind,
    Nation,
    NumberSequence,
    Organisation,
    SupplierLink,
    SupplierProfile,
)
from marketplace.organisations.models.people import (
    ROLE_LABELS,
    ApiToken,
    Membership,
    User,
)
from marketplace.organisations.states import LinkStatus

__all__ = [
    "ROLE_LABELS",
    "ApiToken",
    "Kind",
    "LinkStatus",
    "Membership",
    "Nation",
    "NumberSequence",
    "Organisation",
    "SupplierLink",
    "SupplierProfile",
    "User",
]
