//! Documents of Limen's own that somebody else keeps: each carries a MAC over its name and content, so a changed one, or one under
//! another name, is none.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{Purpose, RootKeys};

/// `<root version>.<base64url(MAC)>`, a new line, and the document.
pub fn seal(name: &str, document: &str, roots: &RootKeys) -> String {
    let mac = roots
        .current(Purpose::KvDocument)
        .mac(&[name.as_bytes(), document.as_bytes()]);
    format!(
        "{}.{}\n{document}",
        roots.current_version(),
        URL_SAFE_NO_PAD.encode(mac)
    )
}

/// The document, if Limen sealed it under `name` and a root that is still configured.
pub fn open<'a>(name: &str, sealed: &'a str, roots: &RootKeys) -> Option<&'a str> {
    let (head, document) = sealed.split_once('\n')?;
    let (version, mac) = head.split_once('.')?;
    let key = roots.derive(version.parse().ok()?, Purpose::KvDocument)?;
    let mac = URL_SAFE_NO_PAD.decode(mac).ok()?;
    key.verify(&[name.as_bytes(), document.as_bytes()], &mac)
        .then_some(document)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_document_opens_unchanged_and_under_its_name_alone() {
        let roots = |keys: &[(u32, u8)], current| {
            let keys = keys
                .iter()
                .map(|(version, byte)| (*version, [*byte; 32]))
                .collect::<BTreeMap<_, _>>();
            RootKeys::new(keys, current, String::new()).unwrap()
        };
        let first = roots(&[(1, 7)], 1);
        let sealed = seal("jwks", "{\"keys\":\n[]}", &first);
        assert_eq!(open("jwks", &sealed, &first), Some("{\"keys\":\n[]}"));
        assert_eq!(
            open("jwks", &sealed, &roots(&[(1, 7), (2, 8)], 2)),
            Some("{\"keys\":\n[]}")
        );
        assert_eq!(open("client/x", &sealed, &first), None, "another name");
        assert_eq!(open("jwks", &sealed, &roots(&[(2, 8)], 2)), None, "a root that is gone");
        assert_eq!(open("jwks", &sealed, &roots(&[(1, 9)], 1)), None, "another root");
        for at in 0..sealed.len() {
            let mut changed = sealed.clone().into_bytes();
            changed[at] ^= 1;
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(open("jwks", &changed, &first), None, "byte {at}");
            assert_eq!(open("jwks", &sealed[..at], &first), None, "cut at {at}");
        }
    }
}
