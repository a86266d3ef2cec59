-- Attestors and the work receipts they signed. Conventions: see 0001_agents.sql.

CREATE TABLE attestors (
    id         TEXT    NOT NULL PRIMARY KEY, -- did:key of the public key; owner: attestors; fixed
    name       TEXT    NOT NULL,             -- for people, 1 to 200 bytes; owner: attestors; fixed
    public_key BLOB    NOT NULL UNIQUE,      -- Ed25519, 32 bytes; owner: attestors; fixed
    added_at   INTEGER NOT NULL,             -- Unix seconds; owner: attestors; fixed
    retired_at INTEGER                       -- Unix seconds; null while it may sign; owner: attestors; mutable
) STRICT;

CREATE TABLE attestations (
    digest       TEXT    NOT NULL PRIMARY KEY, -- SHA-256 of the compact JWS, 64 hex digits; owner: attestations; fixed
    attestor     TEXT    NOT NULL REFERENCES attestors (id), -- claim iss; owner: attestations; fixed
    agent        TEXT    NOT NULL REFERENCES agents (id), -- claim sub; owner: attestations; fixed
    jti          TEXT    NOT NULL,             -- claim jti; owner: attestations; fixed
    replaces     TEXT,                         -- claim replaces: jti of an earlier receipt; owner: attestations; fixed
    issued_at    INTEGER NOT NULL,             -- claim iat, Unix seconds; owner: attestations; fixed
    period_end   INTEGER NOT NULL,             -- claim period_end, Unix seconds; owner: attestations; fixed
    attempted    INTEGER NOT NULL,             -- tasks; owner: attestations; fixed
    completed    INTEGER NOT NULL,             -- tasks, at most attempted; owner: attestations; fixed
    quality      INTEGER,                      -- 0 to 10000; owner: attestations; fixed
    confidence   INTEGER,                      -- 0 to 10000; owner: attestations; fixed
    disputed     INTEGER CHECK (disputed IN (0, 1)), -- null where the attestor does not say; owner: attestations; fixed
    earned_sats  TEXT,                         -- satoshi, decimal, below 2^64; owner: attestations; fixed
    stake_sats   TEXT,                         -- satoshi, decimal, below 2^64; owner: attestations; fixed
    capabilities TEXT    NOT NULL,             -- JSON array of registry names; owner: attestations; fixed
    build_sha256 BLOB,                         -- 32 bytes; owner: attestations; fixed
    evidence     TEXT,                         -- URL; owner: attestations; fixed
    parent       TEXT,                         -- digest of a parent task's receipt, 64 hex digits; owner: attestations; fixed
    jws          TEXT    NOT NULL,             -- the receipt as received; owner: attestations; fixed
    received_at  INTEGER NOT NULL,             -- Unix seconds; owner: attestations; fixed
    replaced_by  TEXT REFERENCES attestations (digest), -- the receipt that corrects this one; owner: attestations; mutable once
    UNIQUE (attestor, jti)
) STRICT;

-- The receipts that count towards an agent's attributes.
CREATE INDEX attestations_counted ON attestations (agent) WHERE replaced_by IS NULL;
