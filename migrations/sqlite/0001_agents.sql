-- Agents, their keys, and the single-use values they answer.
-- Conventions of every migration: "owner" is the part of the domain that writes the column; "fixed" is written once,
-- "mutable" may change; times are Unix seconds; field elements are 32 bytes, big-endian, canonical. Only columns
-- whose name begins with sealed_ are encrypted (XChaCha20-Poly1305, associated data table/row/column).

CREATE TABLE agents (
    id               TEXT    NOT NULL PRIMARY KEY, -- UUID, lower case with hyphens; owner: registration; fixed
    name             TEXT    NOT NULL,             -- for people, 1 to 200 bytes; owner: registration; fixed
    custody          TEXT    NOT NULL CHECK (custody IN ('holder', 'issuer')), -- who holds k and n; owner: registration; fixed
    status           TEXT    NOT NULL CHECK (status IN ('active', 'suspended', 'revoked')), -- as decided, published later; owner: standing; mutable
    holder_key       BLOB    NOT NULL,             -- K, 32 bytes compressed; owner: rotation; mutable
    identity         BLOB    NOT NULL,             -- I = H_2(K.x, K.y), field element; owner: rotation; mutable
    pseudonym        BLOB    NOT NULL,             -- N = H_1(n), field element; owner: registration; mutable by the operator only
    sealed_holder    BLOB,                         -- k of a managed agent, sealed; null when the holder keeps it; owner: registration; fixed
    sealed_pseudonym BLOB,                         -- n of a managed agent, sealed; null when the holder keeps it; owner: registration; fixed
    build_sha256     BLOB,                         -- 32 bytes, the registered build; owner: registration; fixed
    source           TEXT,                         -- URI of the agent's source; owner: registration; fixed
    manifest         TEXT,                         -- JSON object as registered; owner: registration; fixed
    registered_at    INTEGER NOT NULL,             -- Unix seconds; owner: registration; fixed
    version          INTEGER NOT NULL,             -- counts changes that concern the leaf; owner: publication; mutable
    due              INTEGER NOT NULL CHECK (due IN (0, 1, 2)), -- 0 nothing, 1 at the next anchor, 2 in the next publication; owner: publication; mutable
    CHECK ((custody = 'issuer') = (sealed_holder IS NOT NULL)),
    CHECK ((custody = 'issuer') = (sealed_pseudonym IS NOT NULL))
) STRICT;

CREATE INDEX agents_by_due ON agents (due) WHERE due > 0;

-- Every identity commitment ever in force: none is accepted twice, for any agent.
CREATE TABLE holder_keys (
    identity   BLOB    NOT NULL PRIMARY KEY,          -- I, field element; owner: rotation; fixed
    agent      TEXT    NOT NULL REFERENCES agents (id), -- owner: rotation; fixed
    holder_key BLOB    NOT NULL,                      -- K, 32 bytes compressed; owner: rotation; fixed
    since      INTEGER NOT NULL,                      -- Unix seconds; owner: rotation; fixed
    until      INTEGER                                -- Unix seconds of its rotation, null while in force; owner: rotation; mutable
) STRICT;

CREATE INDEX holder_keys_by_agent ON holder_keys (agent);

-- Every pseudonym commitment ever used: none is accepted for a second agent.
CREATE TABLE pseudonyms (
    pseudonym BLOB    NOT NULL PRIMARY KEY,           -- N, field element; owner: registration; fixed
    agent     TEXT    NOT NULL REFERENCES agents (id), -- owner: registration; fixed
    since     INTEGER NOT NULL                        -- Unix seconds; owner: registration; fixed
) STRICT;

CREATE INDEX pseudonyms_by_agent ON pseudonyms (agent);

-- The Ed25519 keys with which agents sign requests.
CREATE TABLE signing_keys (
    agent      TEXT    NOT NULL REFERENCES agents (id), -- owner: rotation; fixed
    public_key BLOB    NOT NULL,                      -- 32 bytes; owner: rotation; fixed
    since      INTEGER NOT NULL,                      -- Unix seconds; owner: rotation; fixed
    until      INTEGER,                               -- accepted before this second; null while in force; owner: rotation; mutable
    PRIMARY KEY (agent, public_key)
) STRICT;

-- Nonces that a holder answers with a signature.
CREATE TABLE challenges (
    nonce      TEXT    NOT NULL PRIMARY KEY,          -- 64 lower-case hex digits; owner: challenges; fixed
    agent      TEXT    NOT NULL,                      -- UUID it was made for, not registered yet when is_new; owner: challenges; fixed
    is_new     INTEGER NOT NULL CHECK (is_new IN (0, 1)), -- 1 for a registration; owner: challenges; fixed
    expires_at INTEGER NOT NULL                       -- Unix seconds; owner: challenges; fixed
) STRICT;

CREATE INDEX challenges_by_expiry ON challenges (expires_at);

-- Nonces seen in HTTP message signatures; a row is a used nonce.
CREATE TABLE signature_nonces (
    key_id     TEXT    NOT NULL,                      -- the signer's DID; owner: requests; fixed
    nonce      TEXT    NOT NULL,                      -- as sent, at most 128 bytes; owner: requests; fixed
    expires_at INTEGER NOT NULL,                      -- Unix seconds after which the signature is refused anyway; owner: requests; fixed
    PRIMARY KEY (key_id, nonce)
) STRICT;

CREATE INDEX signature_nonces_by_expiry ON signature_nonces (expires_at);
