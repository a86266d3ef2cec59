-- Verifiers that the operator knows, and from where presentation requests were stated. Conventions: see 0001_agents.sql.

CREATE TABLE verifiers (
    id            TEXT    NOT NULL PRIMARY KEY, -- UUID; owner: verifiers; fixed
    origin        TEXT    NOT NULL UNIQUE,      -- https origin that its requests are for; owner: verifiers; fixed
    name          TEXT    NOT NULL,             -- for people, 1 to 200 bytes; owner: verifiers; fixed
    token_sha256  BLOB    NOT NULL UNIQUE,      -- of the token that it states requests with, 32 bytes; owner: verifiers; fixed
    registered_at INTEGER NOT NULL              -- Unix seconds; owner: verifiers; fixed
) STRICT;

ALTER TABLE presentation_requests ADD COLUMN client TEXT NOT NULL DEFAULT ''; -- tag under the master key of the client that stated it; owner: presentation requests; fixed
ALTER TABLE presentation_requests ADD COLUMN network TEXT NOT NULL DEFAULT ''; -- tag of the client's network, or of the registered verifier; owner: presentation requests; fixed
ALTER TABLE presentation_requests ADD COLUMN fetched INTEGER NOT NULL DEFAULT 0 CHECK (fetched IN (0, 1)); -- 1 once somebody fetched it to answer; owner: presentation requests; mutable once
ALTER TABLE presentation_requests ADD COLUMN verifier TEXT; -- UUID of the registered verifier that stated it; owner: presentation requests; fixed
ALTER TABLE presentation_requests ADD COLUMN signed TEXT; -- compact JWS, when the verifier signed the request itself; owner: presentation requests; fixed
ALTER TABLE presentation_requests ADD COLUMN signed_sha256 BLOB; -- of the JWS, 32 bytes: one is stated once; owner: presentation requests; fixed

CREATE INDEX presentation_requests_by_network ON presentation_requests (network, state);
CREATE UNIQUE INDEX presentation_requests_by_signed ON presentation_requests (signed_sha256) WHERE signed_sha256 IS NOT NULL;
