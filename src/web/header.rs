//! Values of headers, taken apart.

/// The token of `Authorization: Bearer` (RFC 6750 section 2.1).
pub fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The type of a `Content-Type`, without its parameters, in small letters (RFC 9110 section 8.3).
pub fn media_type(content_type: &str) -> String {
    let media_type = content_type.split(';').next().unwrap_or_default();
    media_type.trim().to_ascii_lowercase()
}

/// Whether the sender of an `Accept` shows pages. Browsers name HTML when they go somewhere; programs name JSON, everything or
/// nothing.
pub fn reads_html(accept: &str) -> bool {
    accept.to_ascii_lowercase().contains("text/html")
}

/// Whether an `Accept` names that type, in small letters, and not to keep it away (RFC 9110 section 12.5.1).
pub fn names_type(accept: &str, wanted: &str) -> bool {
    let refuses = |range: &str| range.split(';').skip(1).any(|parameter| parameter.trim() == "q=0");
    accept
        .split(',')
        .any(|range| media_type(range) == wanted && !refuses(range))
}

/// Whether an `If-None-Match` has the tag of what would be sent (RFC 9110 section 13.1.2: a weak comparison).
pub fn matches_none(if_none_match: &str, etag: &str) -> bool {
    let mut tags = if_none_match.split(',').map(|tag| tag.trim().trim_start_matches("W/"));
    tags.any(|tag| tag == "*" || tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')) == Some(etag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bearer_token_follows_its_scheme_in_any_case() {
        assert_eq!(bearer("Bearer abc"), Some("abc"));
        assert_eq!(bearer("bEARER  abc "), Some("abc"));
        for other in ["Basic abc", "Bearer", "Bearerabc", "", "DPoP abc"] {
            assert_eq!(bearer(other), None, "{other}");
        }
    }

    #[test]
    fn a_type_is_compared_without_parameters_and_case() {
        assert_eq!(media_type(" Application/JSON ; charset=utf-8"), "application/json");
        assert_eq!(media_type(""), "");
    }

    #[test]
    fn browsers_name_html() {
        assert!(reads_html("Text/HTML,application/xhtml+xml;q=0.9"));
        assert!(!reads_html("*/*") && !reads_html("application/json") && !reads_html(""));
    }

    #[test]
    fn a_type_is_wanted_only_by_its_name() {
        let wanted = "application/token-introspection+jwt";
        for accept in [
            wanted,
            "application/json;q=0.5, Application/Token-Introspection+JWT; q=1",
        ] {
            assert!(names_type(accept, wanted), "{accept}");
        }
        for accept in ["", "*/*", "application/*", "application/jwt", &format!("{wanted}; q=0")] {
            assert!(!names_type(accept, wanted), "{accept}");
        }
    }

    #[test]
    fn tags_are_compared_weakly_and_whole() {
        for known in ["\"a\"", "W/\"a\"", "\"b\", \"a\"", "*"] {
            assert!(matches_none(known, "a"), "{known}");
        }
        for other in ["", "a", "\"b\"", "\"a", "\"ab\"", "\"\"a\"\""] {
            assert!(!matches_none(other, "a"), "{other}");
        }
    }
}
