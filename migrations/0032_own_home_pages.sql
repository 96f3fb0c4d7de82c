-- Pages show the host of `client_uri` beside an app's name. A client that anybody registered keeps one only where every redirect
-- URI has the same https host (src/oidc/client/self_service.rs); those of before, in all their languages, go.
UPDATE clients SET
    version = version + 1,
    metadata = json_patch(metadata, (
        SELECT json_group_object(member.key, NULL) FROM json_each(clients.metadata) AS member
        WHERE member.key = 'client_uri' OR member.key LIKE 'client_uri#%'))
WHERE registered_openly = 1 AND EXISTS (
    SELECT 1 FROM json_each(clients.metadata) AS member
    WHERE (member.key = 'client_uri' OR member.key LIKE 'client_uri#%')
      AND (json_array_length(clients.metadata, '$.redirect_uris') = 0 OR EXISTS (
          -- The first 8 bytes are `https://`; what follows up to the next slash is the host.
          SELECT 1 FROM json_each(clients.metadata, '$.redirect_uris') AS uri
          WHERE substr(uri.value || '/', 1, 8 + instr(substr(member.value || '/', 9), '/'))
             <> substr(member.value || '/', 1, 8 + instr(substr(member.value || '/', 9), '/')))));
