-- What verifiers ask of holders through this service. Conventions: see 0001_agents.sql.

CREATE TABLE presentation_requests (
    id           TEXT    NOT NULL PRIMARY KEY, -- UUID; owner: presentation requests; fixed
    request      TEXT    NOT NULL,             -- JSON, the verifier's demands with challenge and domain; owner: presentation requests; fixed
    token_sha256 BLOB    NOT NULL,             -- of the token that the verifier fetches the outcome with, 32 bytes; owner: presentation requests; fixed
    expires_at   INTEGER NOT NULL,             -- Unix seconds until which it may be answered; owner: presentation requests; fixed
    state        TEXT    NOT NULL CHECK (state IN ('open', 'taken', 'answered')), -- taken: the challenge is used and the answer is being verified; owner: presentation requests; mutable
    report       TEXT,                         -- JSON, of the one answer; owner: presentation requests; mutable once
    CHECK ((state = 'answered') = (report IS NOT NULL))
) STRICT;

CREATE INDEX presentation_requests_by_expiry ON presentation_requests (expires_at);
