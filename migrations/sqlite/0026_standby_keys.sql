-- A standby key per purpose, published before it signs. Conventions: see 0001_agents.sql.

-- One more state, and succession links that are removed. SQLite changes no CHECK, so the table is made anew.
CREATE TABLE issuer_keys_anew (
    name                 TEXT    NOT NULL PRIMARY KEY, -- fragment of the key id; owner: keys; fixed
    purpose              TEXT    NOT NULL CHECK (purpose IN ('credentials', 'heads', 'status', 'vc-api')), -- owner: keys; fixed
    state                TEXT    NOT NULL CHECK (state IN ('standby', 'active', 'retired', 'compromised')), -- owner: keys; mutable
    public_key_multibase TEXT    NOT NULL,             -- Multikey, z and base58btc; owner: keys; fixed
    sealed_secret        BLOB    NOT NULL,             -- Ed25519 secret, sealed; emptied when the key stops signing; owner: keys; mutable once
    created_at           INTEGER NOT NULL,             -- Unix seconds; owner: keys; fixed
    retired_at           INTEGER,                      -- Unix seconds, no earlier than anything it signed; null while standby or active; owner: keys; mutable once
    compromised_at       INTEGER,                      -- Unix seconds of the operator's act; null otherwise; owner: keys; mutable once
    dropped_at           INTEGER,                      -- Unix seconds since when it is not published; null while it is; owner: keys; mutable
    endorsement          TEXT                          -- compact JWS by the credentials key before it; null for other purposes; removed when either key leaks; owner: keys; mutable once
) STRICT;

INSERT INTO issuer_keys_anew
SELECT name, purpose, state, public_key_multibase, sealed_secret, created_at, retired_at, compromised_at, dropped_at, endorsement
FROM issuer_keys;

DROP TABLE issuer_keys;
ALTER TABLE issuer_keys_anew RENAME TO issuer_keys;
