-- Where a notice goes, as its client had registered when it was written: an address that does not answer is asked once for all
-- that wait for it. NULL where a Worker of before this migration wrote the row.
ALTER TABLE logout_outbox ADD COLUMN target TEXT;
UPDATE logout_outbox
SET target = (SELECT json_extract(metadata, '$.backchannel_logout_uri') FROM clients WHERE clients.id = client_id);
CREATE INDEX logout_outbox_by_target ON logout_outbox (target);
