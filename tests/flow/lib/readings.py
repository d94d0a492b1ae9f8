# SPDX-License-Identifier: MIT
"""All readings of all providers' documents, by slug."""
from . import dialects, dialects_brokers, dialects_clouds, dialects_hosts, dialects_vendors

READERS = {**dialects.READERS, **dialects_brokers.READERS, **dialects_clouds.READERS,
           **dialects_hosts.READERS, **dialects_vendors.READERS}


def read(slug, documents):
    """id → what /sim/truth must say of it."""
    rows = [row.said for row in READERS[slug](documents)]
    found = {row["id"]: row for row in rows}
    assert len(found) == len(rows), "an id twice"
    return found
