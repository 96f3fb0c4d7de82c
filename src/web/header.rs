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

/// The charset that a `Content-Type` names where it is none that JSON can be in: UTF-8 (RFC 8259 section 8.1), or ASCII, which is a part of it.
/// One with odd characters is called another one.
pub fn foreign_charset(content_type: &str) -> Option<String> {
    let parameters = content_type.split(';').skip(1);
    let mut charsets = parameters.filter_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let is_charset = name.trim().eq_ignore_ascii_case("charset");
        is_charset.then(|| value.trim().trim_matches('"').to_ascii_lowercase())
    });
    let foreign = charsets.find(|charset| !["utf-8", "utf8", "us-ascii"].contains(&charset.as_str()))?;
    let is_plain = foreign.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    Some(if is_plain && foreign.len() <= 40 {
        foreign
    } else {
        "another one".to_owned()
    })
}

/// Whether the sender of an `Accept` shows pages. Browsers name HTML when they go somewhere; programs name JSON, everything or
/// nothing.
pub fn reads_html(accept: &str) -> bool {
    accept.to_ascii_lowercase().contains("text/html")
}

/// Whether an `Accept` names JSON and nothing else.
pub fn reads_json_alone(accept: &str) -> bool {
    accept.trim() == "application/json"
}

/// Whether an `Accept` names that type, in small letters, and does not like JSON better (RFC 9110 section 12.5.1).
pub fn prefers_to_json(accept: &str, wanted: &str) -> bool {
    let liking = liking(accept, wanted);
    liking > 0 && liking >= self::liking(accept, "application/json")
}

/// How much an `Accept` likes a type that it names, in thousandths.
fn liking(accept: &str, wanted: &str) -> u16 {
    let ranges = accept.split(',').filter(|range| media_type(range) == wanted);
    ranges.map(weight).max().unwrap_or_default()
}

/// The weight of a range, in thousandths (section 12.4.2): "a value of 0 means "not acceptable"", however many zeros it is written with.
pub fn weight(range: &str) -> u16 {
    let parameters = range
        .split(';')
        .skip(1)
        .filter_map(|parameter| parameter.split_once('='));
    let mut weights = parameters.filter(|(name, _)| name.trim().eq_ignore_ascii_case("q"));
    let text = weights.next().map_or("1", |(_, text)| text.trim());
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    match whole {
        "0" => format!("{part:0<3.3}").parse().unwrap_or_default(),
        "1" => 1000,
        _ => 0,
    }
}

/// Whether an `If-None-Match` or an `If-Match` names what has this tag, by a weak comparison. For `If-Match` RFC 9110 asks for a strong one
/// (section 13.1.1), but a tag becomes weak on the way where the platform compresses what it is of. It is a digest all the same, so nothing
/// else is called so.
pub fn names_tag(tags: &str, etag: &str) -> bool {
    let mut tags = tags.split(',').map(|tag| {
        let tag = tag.trim();
        tag.strip_prefix("W/").unwrap_or(tag)
    });
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
    fn a_charset_that_json_is_not_in_is_named() {
        for known in [
            "application/json",
            "application/json; charset=utf-8",
            "application/json;Charset=\"UTF-8\" ",
            "application/json; charset=utf8; v=1",
            "application/json; v=utf-16",
            "",
        ] {
            assert_eq!(foreign_charset(known), None, "{known}");
        }
        for (foreign, named) in [
            ("application/json; charset=UTF-16", "utf-16"),
            ("application/json; charset=utf-8; charset=\"utf-16\"", "utf-16"),
            ("application/json; charset=ISO-8859-1", "iso-8859-1"),
            ("application/json; charset=", ""),
            ("application/json; charset=<b>", "another one"),
        ] {
            assert_eq!(foreign_charset(foreign).as_deref(), Some(named), "{foreign}");
        }
    }

    #[test]
    fn a_change_names_the_very_version() {
        for named in ["\"a\"", "*", " \"x\" , \"a\"", "W/\"a\""] {
            assert!(names_tag(named, "a"), "{named}");
        }
        for named in ["", "a", "\"b\"", "\"a", "\"W/a\"", "\"\"", "W/W/\"a\"", "w/\"a\""] {
            assert!(!names_tag(named, "a"), "{named}");
        }
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
            "application/json;q=0.5, application/token-introspection+jwt;q=0.5",
            "application/json;q=0.05, application/token-introspection+jwt;v=1;Q=0.5",
            "application/json;q=0, application/token-introspection+jwt;q=0.001",
            "*/*, application/*, application/token-introspection+jwt;q=0.1",
        ] {
            assert!(prefers_to_json(accept, wanted), "{accept}");
        }
        for accept in ["", "*/*", "application/*", "application/jwt"] {
            assert!(!prefers_to_json(accept, wanted), "{accept}");
        }
    }

    #[test]
    fn what_weighs_nothing_or_less_than_json_is_not_wanted() {
        let wanted = "application/token-introspection+jwt";
        for q in ["q=0", " q=0.0", " Q = 0.00", "q=0.000", "v=1; q=0.000"] {
            assert!(!prefers_to_json(&format!("{wanted};{q}"), wanted), "{q}");
        }
        for (json, jwt) in [("1", "0.9"), ("0.5", "0.4"), ("0.10", "0.099"), ("0.001", "0.000")] {
            let accept = format!("{wanted};q={jwt}, application/json;q={json}");
            assert!(!prefers_to_json(&accept, wanted), "{accept}");
        }
    }

    #[test]
    fn tags_are_compared_weakly_and_whole() {
        for known in ["\"a\"", "W/\"a\"", "\"b\", \"a\"", "*"] {
            assert!(names_tag(known, "a"), "{known}");
        }
        for other in ["", "a", "\"b\"", "\"a", "\"ab\"", "\"\"a\"\""] {
            assert!(!names_tag(other, "a"), "{other}");
        }
    }
}
