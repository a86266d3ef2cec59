-- Who began a credential. Only what the agent began itself counts for its share of a day.
-- Conventions: see 0001_agents.sql.

ALTER TABLE credentials ADD COLUMN begun_by TEXT NOT NULL DEFAULT 'agent' CHECK (begun_by IN ('agent', 'operator')); -- who asked for it; owner: issuance; fixed

-- Of those from before, this is what is known.
UPDATE credentials SET begun_by = 'operator' WHERE principal = 'operator';
