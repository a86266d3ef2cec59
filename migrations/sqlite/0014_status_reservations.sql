-- Status indices of holders who still prove. An index is spent when a document with it is issued, never before: what
-- lapses or is given up is deleted here with its index, and no bit was ever set for it. Conventions: see 0001_agents.sql.

CREATE TABLE status_reservations (
    idx        INTEGER NOT NULL PRIMARY KEY,                       -- handed out at random, in no other reservation and not in status_entries; owner: issuance; fixed
    credential TEXT    NOT NULL UNIQUE REFERENCES credentials (id), -- the pending credential; owner: issuance; fixed
    expires_at INTEGER NOT NULL                                    -- Unix seconds from which it is free again; owner: issuance; fixed
) STRICT;

CREATE INDEX status_reservations_lapse ON status_reservations (expires_at);
CREATE INDEX credentials_open ON credentials (agent, expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX credentials_of_day ON credentials (agent, created_at);

-- Holders who are proving now keep their index, unless the published lists said something of it.
INSERT INTO status_reservations (idx, credential, expires_at)
SELECT s.idx, c.id, c.expires_at FROM status_entries s JOIN credentials c ON c.id = s.credential
WHERE c.state = 'pending' AND s.revoked = 0 AND s.suspended = 0;

-- Indices that no document was issued with are free again. One whose bit was published stays spent: an old list that
-- says "revoked" counts for good.
DELETE FROM status_entries WHERE revoked = 0 AND suspended = 0
AND credential NOT IN (SELECT id FROM credentials WHERE state = 'issued')
AND credential NOT IN (SELECT jti FROM agenthood_documents)
AND credential NOT IN (SELECT id FROM vc_api_credentials);

UPDATE status_space SET used = (SELECT COUNT(*) FROM status_entries) + (SELECT COUNT(*) FROM status_reservations);
