//! What pages of other origins may send (Fetch standard section 3.3.3).

/// Headers that pages send to endpoints for programs.
const USUAL: [&str; 4] = ["Authorization", "Content-Type", "If-None-Match", "DPoP"];

/// The most headers of a preflight that are looked at.
const MOST: usize = 50;

/// The headers that may be sent: the usual ones and those that a preflight `asked` for, whatever they are. Nothing depends on a
/// header that a page of any origin can send, for no cookie counts where programs call.
pub fn allowed_headers(asked: &str) -> String {
    let asked: Vec<_> = asked
        .split(',')
        .map(str::trim)
        .filter(|name| is_name(name))
        .take(MOST)
        .collect();
    let is_asked = |usual: &str| asked.iter().any(|name| name.eq_ignore_ascii_case(usual));
    let usual = USUAL.iter().copied().filter(|usual| !is_asked(usual));
    usual.chain(asked.iter().copied()).collect::<Vec<_>>().join(", ")
}

/// RFC 9110 section 5.6.2: a token.
fn is_name(name: &str) -> bool {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preflight_gets_what_it_asked_for_and_no_other_text() {
        assert_eq!(allowed_headers(""), USUAL.join(", "));
        assert_eq!(
            allowed_headers("content-type, mcp-protocol-version,, x y, \u{e4}, a:b"),
            "Authorization, If-None-Match, DPoP, content-type, mcp-protocol-version"
        );
        let many = vec!["x"; 1_000].join(",");
        assert_eq!(allowed_headers(&many).split(", ").count(), USUAL.len() + MOST);
    }
}
