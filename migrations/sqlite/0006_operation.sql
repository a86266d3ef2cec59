-- The issuer's own keys and what its operator did. Conventions: see 0001_agents.sql.

CREATE TABLE issuer_keys (
    name                 TEXT    NOT NULL PRIMARY KEY, -- fragment of the key id; owner: keys; fixed
    purpose              TEXT    NOT NULL CHECK (purpose IN ('credentials', 'heads', 'status')), -- owner: keys; fixed
    state                TEXT    NOT NULL CHECK (state IN ('active', 'retired', 'compromised')), -- owner: keys; mutable
    public_key_multibase TEXT    NOT NULL,             -- Multikey, z and base58btc; owner: keys; fixed
    sealed_secret        BLOB    NOT NULL,             -- Ed25519 secret, sealed; owner: keys; fixed
    created_at           INTEGER NOT NULL              -- Unix seconds; owner: keys; fixed
) STRICT;

-- Append-only record of acts that only the operator can do.
CREATE TABLE operator_acts (
    id      INTEGER NOT NULL PRIMARY KEY, -- in order; fixed
    at      INTEGER NOT NULL,             -- Unix seconds; owner: every operator's act; fixed
    act     TEXT    NOT NULL,             -- its name, as in docs/operating.md; fixed
    subject TEXT    NOT NULL,             -- id of the agent, attestor, schema or credential; fixed
    detail  TEXT    NOT NULL              -- JSON object, no secrets; fixed
) STRICT;
