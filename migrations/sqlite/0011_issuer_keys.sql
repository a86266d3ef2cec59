-- Issuer keys that are replaced, and which key signed what. Conventions: see 0001_agents.sql. From here on
-- issuer_keys.sealed_secret is mutable once: it is emptied when the key stops signing.

ALTER TABLE issuer_keys ADD COLUMN
    retired_at INTEGER; -- Unix seconds, no earlier than anything it signed; null while active; owner: keys; mutable once
ALTER TABLE issuer_keys ADD COLUMN
    compromised_at INTEGER; -- Unix seconds of the operator's act; null otherwise; owner: keys; mutable once
ALTER TABLE issuer_keys ADD COLUMN
    dropped_at INTEGER; -- Unix seconds since when it is not published; null while it is; owner: keys; mutable
ALTER TABLE issuer_keys ADD COLUMN
    endorsement TEXT; -- compact JWS by the credentials key before it; null for other purposes and after a compromise; owner: keys; fixed

ALTER TABLE credentials ADD COLUMN
    signed_by TEXT; -- id of the key of the issuer's proof; null before it is issued; owner: issuance; mutable once
ALTER TABLE credentials ADD COLUMN
    head_signed_by TEXT; -- id of the key of the tree head inside; null before it is issued; owner: issuance; mutable once

-- Until now there was one key per purpose, the first.
UPDATE credentials SET signed_by = json_extract(document, '$.proof[0].verificationMethod') WHERE state = 'issued';
UPDATE credentials SET head_signed_by = replace(signed_by, '#credentials-1', '#heads-1') WHERE state = 'issued';

CREATE INDEX credentials_by_signer ON credentials (signed_by) WHERE signed_by IS NOT NULL;
CREATE INDEX credentials_by_head_signer ON credentials (head_signed_by) WHERE head_signed_by IS NOT NULL;
