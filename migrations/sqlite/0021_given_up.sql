-- Credentials that a holder began and did not complete. They count for their agent's share of a day.
-- Conventions: see 0001_agents.sql.

CREATE TABLE given_up_credentials (
    id       TEXT    NOT NULL PRIMARY KEY,     -- UUID of the credential that is gone; owner: issuance; fixed
    agent    TEXT    NOT NULL REFERENCES agents (id), -- owner: issuance; fixed
    begun_at INTEGER NOT NULL                  -- Unix seconds; kept for a day; owner: issuance; fixed
) STRICT;

CREATE INDEX given_up_credentials_by_agent ON given_up_credentials (agent, begun_at);
CREATE INDEX given_up_credentials_by_time ON given_up_credentials (begun_at);
