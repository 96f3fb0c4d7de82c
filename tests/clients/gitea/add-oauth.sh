gitea admin auth add-oauth --name limen --provider openidConnect \
  --key CLIENT_ID --secret CLIENT_SECRET \
  --auto-discover-url https://id.example.com/.well-known/openid-configuration \
  --scopes openid --scopes profile --scopes email
