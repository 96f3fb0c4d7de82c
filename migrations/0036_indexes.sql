-- Every statement goes by an index, also those that a cascade runs: that looks a child up by its parent, for which an index
-- over some of the rows does not serve.
CREATE INDEX credentials_by_user ON credentials (user_id);

-- Notices that a run took; and those of one person at one client, which are limited. The second also serves the cascade.
CREATE INDEX logout_outbox_by_lease ON logout_outbox (lease) WHERE lease IS NOT NULL;
DROP INDEX logout_outbox_by_client;
CREATE INDEX logout_outbox_by_client ON logout_outbox (client_id, user_id);

-- The audit of one kind of event, by time. Of all kinds together, it also serves times alone: there are a few dozen kinds.
CREATE INDEX audit_by_event ON audit (event, at);
DROP INDEX audit_by_time;
