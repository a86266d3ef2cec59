-- Challenges of agents are MACs under a key derived from the master key, so only used ones are stored. Conventions: see
-- 0001_agents.sql. Challenges that were handed out before this migration are void; they lived five minutes.

DROP TABLE challenges;

-- Challenges that were answered with success; a row is a used nonce.
CREATE TABLE used_challenges (
    nonce      TEXT    NOT NULL PRIMARY KEY,          -- 64 lower-case hex digits; owner: challenges; fixed
    expires_at INTEGER NOT NULL                       -- Unix seconds from which it is refused anyway; owner: challenges; fixed
) STRICT;

CREATE INDEX used_challenges_by_expiry ON used_challenges (expires_at);

-- Challenges of Proof of Agenthood stay stored, because their nonces commit to what was read; places for them are shared
-- out by client and network.
ALTER TABLE agenthood_challenges ADD COLUMN client TEXT NOT NULL DEFAULT ''; -- tag under the master key of the client that asked; owner: agenthood; fixed
ALTER TABLE agenthood_challenges ADD COLUMN network TEXT NOT NULL DEFAULT ''; -- tag of the client's network; owner: agenthood; fixed

CREATE INDEX agenthood_challenges_by_network ON agenthood_challenges (network);
