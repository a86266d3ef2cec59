-- Credentials and their status bits. Conventions: see 0001_agents.sql.

CREATE TABLE credentials (
    id            TEXT    NOT NULL PRIMARY KEY, -- UUID; owner: issuance; fixed
    agent         TEXT    NOT NULL REFERENCES agents (id), -- owner: issuance; fixed
    schema_id     TEXT    NOT NULL,             -- disclosure schema's URL; owner: issuance; fixed
    state         TEXT    NOT NULL CHECK (state IN ('reserved', 'pending', 'issued')), -- being proved by us, by the holder, done; owner: issuance; mutable
    log           TEXT    NOT NULL,             -- owner: issuance; fixed
    leaf_idx      INTEGER NOT NULL,             -- the leaf it was made from; owner: issuance; fixed
    head_seq      INTEGER NOT NULL,             -- the publication it was made under; owner: issuance; fixed
    head_issued_at INTEGER NOT NULL,            -- iat of the head it was made under; owner: issuance; fixed
    document      TEXT,                         -- JSON; without proofs while pending, whole when issued; owner: issuance; mutable
    created_at    INTEGER NOT NULL,             -- Unix seconds; owner: issuance; fixed
    expires_at    INTEGER,                      -- Unix seconds until which it may be completed; null when issued; owner: issuance; mutable
    valid_until   INTEGER,                      -- Unix seconds; null before it is issued; owner: issuance; mutable once
    revoked_at    INTEGER,                      -- Unix seconds of the decision, out with the next publication; owner: issuance; mutable once
    status_due    INTEGER NOT NULL CHECK (status_due IN (0, 1)), -- 1 when the next publication sets its revocation bit; owner: publication; mutable
    principal     TEXT,                         -- who sent the Idempotency-Key; owner: issuance; fixed
    idempotency_key TEXT,                       -- as sent; owner: issuance; fixed
    request_digest BLOB,                        -- SHA-256 of that request, 32 bytes; owner: issuance; fixed
    UNIQUE (principal, idempotency_key),
    FOREIGN KEY (log, leaf_idx) REFERENCES leaves (log, idx),
    CHECK ((idempotency_key IS NULL) = (principal IS NULL)),
    CHECK ((idempotency_key IS NULL) = (request_digest IS NULL)),
    CHECK ((state = 'issued') = (valid_until IS NOT NULL)),
    CHECK (state = 'reserved' OR document IS NOT NULL)
) STRICT;

CREATE INDEX credentials_by_agent ON credentials (agent);
CREATE INDEX credentials_by_leaf ON credentials (log, leaf_idx);
CREATE INDEX credentials_status_due ON credentials (status_due) WHERE status_due = 1;
CREATE INDEX credentials_unfinished ON credentials (expires_at) WHERE expires_at IS NOT NULL;

-- One index space for every status list, as published. An index is used once, also when its credential was abandoned.
CREATE TABLE status_entries (
    idx        INTEGER NOT NULL PRIMARY KEY, -- handed out at random; owner: issuance; fixed
    credential TEXT    NOT NULL UNIQUE,      -- UUID; the credential may be gone when it was abandoned; owner: issuance; fixed
    revoked    INTEGER NOT NULL CHECK (revoked IN (0, 1)), -- permanent; owner: publication; mutable once
    suspended  INTEGER NOT NULL CHECK (suspended IN (0, 1)) -- reversible; owner: publication; mutable
) STRICT;

CREATE INDEX status_entries_set ON status_entries (idx) WHERE revoked = 1 OR suspended = 1;

CREATE TABLE status_space (
    id   INTEGER NOT NULL PRIMARY KEY CHECK (id = 1), -- one row; fixed
    size INTEGER NOT NULL CHECK (size >= 131072),     -- entries of each list; owner: issuance; mutable, doubles when half full
    used INTEGER NOT NULL                             -- indices handed out; owner: issuance; mutable, only grows
) STRICT;

INSERT INTO status_space (id, size, used) VALUES (1, 131072, 0);
