-- The embedded registry: the chain that Proof of Agenthood reads by default. Conventions: see 0001_agents.sql.
-- A block is made per change, is final at once and has the next number; times never go back.

CREATE TABLE registry_chain (
    id         INTEGER NOT NULL PRIMARY KEY CHECK (id = 1), -- one row; owner: registry; fixed
    genesis    BLOB    NOT NULL,             -- random, 32 bytes: tells this chain from every other; owner: registry; fixed
    started_at INTEGER NOT NULL,             -- time of block 0, Unix seconds; owner: registry; fixed
    block      INTEGER NOT NULL,             -- newest block with a change, 0 before the first; owner: registry; mutable, only grows
    block_hash BLOB    NOT NULL,             -- its hash, 32 bytes; owner: registry; mutable
    block_at   INTEGER NOT NULL              -- its time, Unix seconds; owner: registry; mutable, never less
) STRICT;

CREATE TABLE registry_agents (
    agent  TEXT    NOT NULL PRIMARY KEY,     -- SS58 address; owner: registry; fixed
    record TEXT    NOT NULL,                 -- JSON, the agent's state after its newest change; owner: registry; mutable
    block  INTEGER NOT NULL                  -- the block of that change; owner: registry; mutable, only grows
) STRICT;

-- Append-only: one row per block that changed something.
CREATE TABLE registry_changes (
    block INTEGER NOT NULL PRIMARY KEY,      -- owner: registry; fixed
    agent TEXT    NOT NULL,                  -- SS58 address; owner: registry; fixed
    act   TEXT    NOT NULL,                  -- what was done, as in docs/agenthood-service.md; owner: registry; fixed
    at    INTEGER NOT NULL,                  -- the block's time, Unix seconds; owner: registry; fixed
    hash  BLOB    NOT NULL,                  -- the block's hash, 32 bytes; owner: registry; fixed
    state TEXT    NOT NULL                   -- JSON, what watchers compare, after the block; owner: registry; fixed
) STRICT;

CREATE TABLE registry_runs (
    id    INTEGER NOT NULL PRIMARY KEY,      -- in order; owner: registry; fixed
    agent TEXT    NOT NULL,                  -- SS58 address; owner: registry; fixed
    block INTEGER NOT NULL,                  -- where it was recorded; owner: registry; fixed
    kzg   INTEGER NOT NULL CHECK (kzg IN (0, 1)) -- 1 verified by an opening, 0 by signature only; owner: registry; fixed
) STRICT;

CREATE INDEX registry_runs_by_agent ON registry_runs (agent, id);
