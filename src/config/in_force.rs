//! The settings as they are in force for one request: with the APIs that operators declared, as far as the request is about them.

use std::{cell::OnceCell, ops::Deref, rc::Rc};

use super::{Api, Config};

/// What stands for the settings while a request is answered. It begins as they were read; what the request turns out to be about is added, and
/// what was lent out before stays as it is.
#[derive(Debug)]
pub struct ConfigInForce {
    read: Rc<Config>,
    in_force: Rc<Config>,
    /// What was added last to `read`.
    apis: Vec<Api>,
    later: OnceCell<Box<Self>>,
}

impl ConfigInForce {
    /// The settings without any addition.
    pub fn new(read: Rc<Config>) -> Self {
        Self {
            in_force: read.clone(),
            read,
            apis: Vec::new(),
            later: OnceCell::new(),
        }
    }

    /// The settings as they were read.
    pub fn settings(&self) -> &Config {
        &self.read
    }

    /// The same for work that goes on after the request.
    #[must_use]
    pub fn as_read(&self) -> Self {
        Self::new(self.read.clone())
    }

    /// Lets the rest of the request know these APIs, in place of those that it was let know before.
    pub fn know(&self, apis: Vec<Api>) {
        let last = self.last();
        if last.apis == apis {
            return;
        }
        let in_force = match apis.is_empty() {
            true => self.read.clone(),
            false => {
                let mut config = (*self.read).clone();
                config.resources = self.read.resources.with_declared(apis.clone());
                Rc::new(config)
            }
        };
        let later = Self {
            read: self.read.clone(),
            in_force,
            apis,
            later: OnceCell::new(),
        };
        // Nobody else has come first: the last one has nothing after it.
        _ = last.later.set(Box::new(later));
    }

    fn last(&self) -> &Self {
        let mut last = self;
        while let Some(later) = last.later.get() {
            last = later;
        }
        last
    }
}

impl Deref for ConfigInForce {
    type Target = Config;

    fn deref(&self) -> &Config {
        &self.last().in_force
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_request_knows_what_it_was_let_know_last_beside_the_settings() {
        let read = Config::parse(|name| match name {
            "ISSUER" => Some("https://id.acme.org".to_owned()),
            "KEK_1" => Some("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8".to_owned()),
            "RESOURCES" => Some(r#"{"https://v.org": "V"}"#.to_owned()),
            _ => None,
        });
        let config = ConfigInForce::new(Rc::new(read.unwrap()));
        let api = |identifier: &str| Api {
            identifier: identifier.to_owned(),
            name: "A".to_owned(),
            scopes: BTreeMap::new(),
            is_open: true,
            declared: None,
        };
        let knows = |uri: &str| config.resources.find(uri).map(|api| api.name.clone());
        let before: &Config = &config;
        config.know(vec![api("https://a.org"), api("https://v.org")]);
        assert_eq!(knows("https://a.org").as_deref(), Some("A"));
        assert_eq!(knows("https://v.org").as_deref(), Some("V"));
        assert!(before.resources.find("https://a.org").is_none());
        config.know(vec![api("https://b.org")]);
        assert!(knows("https://a.org").is_none() && knows("https://b.org").is_some());
        assert!(config.as_read().resources.find("https://b.org").is_none());
        config.know(Vec::new());
        assert!(knows("https://b.org").is_none() && knows("https://v.org").is_some());
    }
}
