"""All rows. Importing this package makes the metadata whole."""

from booking.models.audit import AuditEntry
from booking.models.base import Base
from booking.models.bookings import (
    Booking,
    CalendarText,
    IdempotencyKey,
    Report,
    WaitingEntry,
)
from booking.models.catalogue import touch_catalogue
from booking.models.demand import SearchMiss
from booking.models.occupancy import LONG, NO_OVERLAP, SHORT, Occupancy
from booking.models.organisations import Agreement, Invitation, Membership, Organisation
from booking.models.outbox import OutboxMessage
from booking.models.people import (
    Absence,
    ApiToken,
    MailedLink,
    MailSetting,
    Person,
    SignIn,
    SignInAttempt,
    StaffRole,
)
from booking.models.places import (
    CountySetting,
    DecisionTemplate,
    Division,
    Installation,
    Municipality,
    OpeningException,
    OpeningHours,
    Quota,
    Region,
    Terms,
    Unit,
)
from booking.models.rooms import (
    Block,
    Room,
    RoomFeature,
    RoomImage,
    RoomImageFile,
    Space,
    room_space,
)
from booking.models.series import Series, SkippedOccurrence

__all__ = [
    "LONG",
    "NO_OVERLAP",
    "SHORT",
    "Absence",
    "Agreement",
    "ApiToken",
    "AuditEntry",
    "Base",
    "Block",
    "Booking",
    "CalendarText",
    "CountySetting",
    "DecisionTemplate",
    "Division",
    "IdempotencyKey",
    "Installation",
    "Invitation",
    "MailSetting",
    "MailedLink",
    "Membership",
    "Municipality",
    "Occupancy",
    "OpeningException",
    "OpeningHours",
    "Organisation",
    "OutboxMessage",
    "Person",
    "Quota",
    "Region",
    "Report",
    "Room",
    "RoomFeature",
    "RoomImage",
    "RoomImageFile",
    "SearchMiss",
    "Series",
    "SignIn",
    "SignInAttempt",
    "SkippedOccurrence",
    "Space",
    "StaffRole",
    "Terms",
    "Unit",
    "WaitingEntry",
    "room_space",
    "touch_catalogue",
]
