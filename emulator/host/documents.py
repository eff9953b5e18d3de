# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services, firewall rules and settings as JSON, in the form of "The host of a case" of docs/agent-contract.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from .firewall import Rule
from .services import Listener, Process, Service
from .settings import Administrator, CeipStore, Renewal, Settings, UsageSamples

Document = Mapping[str, Any]


def service_from(document: Document) -> Service:
    return Service(
        name=document["name"],
        display_name=document["display_name"],
        state=document["state"],
        start_mode=document["start_mode"],
        process_id=document["process_id"],
        account=document["account"],
        start_time=document["start_time"],
        depends_on=list(document["depends_on"]),
        children=[Process(child["process_id"], child["name"]) for child in document["children"]],
        on_start=document["on_start"],
        on_stop=document["on_stop"],
    )


def service_to(service: Service) -> dict[str, Any]:
    return {
        "name": service.name,
        "display_name": service.display_name,
        "state": service.state,
        "start_mode": service.start_mode,
        "process_id": service.process_id,
        "account": service.account,
        "start_time": service.start_time,
        "depends_on": service.depends_on,
        "children": [{"process_id": child.process_id, "name": child.name} for child in service.children],
        "on_start": service.on_start,
        "on_stop": service.on_stop,
    }


def listener_from(document: Document) -> Listener:
    return Listener(document["port"], document["address"], document["process_id"], document["process"])


def rule_from(document: Document) -> Rule:
    return Rule(**{**document, "local_ports": list(document["local_ports"])})


def rule_to(rule: Rule) -> dict[str, Any]:
    return asdict(rule)


def settings_from(document: Document, ceip: CeipStore) -> Settings:
    samples = document["usage_samples"]
    return Settings(
        administrators=[administrator_from(one) for one in document["administrators"]],
        ceip=ceip,
        renewal_option=document["renewal"],
        usage_samples=UsageSamples(
            samples["Enabled"],
            samples["PollingInterval"],
            samples["RetentionPeriod"],
            samples["EarliestSampleTime"],
            samples["LatestSampleTime"],
        ),
        renewals=[_renewal_from(one) for one in document["renewals"]],
        inventory=[dict(one) for one in document["inventory"]],
        server_info=dict(document["server_info"]),
        locations=dict(document["locations"]),
    )


def settings_to(settings: Settings) -> dict[str, Any]:
    """Everything but the CEIP option, which has a place of its own."""
    samples = settings.usage_samples
    return {
        "administrators": [administrator_to(one) for one in settings.administrators],
        "renewal": settings.renewal_option,
        "usage_samples": {
            "Enabled": samples.enabled,
            "PollingInterval": samples.polling_interval,
            "RetentionPeriod": samples.retention_period,
            "EarliestSampleTime": samples.earliest,
            "LatestSampleTime": samples.latest,
        },
        "renewals": [_renewal_to(one) for one in settings.renewals],
        "inventory": settings.inventory,
        "server_info": settings.server_info,
        "locations": settings.locations,
    }


def administrator_from(document: Document) -> Administrator:
    return Administrator(document["Account"], document["AccountSid"], document["Group"], document["Permissions"])


def administrator_to(one: Administrator) -> dict[str, Any]:
    return {"Account": one.account, "AccountSid": one.sid, "Group": one.group, "Permissions": one.permissions}


def _renewal_from(document: Document) -> Renewal:
    return Renewal(
        document["FulfillmentId"],
        document["ProductName"],
        document["SerialNumber"],
        document["CustomerSuccessServicesDate"],
        document["Quantity"],
    )


def _renewal_to(one: Renewal) -> dict[str, Any]:
    return {
        "FulfillmentId": one.fulfillment_id,
        "ProductName": one.product_name,
        "SerialNumber": one.serial_number,
        "CustomerSuccessServicesDate": one.success_services_date,
        "Quantity": one.quantity,
    }
