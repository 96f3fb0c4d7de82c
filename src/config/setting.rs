//! What is told of a setting: its value as it is in force, and where that comes from. Of a secret it is told whether there is one.

use serde::Serialize;

/// A setting as it is in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// The name of its variable.
    pub name: String,
    /// The text that it has, or as which it would be written. None where there is none, or it is secret.
    pub value: Option<String>,
    /// Where it comes from.
    pub source: Source,
    /// Whether its value is not told. What nobody has said to be public is secret.
    pub secret: bool,
}

/// Where a setting comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// It is set, as a variable or a secret.
    Variable,
    /// It is not set.
    Default,
    /// It is as another setting has it.
    Implied,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    const ROOT: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

    fn settings(vars: &[(&str, &str)]) -> Vec<Setting> {
        let good = [("ISSUER", "https://id.acme.org"), ("KEK_1", ROOT)];
        Config::settings(|name| {
            let given = [&good, vars].concat();
            given
                .iter()
                .rev()
                .find(|(n, _)| *n == name)
                .map(|(_, text)| (*text).to_owned())
        })
    }

    #[test]
    fn a_setting_is_told_as_it_is_in_force_and_where_that_comes_from() {
        let told = |vars: &[(&str, &str)], name: &str| {
            let found = settings(vars).into_iter().find(|setting| setting.name == name);
            found.map(|setting| (setting.value.unwrap_or_default(), setting.source))
        };
        let is = |value: &str, source| Some((value.to_owned(), source));
        assert_eq!(told(&[], "CODE_LIFETIME"), is("60", Source::Default));
        assert_eq!(
            told(&[("CODE_LIFETIME", " 30 ")], "CODE_LIFETIME"),
            is("30", Source::Variable)
        );
        assert_eq!(told(&[], "REGISTRATION"), is("token", Source::Default));
        assert_eq!(told(&[("MCP", "on")], "REGISTRATION"), is("open", Source::Implied));
        assert_eq!(
            told(&[("MCP", "on"), ("REGISTRATION", "off")], "REGISTRATION"),
            is("off", Source::Variable)
        );
        assert_eq!(
            told(&[("PROFILE", "fapi2")], "REQUIRE_PKCE"),
            is("all", Source::Default)
        );
        assert_eq!(told(&[], "PASSKEY_RP_ID"), is("id.acme.org", Source::Default));
        assert_eq!(told(&[], "SIGN_IN"), is("password passkey", Source::Default));
        assert_eq!(told(&[], "LEAKED_PASSWORDS"), is("off", Source::Default));
        assert_eq!(told(&[], "MAIL_FROM"), None, "no mail is sent");
    }

    #[test]
    fn of_a_secret_nothing_is_told_but_that_there_is_one() {
        let key = "resend-key-0123456789";
        let service = "https://leaks.acme.org/key-of-ours/";
        let vars = [
            ("ADMIN_TOKEN", "0123456789abcdef0123456789abcdef"),
            ("MAIL", "resend"),
            ("MAIL_FROM", "id@acme.org"),
            ("MAIL_API_KEY", key),
            ("LEAKED_PASSWORDS", service),
        ];
        let told = settings(&vars);
        let text = serde_json::to_string(&told).unwrap();
        for secret in [ROOT, key, service, "0123456789abcdef0123456789abcdef"] {
            assert!(!text.contains(secret), "{secret}");
        }
        let secrets: Vec<_> = told
            .iter()
            .filter(|setting| setting.secret)
            .map(|setting| setting.name.as_str())
            .collect();
        assert_eq!(secrets, ["ADMIN_TOKEN", "KEK_1", "LEAKED_PASSWORDS", "MAIL_API_KEY"]);
        assert!(
            settings(&[])
                .iter()
                .any(|setting| setting.name == "ADMIN_TOKEN" && setting.source == Source::Default)
        );
    }

    #[test]
    fn every_setting_that_is_documented_is_told_where_it_has_an_effect() {
        let document = std::fs::read_to_string("docs/configuration.md").unwrap();
        let vars = [
            ("MAIL", "mailgun"),
            ("MAIL_FROM", "id@acme.org"),
            ("MAIL_API_KEY", "mailgun-key-0123456789"),
        ];
        let told: Vec<_> = settings(&vars).into_iter().map(|setting| setting.name).collect();
        for line in document.lines().filter(|line| line.starts_with("| `")) {
            let name = line.split('`').nth(1).unwrap();
            assert!(
                told.iter().any(|known| known == name),
                "{name} of docs/configuration.md"
            );
        }
    }
}
