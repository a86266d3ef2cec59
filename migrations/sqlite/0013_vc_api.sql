-- Credentials that VC-API was asked for, and the key that signs them. Conventions: see 0001_agents.sql.

-- One more purpose. SQLite changes no CHECK, so the table is made anew.
CREATE TABLE issuer_keys_anew (
    name                 TEXT    NOT NULL PRIMARY KEY, -- fragment of the key id; owner: keys; fixed
    purpose              TEXT    NOT NULL CHECK (purpose IN ('credentials', 'heads', 'status', 'vc-api')), -- owner: keys; fixed
    state                TEXT    NOT NULL CHECK (state IN ('active', 'retired', 'compromised')), -- owner: keys; mutable
    public_key_multibase TEXT    NOT NULL,             -- Multikey, z and base58btc; owner: keys; fixed
    sealed_secret        BLOB    NOT NULL,             -- Ed25519 secret, sealed; emptied when the key stops signing; owner: keys; mutable once
    created_at           INTEGER NOT NULL,             -- Unix seconds; owner: keys; fixed
    retired_at           INTEGER,                      -- Unix seconds, no earlier than anything it signed; null while active; owner: keys; mutable once
    compromised_at       INTEGER,                      -- Unix seconds of the operator's act; null otherwise; owner: keys; mutable once
    dropped_at           INTEGER,                      -- Unix seconds since when it is not published; null while it is; owner: keys; mutable
    endorsement          TEXT                          -- compact JWS by the credentials key before it; null for other purposes and after a compromise; owner: keys; fixed
) STRICT;

INSERT INTO issuer_keys_anew
SELECT name, purpose, state, public_key_multibase, sealed_secret, created_at, retired_at, compromised_at, dropped_at, endorsement
FROM issuer_keys;

DROP TABLE issuer_keys;
ALTER TABLE issuer_keys_anew RENAME TO issuer_keys;

-- The document itself is the caller's and is not kept.
CREATE TABLE vc_api_credentials (
    id         TEXT    NOT NULL PRIMARY KEY, -- UUID, names its index in status_entries; owner: VC-API; fixed
    reference  TEXT    NOT NULL,             -- the credential's id, or what its caller calls it; several may have one; owner: VC-API; fixed
    signed_by  TEXT    NOT NULL,             -- fragment of the key's id; owner: VC-API; fixed
    issued_at  INTEGER NOT NULL,             -- Unix seconds; owner: VC-API; fixed
    expires_at INTEGER,                      -- Unix seconds of validUntil; null without one; owner: VC-API; fixed
    revoked    INTEGER NOT NULL CHECK (revoked IN (0, 1)), -- as decided; permanent; owner: VC-API; mutable once
    suspended  INTEGER NOT NULL CHECK (suspended IN (0, 1)), -- as decided; owner: VC-API; mutable
    status_due INTEGER NOT NULL CHECK (status_due IN (0, 1)) -- 1 when the next publication writes its bits; owner: publication; mutable
) STRICT;

CREATE INDEX vc_api_credentials_by_reference ON vc_api_credentials (reference);
CREATE INDEX vc_api_credentials_by_signer ON vc_api_credentials (signed_by);
CREATE INDEX vc_api_credentials_status_due ON vc_api_credentials (status_due) WHERE status_due = 1;
