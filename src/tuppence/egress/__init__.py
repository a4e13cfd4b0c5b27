"""What left this machine: every request to a provider is on record before it is sent, and can be looked at."""

from tuppence.egress.contents import finder_of
from tuppence.egress.kinds import KINDS, Kind
from tuppence.egress.log import EgressLog, asking_for
from tuppence.egress.passages import Passage, Passages, passages_of
from tuppence.egress.retention import MOST_DAYS, forget_all_bodies, forget_bodies, kept_days, set_kept_days
from tuppence.egress.sent import (
    BodyNotKept,
    BodyNotYours,
    HostMonth,
    Sent,
    UnknownRequest,
    Wanted,
    by_host_and_month,
    hosts_asked,
    sent_body,
    sent_request,
    sent_requests,
)

__all__ = [
    "KINDS",
    "MOST_DAYS",
    "BodyNotKept",
    "BodyNotYours",
    "EgressLog",
    "HostMonth",
    "Kind",
    "Passage",
    "Passages",
    "Sent",
    "UnknownRequest",
    "Wanted",
    "asking_for",
    "by_host_and_month",
    "finder_of",
    "forget_all_bodies",
    "forget_bodies",
    "hosts_asked",
    "kept_days",
    "passages_of",
    "sent_body",
    "sent_request",
    "sent_requests",
    "set_kept_days",
]
