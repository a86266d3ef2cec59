-- Whether writing works, and since when an agent waits for a publication. Conventions: see 0001_agents.sql.

-- A row that is written now and then, so that a disk which takes no more is noticed although nobody writes.
CREATE TABLE write_probe (
    id      INTEGER NOT NULL PRIMARY KEY CHECK (id = 1), -- one row; fixed
    written INTEGER NOT NULL                             -- times it was written; owner: operation; mutable, only grows
) STRICT;

INSERT INTO write_probe (id, written) VALUES (1, 0);

-- The publication after which the agent became due. Those that waited longest are looked at first.
ALTER TABLE agents ADD COLUMN due_since INTEGER NOT NULL DEFAULT 0; -- logs.seq; owner: publication; mutable
