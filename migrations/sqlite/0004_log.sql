-- The log: leaves with their openings, versioned tree nodes, signed heads. The leaves are the source of truth;
-- everything else here can be rebuilt from them. Conventions: see 0001_agents.sql.

CREATE TABLE logs (
    id            TEXT    NOT NULL PRIMARY KEY, -- log id as in heads and schemas; owner: log; fixed
    size          INTEGER NOT NULL,             -- leaves appended, revoked ones included; owner: publication; mutable, only grows
    seq           INTEGER NOT NULL,             -- publications so far; owner: publication; mutable, grows by one
    revocations   INTEGER NOT NULL,             -- publications that revoked, suspended or resumed; owner: publication; mutable, only grows
    root          BLOB    NOT NULL,             -- field element; owner: publication; mutable
    collected_seq INTEGER NOT NULL              -- node versions needed only before this seq are gone; owner: housekeeping; mutable, only grows
) STRICT;

CREATE TABLE leaves (
    log          TEXT    NOT NULL REFERENCES logs (id), -- owner: publication; fixed
    idx          INTEGER NOT NULL,             -- append order from 0, never reused; owner: publication; fixed
    agent        TEXT    NOT NULL REFERENCES agents (id), -- owner: publication; fixed
    schema_id    TEXT    NOT NULL REFERENCES attestation_schemas (id), -- owner: publication; fixed
    identity     BLOB    NOT NULL,             -- I, field element; owner: publication; fixed
    pseudonym    BLOB    NOT NULL,             -- N, field element; owner: publication; fixed
    attributes   BLOB    NOT NULL,             -- six field elements in slot order, 192 bytes; owner: publication; fixed
    build_sha256 BLOB,                         -- the digest behind slot 5, 32 bytes; null for none; owner: publication; fixed
    attested_at  INTEGER NOT NULL,             -- Unix seconds; owner: publication; fixed
    expires_at   INTEGER NOT NULL,             -- Unix seconds; owner: publication; fixed
    salt         BLOB    NOT NULL,             -- field element; hides the leaf in the public tree; owner: publication; fixed
    appended_seq INTEGER NOT NULL,             -- first seq that contains it; owner: publication; fixed
    zeroed_seq   INTEGER,                      -- first seq that has 0 in its place; null while live; owner: publication; mutable once
    zeroed_why   TEXT CHECK (zeroed_why IN ('revoked', 'suspended', 'superseded')), -- owner: publication; mutable once
    PRIMARY KEY (log, idx),
    CHECK ((zeroed_seq IS NULL) = (zeroed_why IS NULL))
) STRICT;

-- At most one live leaf per agent and schema.
CREATE UNIQUE INDEX leaves_live ON leaves (agent, schema_id) WHERE zeroed_seq IS NULL;
-- Which leaves have half their lifetime behind them.
CREATE INDEX leaves_live_by_expiry ON leaves (log, expires_at) WHERE zeroed_seq IS NULL;

-- The value of a tree node from a publication on, until a row of the same node with a higher seq.
CREATE TABLE nodes (
    log   TEXT    NOT NULL, -- owner: publication; fixed
    level INTEGER NOT NULL, -- 0 leaves to 32 root; owner: publication; fixed
    idx   INTEGER NOT NULL, -- from the left; owner: publication; fixed
    seq   INTEGER NOT NULL, -- first seq with this value; owner: publication; fixed
    value BLOB    NOT NULL, -- field element; owner: publication; fixed
    PRIMARY KEY (log, level, idx, seq)
) STRICT, WITHOUT ROWID;

-- Which nodes a publication set: what the collection of old versions walks.
CREATE INDEX nodes_by_seq ON nodes (log, seq);

CREATE TABLE heads (
    log         TEXT    NOT NULL REFERENCES logs (id), -- owner: publication; fixed
    seq         INTEGER NOT NULL,             -- owner: publication; fixed
    issued_at   INTEGER NOT NULL,             -- claim iat, Unix seconds; owner: publication; fixed
    root        BLOB    NOT NULL,             -- field element; owner: publication; fixed
    size        INTEGER NOT NULL,             -- leaves; owner: publication; fixed
    revocations INTEGER NOT NULL,             -- the log's counter; owner: publication; fixed
    anchor      INTEGER NOT NULL CHECK (anchor IN (0, 1)), -- 1 for the first head of an hour; owner: publication; fixed
    jws         TEXT    NOT NULL,             -- compact JWS; owner: publication; fixed
    PRIMARY KEY (log, seq, issued_at)
) STRICT;

CREATE INDEX heads_by_root ON heads (log, root);
CREATE INDEX heads_by_time ON heads (log, issued_at);
