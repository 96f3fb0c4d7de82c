//! The lines that make an app of a library use Limen, to be pasted.

use serde_json::json;

use super::console_form::app::AppKind;

/// What the lines are about.
pub struct NewApp<'a> {
    pub kind: AppKind,
    pub issuer: &'a str,
    pub client_id: &'a str,
    pub secret: Option<&'a str>,
    /// The first of its redirect addresses.
    pub redirect_uri: Option<&'a str>,
}

/// Lines for one library.
pub struct Lines {
    /// What it is called; none for lines that suit any.
    pub library: Option<&'static str>,
    pub text: String,
}

impl NewApp<'_> {
    /// The lines of each library that suits the kind of the app.
    pub fn lines(&self) -> Vec<Lines> {
        let mut all = vec![Lines {
            library: None,
            text: self.variables(),
        }];
        let mut add = |library, text| {
            all.push(Lines {
                library: Some(library),
                text,
            });
        };
        match self.kind {
            AppKind::Web => {
                add("openid-client (Node)", self.openid_client());
                add("oauth2-proxy", self.oauth2_proxy());
                add("Grafana", self.grafana());
            }
            AppKind::SinglePage => add("oidc-client-ts", self.oidc_client_ts()),
            AppKind::Native => {}
            AppKind::Service => add("curl", self.curl()),
        }
        all
    }

    fn variables(&self) -> String {
        let pairs = [
            ("OIDC_ISSUER", Some(self.issuer)),
            ("OIDC_CLIENT_ID", Some(self.client_id)),
            ("OIDC_CLIENT_SECRET", self.secret),
            ("OIDC_REDIRECT_URI", self.redirect_uri),
        ];
        let lines = pairs.map(|(name, value)| value.map(|value| format!("{name}={value}\n")));
        lines.into_iter().flatten().collect()
    }

    fn openid_client(&self) -> String {
        // The library refuses http otherwise, which an issuer has on a loopback host alone.
        let development = match self.issuer.starts_with("http:") {
            true => {
                ", undefined, {\n  // For development alone, where the issuer is on http.\n  execute: [client.allowInsecureRequests],\n}"
            }
            false => "",
        };
        format!(
            "import * as client from \"openid-client\";\n\n\
             const config = await client.discovery(new URL({}), {}, {}{development});\n",
            json!(self.issuer),
            json!(self.client_id),
            json!(self.secret.unwrap_or_default()),
        )
    }

    fn oauth2_proxy(&self) -> String {
        let redirect_uri = self.redirect_uri.unwrap_or_default();
        let development = match redirect_uri.starts_with("http:") {
            true => "# On http alone, which is development.\ncookie_secure = false\n",
            false => "",
        };
        format!(
            "provider = \"oidc\"\n\
             oidc_issuer_url = {}\n\
             client_id = {}\n\
             client_secret = {}\n\
             redirect_url = {}\n\
             code_challenge_method = \"S256\"\n\
             email_domains = [\"*\"]\n\
             # 32 bytes of your own: openssl rand -base64 32 | tr -- '+/' '-_'\n\
             cookie_secret = \"\"\n\
             # The app behind it.\n\
             upstreams = [\"http://127.0.0.1:8080/\"]\n\
             {development}{}",
            json!(self.issuer),
            json!(self.client_id),
            json!(self.secret.unwrap_or_default()),
            json!(redirect_uri),
            self.ends_with("/oauth2/callback"),
        )
    }

    /// A line that says how the redirect address has to end, where it does not.
    fn ends_with(&self, end: &str) -> String {
        match self.redirect_uri.is_some_and(|uri| uri.ends_with(end)) {
            true => String::new(),
            false => format!("# The redirect address of the app has to end with {end}: change it here, too.\n"),
        }
    }

    fn grafana(&self) -> String {
        let issuer = self.issuer.trim_end_matches('/');
        format!(
            "[auth.generic_oauth]\n\
             enabled = true\n\
             name = Limen\n\
             client_id = {}\n\
             client_secret = {}\n\
             scopes = openid profile email\n\
             auth_url = {issuer}/authorize\n\
             token_url = {issuer}/token\n\
             api_url = {issuer}/userinfo\n\
             use_pkce = true\n{}",
            self.client_id,
            self.secret.unwrap_or_default(),
            self.ends_with("/login/generic_oauth"),
        )
    }

    fn oidc_client_ts(&self) -> String {
        format!(
            "import {{ UserManager }} from \"oidc-client-ts\";\n\n\
             const manager = new UserManager({{\n  authority: {},\n  client_id: {},\n  redirect_uri: {},\n  \
             scope: \"openid profile email\",\n}});\n\
             const isBack = new URL(location.href).searchParams.has(\"state\");\n\
             const user = isBack ? await manager.signinCallback() : await manager.getUser();\n\
             if (!user) await manager.signinRedirect();\n",
            json!(self.issuer),
            json!(self.client_id),
            json!(self.redirect_uri.unwrap_or_default()),
        )
    }

    fn curl(&self) -> String {
        format!(
            "curl -sS {}/token -u '{}:{}' -d grant_type=client_credentials\n",
            self.issuer.trim_end_matches('/'),
            self.client_id,
            self.secret.unwrap_or_default(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_say_what_the_app_needs_and_a_secret_where_there_is_one() {
        let app = |kind, secret| NewApp {
            kind,
            issuer: "https://id.acme.org",
            client_id: "c1",
            secret,
            redirect_uri: Some("https://app.acme.org/cb?a=\"b"),
        };
        let web = app(AppKind::Web, Some("s1")).lines();
        assert_eq!(
            web[0].text,
            "OIDC_ISSUER=https://id.acme.org\nOIDC_CLIENT_ID=c1\nOIDC_CLIENT_SECRET=s1\nOIDC_REDIRECT_URI=https://app.acme.org/cb?a=\"b\n"
        );
        assert_eq!(web.len(), 4);
        assert!(
            web[2]
                .text
                .contains(r#"redirect_url = "https://app.acme.org/cb?a=\"b""#)
        );
        for (lines, end) in [(&web[2], "/oauth2/callback"), (&web[3], "/login/generic_oauth")] {
            assert!(lines.text.contains(&format!("has to end with {end}")), "{}", lines.text);
        }
        let fit = NewApp {
            redirect_uri: Some("https://app.acme.org/oauth2/callback"),
            ..app(AppKind::Web, Some("s1"))
        };
        assert!(!fit.lines()[2].text.contains("has to end"));
        let page = app(AppKind::SinglePage, None).lines();
        assert!(page.iter().all(|lines| !lines.text.to_lowercase().contains("secret")));
        assert!(app(AppKind::Service, Some("s1")).lines()[1].text.contains("-u 'c1:s1'"));
    }

    #[test]
    fn on_http_lines_say_what_a_library_needs_there() {
        let lines = |issuer, redirect_uri| {
            let app = NewApp {
                kind: AppKind::Web,
                issuer,
                client_id: "c1",
                secret: Some("s1"),
                redirect_uri: Some(redirect_uri),
            };
            app.lines().into_iter().map(|lines| lines.text).collect::<String>()
        };
        let local = lines("http://localhost:8787", "http://localhost:3000/cb");
        assert!(local.contains(
            "client.discovery(new URL(\"http://localhost:8787\"), \"c1\", \"s1\", undefined, {\n  \
             // For development alone, where the issuer is on http.\n  execute: [client.allowInsecureRequests],\n});\n"
        ));
        assert!(local.contains("cookie_secure = false\n"));
        let deployed = lines("https://id.acme.org", "https://app.acme.org/cb");
        assert!(deployed.contains("client.discovery(new URL(\"https://id.acme.org\"), \"c1\", \"s1\");\n"));
        assert!(!deployed.to_lowercase().contains("insecure") && !deployed.contains("cookie_secure"));
    }
}
