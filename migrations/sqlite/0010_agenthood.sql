-- Proof of Agenthood: challenges, documents, how far the chain was watched. Conventions: see 0001_agents.sql.

-- Nonces that a controller answers with a wallet's signature; single use.
CREATE TABLE agenthood_challenges (
    nonce      TEXT    NOT NULL PRIMARY KEY, -- 64 lower-case hex digits; owner: agenthood; fixed
    agent      TEXT    NOT NULL,             -- SS58 address it was made for; owner: agenthood; fixed
    action     TEXT    NOT NULL CHECK (action IN ('issue', 'revoke')), -- owner: agenthood; fixed
    binding    TEXT,                         -- JSON, what the nonce commits to; null when the agent was not registered; owner: agenthood; fixed
    expires_at INTEGER NOT NULL              -- Unix seconds; owner: agenthood; fixed
) STRICT;

CREATE INDEX agenthood_challenges_by_expiry ON agenthood_challenges (expires_at);

CREATE TABLE agenthood_documents (
    jti        TEXT    NOT NULL PRIMARY KEY, -- ULID; owner: agenthood; fixed
    agent      TEXT    NOT NULL,             -- SS58 address; owner: agenthood; fixed
    ordinal    INTEGER NOT NULL UNIQUE,      -- order of issuing, from 1; owner: agenthood; fixed
    jws        TEXT    NOT NULL,             -- compact JWS; owner: agenthood; fixed
    kid        TEXT    NOT NULL,             -- id of the key that signed it; owner: agenthood; fixed
    issued_at  INTEGER NOT NULL,             -- Unix seconds; owner: agenthood; fixed
    expires_at INTEGER NOT NULL,             -- claim exp, Unix seconds; owner: agenthood; fixed
    abg_hash   TEXT    NOT NULL,             -- as in the document; owner: agenthood; fixed
    abg_version INTEGER NOT NULL,            -- as in the document; owner: agenthood; fixed
    sovereign  INTEGER NOT NULL CHECK (sovereign IN (0, 1)), -- as in the document; owner: agenthood; fixed
    controller TEXT,                         -- as in the document, SS58; null when sovereign; owner: agenthood; fixed
    genesis    TEXT    NOT NULL,             -- the chain it was read from; owner: agenthood; fixed
    read_block INTEGER NOT NULL,             -- the finalised block at which the state was read last before issuing; owner: agenthood; fixed
    zero_since INTEGER,                      -- since when the balance is zero, Unix milliseconds; null while funded; owner: watcher; mutable
    revoked_at INTEGER,                      -- Unix seconds of the decision, out with the next publication; owner: agenthood, watcher; mutable once
    reason     TEXT,                         -- why, as in docs/agenthood-service.md; owner: agenthood, watcher; mutable once
    cause_block INTEGER,                     -- the finalised block that caused it; null when nobody's block did; owner: watcher; mutable once
    revocation INTEGER UNIQUE,               -- order of revoking, from 1; owner: agenthood, watcher; mutable once
    status_due INTEGER NOT NULL CHECK (status_due IN (0, 1)), -- 1 when the next publication sets its bit; owner: publication; mutable
    CHECK ((revoked_at IS NULL) = (reason IS NULL)),
    CHECK ((revoked_at IS NULL) = (revocation IS NULL))
) STRICT;

CREATE INDEX agenthood_documents_by_agent ON agenthood_documents (agent, ordinal);
CREATE INDEX agenthood_documents_status_due ON agenthood_documents (status_due) WHERE status_due = 1;
CREATE INDEX agenthood_documents_zero ON agenthood_documents (zero_since) WHERE zero_since IS NOT NULL;

-- How far the watcher has read. It moves in the transaction of the revocations it caused.
CREATE TABLE agenthood_watch (
    id      INTEGER NOT NULL PRIMARY KEY CHECK (id = 1), -- one row; owner: watcher; fixed
    genesis TEXT    NOT NULL,                -- the chain; another one is refused; owner: watcher; fixed
    block   INTEGER NOT NULL,                -- every finalised change up to this block was judged; owner: watcher; mutable, only grows
    at      INTEGER NOT NULL                 -- the service's clock when it was, Unix seconds; owner: watcher; mutable
) STRICT;
