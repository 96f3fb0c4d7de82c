//! The pages of Limen's own that a sign-in may lead to.

use super::{Endpoint, Endpoint as E, find};

/// The pages of the account that a sign-in may lead to, each by the name that asks for it.
const ACCOUNT_PAGES: &[(&str, Endpoint)] = &[
    ("overview", E::Account),
    ("profile", E::AccountProfile),
    ("email", E::AccountEmail),
    ("password", E::AccountPassword),
    ("passkeys", E::AccountPasskeys),
    ("second_factors", E::AccountSecondFactors),
    ("browsers", E::AccountBrowsers),
    ("apps", E::AccountApps),
    ("requests", E::AccountRequests),
    ("activity", E::AccountActivity),
    ("data", E::AccountData),
    ("delete", E::AccountDeletion),
];

/// The page of the account that goes by `name`.
pub fn account_page(name: &str) -> Option<(&'static str, Endpoint)> {
    ACCOUNT_PAGES.iter().copied().find(|(known, _)| *known == name)
}

/// The name of a page of the account; that of the first, where it has none.
pub fn account_page_name(page: Endpoint) -> &'static str {
    let named = ACCOUNT_PAGES.iter().find(|(_, known)| *known == page);
    named.map_or("overview", |(name, _)| name)
}

/// A page of Limen's own that a sign-in may lead to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInPage {
    /// What asks for it: the name of a page of the account, or the path of a page of the console.
    pub name: String,
    /// Which page it is.
    pub page: Endpoint,
    /// Its path.
    pub path: String,
}

impl SignInPage {
    /// The page that `name` asks for. Nothing else can come of a name: there is no address in it.
    pub fn parse(name: &str) -> Option<Self> {
        if let Some((_, page)) = account_page(name) {
            return Some(Self {
                name: name.to_owned(),
                page,
                path: page.path().to_owned(),
            });
        }
        let is_plain = name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"/-_.~%".contains(&byte));
        let path = format!("/{name}");
        let (route, _) = find(&path).filter(|(route, _)| is_plain && route.endpoint.is_of_console())?;
        Some(Self {
            name: name.to_owned(),
            page: route.endpoint,
            path,
        })
    }

    /// The address of `endpoint` on the way to it.
    pub fn at(&self, endpoint: Endpoint) -> String {
        format!("{}?page={}", endpoint.path(), self.name.replace('%', "%25"))
    }
}

/// The address of the page to sign in on the way to a page of the account.
pub fn sign_in_to(page: Endpoint) -> String {
    format!("{}?page={}", Endpoint::Login.path(), account_page_name(page))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_in_leads_to_pages_of_limens_own_alone() {
        let path = |name: &str| SignInPage::parse(name).map(|page| page.path);
        assert_eq!(path("browsers").as_deref(), Some("/account/browsers"));
        assert_eq!(path("admin").as_deref(), Some("/admin"));
        assert_eq!(path("admin/people/a-B_9").as_deref(), Some("/admin/people/a-B_9"));
        let encoded = SignInPage::parse("admin/people/a%2Fb").unwrap();
        assert_eq!(encoded.at(Endpoint::Login), "/login?page=admin/people/a%252Fb");
        for name in [
            "",
            "/admin",
            "admin/",
            "admin?x",
            "admin#x",
            "admin/people/a b",
            "admin/people/a\r\nb",
            "admin/api/users",
            "account",
            "token",
            "logout",
            "/evil.example",
            "https://evil.example",
            "admin/people/\\evil.example",
        ] {
            assert_eq!(path(name), None, "{name:?}");
        }
    }
}
