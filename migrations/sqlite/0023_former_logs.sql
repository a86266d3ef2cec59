-- Logs that this directory's keys were used with before this database. Conventions: see 0001_agents.sql.

-- They stand in the trust document beside the log of this database, and no other log takes their names.
CREATE TABLE former_logs (
    id       TEXT    NOT NULL PRIMARY KEY, -- log id as in heads and schemas; owner: log; fixed
    noted_at INTEGER NOT NULL              -- Unix seconds of the start that began another log; owner: log; fixed
) STRICT;
