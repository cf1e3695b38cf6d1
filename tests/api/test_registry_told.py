"""The registry as administrators and auditors read it."""

from __future__ import annotations

from tests.api.tokens import AUDIENCE, PEOPLE, PURPOSE, SUPPLIER, guarded, oin
from tests.posts import ENSCHEDE, IND

_MORE = f"""
[[mandate]]
holder = "{SUPPLIER}"
of = "{oin(ENSCHEDE)}"
types = ["nl.ketenspoor.home-ready.v1", "nl.ketenspoor.home-offered.v1"]
from = 2022-01-01

[purposes]
auditor = "https://register.test/audit"
"""


def test_an_administrator_reads_who_is_who_and_who_may_post_for_whom(sqlite_url: str) -> None:
    with guarded(sqlite_url, more=_MORE) as service:
        answer = service.request("GET", "/v1/registry", headers=service.of_role("administrator"))
        told = answer.json()
        issuer = service.issuer
    assert answer.status_code == 200
    assert {"oin": oin(IND), "kind": "ind", "name": "IND", "code": None} in told["organisations"]
    assert {"oin": oin(ENSCHEDE), "kind": "municipality", "name": "Enschede", "code": "GM0153"} in told["organisations"]
    assert told["issuers"] == [{"url": issuer.url, "kind": "oauth", "jwks": issuer.jwks, "audience": AUDIENCE}]
    clients = {client["id"]: client for client in told["clients"]}
    assert clients[PEOPLE]["organisation"] is None and clients[PEOPLE]["scopes"] == []
    assert clients[f"system-{oin(IND)}"]["purpose"] == f"{PURPOSE}/ind"
    assert "events.write" in clients[f"system-{oin(IND)}"]["scopes"]
    assert told["mandates"] == [
        {
            "holder": SUPPLIER,
            "of": oin(ENSCHEDE),
            "types": ["nl.ketenspoor.home-offered.v1", "nl.ketenspoor.home-ready.v1"],
            "from": "2022-01-01",
            "until": None,
        }
    ]
    assert told["purposes"] == [{"role": "auditor", "uri": "https://register.test/audit"}]
