//! `CLIENT_ID_METADATA_DOCUMENTS`.

use url::Host;

use crate::web::host::is_name;

/// Which clients may be known by the URL of a document that describes them, without anybody registering them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientIdDocuments {
    /// None.
    Off,
    /// All.
    On,
    /// Those on these hosts; `*.acme.org` is every host below `acme.org`.
    Hosts(Vec<String>),
}

impl ClientIdDocuments {
    /// Whether clients on `host` may.
    pub fn allow(&self, host: &str) -> bool {
        let is_or_is_below = |pattern: &String| match pattern.strip_prefix('*') {
            Some(suffix) => host.len() > suffix.len() && host.ends_with(suffix),
            None => host == pattern,
        };
        match self {
            Self::Off => false,
            Self::On => true,
            Self::Hosts(hosts) => hosts.iter().any(is_or_is_below),
        }
    }

    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        match text {
            "off" => return Ok(Self::Off),
            "on" => return Ok(Self::On),
            _ => {}
        }
        let hosts = text.split([' ', ',']).filter(|host| !host.is_empty());
        hosts.map(host_pattern).collect::<Result<_, _>>().map(Self::Hosts)
    }
}

const HOSTS: &str = "must be off, on, or hosts such as app.acme.org and *.acme.org, separated by spaces";

/// A host as URL parsers write it, or `*.` and one.
fn host_pattern(text: &str) -> Result<String, &'static str> {
    let name = text.strip_prefix("*.").unwrap_or(text);
    // Judged before a parser sees it, which would decode and fold it.
    if !is_name(name) {
        return Err(HOSTS);
    }
    match Host::parse(name) {
        Ok(Host::Domain(domain)) if domain == name && (name.contains('.') || name == "localhost") => {
            Ok(text.to_owned())
        }
        _ => Err(HOSTS),
    }
}
