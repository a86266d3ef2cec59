-- Attestation schemas (what a leaf means) and disclosure schemas (what a credential shows). Immutable documents.
-- Conventions: see 0001_agents.sql.

CREATE TABLE attestation_schemas (
    id         TEXT    NOT NULL PRIMARY KEY, -- URL; owner: schemas; fixed
    name       TEXT    NOT NULL,             -- last but one part of the URL's path; owner: schemas; fixed
    version    INTEGER NOT NULL,             -- last part of the URL's path, from 1; owner: schemas; fixed
    field      BLOB    NOT NULL UNIQUE,      -- to_field("schema", JCS(document)), field element; owner: schemas; fixed
    custody    TEXT    NOT NULL CHECK (custody IN ('holder', 'issuer')), -- copy of the document's member; owner: schemas; fixed
    document   TEXT    NOT NULL,             -- JSON in JCS form; owner: schemas; fixed
    created_at INTEGER NOT NULL,             -- Unix seconds; owner: schemas; fixed
    UNIQUE (name, version)
) STRICT;

CREATE TABLE disclosure_schemas (
    id         TEXT    NOT NULL PRIMARY KEY, -- URL; owner: schemas; fixed
    name       TEXT    NOT NULL,             -- owner: schemas; fixed
    version    INTEGER NOT NULL,             -- from 1; owner: schemas; fixed
    digest_sri TEXT    NOT NULL,             -- sha256- and base64 of the JCS form's digest; owner: schemas; fixed
    document   TEXT    NOT NULL,             -- JSON in JCS form; owner: schemas; fixed
    created_at INTEGER NOT NULL,             -- Unix seconds; owner: schemas; fixed
    UNIQUE (name, version)
) STRICT;
