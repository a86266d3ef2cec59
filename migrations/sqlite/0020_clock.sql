-- What the wall clock is held against, and hours that had their anchor although it is not kept.
-- Conventions: see 0001_agents.sql.

CREATE TABLE clock_readings (
    log     TEXT    NOT NULL PRIMARY KEY REFERENCES logs (id), -- owner: publication; fixed
    boot_id TEXT    NOT NULL,                  -- names the machine's start; owner: publication; mutable
    boot_ms INTEGER NOT NULL,                  -- milliseconds since that start; owner: publication; mutable
    unix_ms INTEGER NOT NULL                   -- Unix milliseconds at the same moment; owner: publication; mutable
) STRICT;

-- An hour here gets no other anchor: two anchors of one hour would be two histories.
CREATE TABLE anchored_hours (
    log  TEXT    NOT NULL REFERENCES logs (id), -- owner: recovery; fixed
    hour INTEGER NOT NULL,                     -- its first second, Unix; owner: recovery; fixed
    PRIMARY KEY (log, hour)
) STRICT;
