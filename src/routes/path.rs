//! From a path to its route.

use super::{Audience, Endpoint, Method, ROUTES, Route};

/// The path and the query of a URL as the platform writes one, both still encoded.
pub fn path_and_query(url: &str) -> (&str, &str) {
    let url = url.split('#').next().unwrap_or_default();
    let (before, query) = url.split_once('?').unwrap_or((url, ""));
    let (_, rest) = before.split_once("://").unwrap_or(("", before));
    (rest.find('/').and_then(|start| rest.get(start..)).unwrap_or("/"), query)
}

/// The values of a path's `{name}` segments, in order, percent-decoded; that of `{+name}` still encoded.
pub type Segments = Vec<String>;

/// The path of the page that a person means by one with a slash at its end.
pub fn page_meant(path: &str) -> Option<&str> {
    let bare = path.strip_suffix('/')?;
    let (route, _) = find(bare)?;
    (bare != "/" && route.audience == Audience::Browser && route.methods.contains(&Method::Get)).then_some(bare)
}

/// Who calls a path that there is not: programs look for documents and call the admin API.
pub fn audience_of_unknown(path: &str) -> Audience {
    if path == "/admin/api" || path.starts_with("/admin/api/") {
        Audience::Operator
    } else if path.starts_with("/.well-known/") || path.starts_with("/register/") {
        Audience::Machine
    } else {
        Audience::Browser
    }
}

/// Finds the route for `path`. The document of a provider is also found with a slash at its end, which some libraries put between
/// the issuer and the well-known name and others behind it.
pub fn find(path: &str) -> Option<(&'static Route, Segments)> {
    let path = match path.strip_suffix('/') {
        Some(bare)
            if [Endpoint::Discovery, Endpoint::AuthorizationServerMetadata]
                .iter()
                .any(|e| e.path() == bare) =>
        {
            bare
        }
        _ => path,
    };
    find_exactly(path)
}

/// Finds the route for `path`. A segment that is empty or not UTF-8 once decoded finds nothing.
fn find_exactly(path: &str) -> Option<(&'static Route, Segments)> {
    // Most paths have no values in them.
    let literal = ROUTES.iter().find(|route| route.path == path && !path.contains('{'));
    if let Some(route) = literal {
        return Some((route, Segments::new()));
    }
    ROUTES
        .iter()
        .find_map(|route| Some((route, match_path(route.path, path)?)))
}

/// Whether the path of something with that id would lead elsewhere, since another route has the word there: `unused` as a `{client_id}`.
pub fn is_place(name: &str, id: &str) -> bool {
    let mut ways = ROUTES.iter().filter_map(|route| route.path.split_once(name));
    ways.any(|(before, _)| {
        let mut besides = ROUTES.iter().filter_map(|route| route.path.strip_prefix(before));
        besides.any(|rest| rest.split('/').next() == Some(id))
    })
}

fn match_path(pattern: &str, path: &str) -> Option<Segments> {
    if let Some((prefix, _)) = pattern.split_once("{+") {
        let rest = path.strip_prefix(prefix).filter(|rest| !rest.is_empty())?;
        return Some(vec![rest.to_owned()]);
    }
    let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
    let mut segments = Segments::new();
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(segments),
            (Some(name), Some(value)) if name.starts_with('{') => {
                let decoded = percent_encoding::percent_decode_str(value).decode_utf8().ok()?;
                segments.push(Some(decoded).filter(|text| !text.is_empty())?.into_owned());
            }
            (Some(literal), Some(value)) if literal == value => {}
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_apart_where_its_path_and_its_query_begin() {
        for (url, path, query) in [
            ("https://id.acme.org/authorize?a=b&c=/?d", "/authorize", "a=b&c=/?d"),
            ("https://id.acme.org/", "/", ""),
            ("https://id.acme.org", "/", ""),
            ("https://id.acme.org?next=/token", "/", "next=/token"),
            ("http://[::1]:8787//token#x?y", "//token", ""),
            (
                "https://id.acme.org/a?next=https://b.org/c",
                "/a",
                "next=https://b.org/c",
            ),
        ] {
            assert_eq!(path_and_query(url), (path, query), "{url}");
        }
    }

    #[test]
    fn a_segment_is_decoded_and_never_empty() {
        let (route, segments) = find("/register/a%2Fb").unwrap();
        assert_eq!(
            (route.endpoint, segments),
            (Endpoint::RegisteredClient, vec!["a/b".to_owned()])
        );
        assert!(find("/register/").is_none());
        assert!(find("/register/%ff").is_none());
        assert!(find("/token/").is_none());
    }

    /// The names in paths whose values operators may choose ([`is_place`]).
    const CHOSEN: [(&str, &[Endpoint]); 5] = [
        ("{user_id}", &[Endpoint::AdminUser, Endpoint::ConsolePerson]),
        (
            "{client_id}",
            &[Endpoint::AdminClient, Endpoint::RegisteredClient, Endpoint::ConsoleApp],
        ),
        ("{group_id}", &[Endpoint::AdminGroup, Endpoint::ConsoleGroup]),
        ("{api_id}", &[Endpoint::AdminApi, Endpoint::ConsoleApi]),
        ("{webhook_id}", &[Endpoint::AdminWebhook, Endpoint::ConsoleWebhook]),
    ];

    #[test]
    fn an_id_that_is_no_place_leads_to_its_own_thing() {
        let words: std::collections::BTreeSet<_> = ROUTES
            .iter()
            .flat_map(|route| route.path.split('/'))
            .filter(|word| !word.is_empty() && !word.starts_with('{'))
            .collect();
        for (name, endpoints) in CHOSEN {
            let ways = ROUTES.iter().filter(|route| route.path.contains(name));
            for word in &words {
                let leads_elsewhere = ways.clone().any(|route| {
                    let path = route.path.replace(name, word).replace(['{', '}'], "_");
                    find(&path).is_none_or(|(found, _)| found.endpoint != route.endpoint)
                });
                assert!(!leads_elsewhere || is_place(name, word), "{word} as a {name}");
            }
            for endpoint in endpoints {
                assert!(endpoint.path().ends_with(name), "{endpoint:?}");
                let path = endpoint.path().replace(name, "till");
                assert_eq!(find(&path).map(|(route, _)| route.endpoint), Some(*endpoint));
            }
        }
        for word in ["unused", "approval", "registered", "new"] {
            assert!(is_place("{client_id}", word), "{word}");
        }
        assert!(is_place("{api_id}", "new") && is_place("{user_id}", "new") && is_place("{user_id}", "invitations"));
        assert!(!is_place("{client_id}", "account") && !is_place("{user_id}", "unused"));
    }

    #[test]
    fn a_slash_at_the_end_is_no_difference_for_documents_of_the_provider_and_leads_people_to_the_page() {
        let found = |path: &str| find(path).map(|(route, _)| route.endpoint);
        assert_eq!(found("/.well-known/openid-configuration/"), Some(Endpoint::Discovery));
        assert_eq!(
            found("/.well-known/oauth-authorization-server/"),
            Some(Endpoint::AuthorizationServerMetadata)
        );
        for path in [
            "/.well-known/jwks.json/",
            "/token/",
            "/.well-known/openid-configuration//",
            "/.well-known/oauth-authorization-server/mcp",
        ] {
            assert_eq!(found(path), None, "{path}");
        }
        assert_eq!(page_meant("/account/"), Some("/account"));
        assert_eq!(page_meant("/account/profile/"), Some("/account/profile"));
        for path in [
            "/token/",
            "/account",
            "//",
            "/nowhere/",
            "/logout/confirm/",
            "/admin/api/users/",
        ] {
            assert_eq!(page_meant(path), None, "{path}");
        }
    }

    #[test]
    fn who_calls_what_there_is_not_is_told_by_where_it_would_be() {
        for (path, audience) in [
            ("/admin/api", Audience::Operator),
            ("/admin/api/nothing", Audience::Operator),
            ("/admin/apix", Audience::Browser),
            ("/.well-known/oauth-authorization-server/mcp", Audience::Machine),
            ("/nowhere", Audience::Browser),
        ] {
            assert_eq!(audience_of_unknown(path), audience, "{path}");
        }
    }

    #[test]
    fn all_that_follows_is_taken_as_it_was_sent() {
        let (route, segments) = find("/.well-known/oauth-protected-resource/register/a%2Fb").unwrap();
        assert_eq!(
            (route.endpoint, segments),
            (Endpoint::ProtectedResourceBelow, vec!["register/a%2Fb".to_owned()])
        );
        assert!(find("/.well-known/oauth-protected-resource/").is_none());
    }
}
