-- Presentations of managed agents, proved before their challenge is known. Conventions: see 0001_agents.sql.

-- What a managed agent shows again and again, and to whom. No challenge and no time of use is kept.
CREATE TABLE presentation_kinds (
    id          TEXT NOT NULL PRIMARY KEY, -- HMAC-SHA-256 of the kind under the master key, 64 hex digits; owner: presentations; fixed
    agent       TEXT NOT NULL REFERENCES agents (id), -- who shows it; owner: presentations; fixed
    sealed_kind BLOB NOT NULL,             -- JSON: agent, schema, predicates, domain, pseudonym, show_subject; sealed; owner: presentations; fixed
    weight      REAL NOT NULL              -- log2 of the number of uses, each halved for every day gone by, plus days since 1970; owner: presentations; mutable
) STRICT;

CREATE INDEX presentation_kinds_by_weight ON presentation_kinds (weight);

-- Each is a bearer secret for its agent until it is used, dropped, or too old.
CREATE TABLE prepared_presentations (
    id                  TEXT    NOT NULL PRIMARY KEY, -- UUID, never used again; owner: presentations; fixed
    kind                TEXT    NOT NULL REFERENCES presentation_kinds (id) ON DELETE CASCADE, -- owner: presentations; fixed
    agent               TEXT    NOT NULL REFERENCES agents (id), -- owner: presentations; fixed
    log                 TEXT    NOT NULL,             -- owner: presentations; fixed
    leaf_idx            INTEGER NOT NULL,             -- the leaf it is about; owner: presentations; fixed
    head_seq            INTEGER NOT NULL,             -- the anchor it stands under; owner: presentations; fixed
    head_issued_at      INTEGER NOT NULL,             -- iat of that anchor, Unix seconds; owner: presentations; fixed
    usable_from         INTEGER NOT NULL,             -- Unix seconds; owner: presentations; fixed
    usable_until        INTEGER NOT NULL,             -- Unix seconds, inclusive; owner: presentations; fixed
    sealed_presentation BLOB    NOT NULL,             -- everything but the challenge's part, sealed; owner: presentations; fixed
    UNIQUE (kind, log, leaf_idx, head_seq, head_issued_at, usable_until)
) STRICT;

CREATE INDEX prepared_presentations_by_agent ON prepared_presentations (agent);
CREATE INDEX prepared_presentations_by_leaf ON prepared_presentations (log, leaf_idx);
