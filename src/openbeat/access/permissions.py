"""Every permission there is: one for each deed that a door guards."""

from __future__ import annotations

from enum import StrEnum


class Permission(StrEnum):
    """A deed's name, `thing.verb`."""

    AGENCY_ADMINISTER = "agency.administer"
    PEOPLE_ADMINISTER = "people.administer"
    PEOPLE_VIEW = "people.view"
    TOKEN_MANAGE = "token.manage"  # noqa: S105 a permission's name, not a secret

    PLACES_VIEW = "places.view"
    PLACES_MANAGE = "places.manage"

    IMPORT_VIEW = "import.view"
    IMPORT_RUN = "import.run"
    IMPORT_WITHDRAW = "import.withdraw"
    INCIDENT_VIEW = "incident.view"
    INCIDENT_EXPORT = "incident.export"
    OFFENCES_MANAGE = "offences.manage"

    FORECAST_VIEW = "forecast.view"
    FORECAST_RUN = "forecast.run"
    FORECAST_APPROVE = "forecast.approve"
    FORECAST_WITHDRAW = "forecast.withdraw"

    WARNING_VIEW = "warning.view"
    WARNING_SET = "warning.set"
    WARNING_APPROVE = "warning.approve"
    WARNING_SCAN = "warning.scan"
    WARNING_HANDLE = "warning.handle"
    WARNING_EXPORT = "warning.export"

    PLAN_VIEW = "plan.view"
    PLAN_MAKE = "plan.make"
    PLAN_APPROVE = "plan.approve"
    PLAN_WITHDRAW = "plan.withdraw"
    VISIT_RECORD = "visit.record"

    WHAT_IF_VIEW = "what_if.view"
    WHAT_IF_RUN = "what_if.run"

    STANDBY_VIEW = "standby.view"
    STANDBY_PLACE = "standby.place"

    BEATS_VIEW = "beats.view"
    BEATS_DRAW = "beats.draw"
    BEATS_ADOPT = "beats.adopt"

    TRAIL_READ = "trail.read"
    TRAIL_ERASE = "trail.erase"
    LOG_CHECK = "log.check"

    PUBLICATION_VIEW = "publication.view"
    PUBLICATION_MAKE = "publication.make"
