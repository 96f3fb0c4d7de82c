//! Cookies as they are written (RFC 6265 section 4.1) and found (section 4.2). Limen's values are base64url and dots, so nothing
//! is quoted or encoded. The crate for it brings one for dates, for an attribute that is not used here.

use std::fmt;

use crate::time::Lifetime;

/// `SameSite`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // The names say it.
pub enum SameSite {
    Lax,
    None,
}

/// A cookie for every path of the host that sets it.
#[derive(Clone, Debug)]
pub struct Cookie {
    /// The name.
    pub name: &'static str,
    /// The value; empty for one that is removed.
    pub value: String,
    /// Whether scripts cannot read it.
    pub http_only: bool,
    /// Whether it travels over https alone.
    pub secure: bool,
    /// On which requests it travels.
    pub same_site: SameSite,
    /// How long it is kept; zero removes it.
    pub max_age: Lifetime,
}

impl fmt::Display for Cookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, value, max_age) = (self.name, &self.value, self.max_age.seconds());
        let same_site = match self.same_site {
            SameSite::Lax => "Lax",
            SameSite::None => "None",
        };
        write!(f, "{name}={value}; Path=/; Max-Age={max_age}; SameSite={same_site}")?;
        if self.http_only {
            f.write_str("; HttpOnly")?;
        }
        if self.secure {
            f.write_str("; Secure")?;
        }
        Ok(())
    }
}

/// The value of a cookie in a `Cookie` header. Only spaces and tabs count as blank (RFC 6265 section 5.2): a name with another
/// blank before `__Host-` is another name, which any host of the domain can set.
pub fn find<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    let bare = |text: &'a str| text.trim_matches([' ', '\t']);
    header
        .split(';')
        .filter_map(|pair| pair.split_once('='))
        .find(|(found, _)| bare(found) == name)
        .map(|(_, value)| bare(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_behind_another_blank_is_another_name() {
        for blank in ['\u{2000}', '\u{a0}', '\u{85}', '\u{3000}'] {
            assert_eq!(
                find(&format!("a=1; {blank}__Host-limen_session=x"), "__Host-limen_session"),
                None
            );
        }
        assert_eq!(find("a=1; \tb=2 ", "b"), Some("2"));
    }

    #[test]
    fn a_cookie_is_written_with_all_that_binds_it() {
        let mut cookie = Cookie {
            name: "__Host-limen_session",
            value: "1.abc".to_owned(),
            http_only: true,
            secure: true,
            same_site: SameSite::Lax,
            max_age: Lifetime::days(1),
        };
        assert_eq!(
            cookie.to_string(),
            "__Host-limen_session=1.abc; Path=/; Max-Age=86400; SameSite=Lax; HttpOnly; Secure"
        );
        cookie = Cookie {
            value: String::new(),
            http_only: false,
            secure: false,
            same_site: SameSite::None,
            max_age: Lifetime(0),
            ..cookie
        };
        assert_eq!(
            cookie.to_string(),
            "__Host-limen_session=; Path=/; Max-Age=0; SameSite=None"
        );
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let header = "a=1; limen_session=x=y;  limen_session2=z; empty=; bare;limen_session=late";
        assert_eq!(find(header, "limen_session"), Some("x=y"));
        assert_eq!(find(header, "limen_session2"), Some("z"));
        assert_eq!(find(header, "empty"), Some(""));
        for absent in ["limen_sessio", "bare", "Limen_session", "", "1"] {
            assert_eq!(find(header, absent), None, "{absent}");
        }
    }
}
