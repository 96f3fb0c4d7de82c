//! The members of a line, read one by one: what is wrong with one is said by its name.

use std::cell::RefCell;

use serde_json::{Map, Value};

use crate::{
    oidc::{api_credentials, params},
    routes,
    time::UnixTime,
};

/// The most bytes of a text that no rule of its own bounds.
const LONGEST: usize = 4_096;

/// The most bytes of the id of a person or a group. Cookies and links have it beside `.`, `:` and `~`, so it has none of these.
const LONGEST_ID: usize = 64;

/// What [`is_id`] takes, for those who send something else.
pub const ID_RULE: &str = "must be 1 to 64 letters of ASCII, digits, and any of - _ |";

/// The most bytes of the id of an app.
const LONGEST_APP_ID: usize = 100;

/// The members of a line. Null counts as absent.
pub(super) struct Members<'a> {
    object: &'a Map<String, Value>,
    read: RefCell<Vec<&'static str>>,
}

impl<'a> Members<'a> {
    pub fn of(object: &'a Map<String, Value>) -> Self {
        Self {
            object,
            read: RefCell::new(vec!["kind"]),
        }
    }

    /// Whatever a member is.
    pub fn value(&self, name: &'static str) -> Option<&'a Value> {
        self.read.borrow_mut().push(name);
        self.object.get(name).filter(|value| !value.is_null())
    }

    pub fn text(&self, name: &'static str) -> Result<Option<&'a str>, String> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let text = value
            .as_str()
            .filter(|text| text.len() <= LONGEST && !text.contains('\0'));
        text.map(Some)
            .ok_or_else(|| format!("{name} must be a text of at most {LONGEST} bytes"))
    }

    pub fn needed(&self, name: &'static str) -> Result<&'a str, String> {
        self.text(name)?.ok_or_else(|| missing(name))
    }

    /// The id of a person or a group.
    pub fn id(&self, name: &'static str) -> Result<String, String> {
        let id = self.needed(name)?;
        match is_id(id) {
            true => Ok(id.to_owned()),
            false => Err(format!("{name} {ID_RULE}")),
        }
    }

    /// The id of what the line itself is, which is `{name}` in the paths of the console and of this API.
    pub fn own_id(&self, name: &str) -> Result<String, String> {
        let id = self.id("id")?;
        check_place(name, &id).map(|()| id)
    }

    /// The same of an app. Neither is it one by which a declared API says who it is.
    pub fn own_app_id(&self) -> Result<String, String> {
        let id = self.app_id("id")?;
        if api_credentials::is_client_id(&id) {
            return Err("id is of the form by which declared APIs say who they are: api_ and 22 characters".to_owned());
        }
        check_place("{client_id}", &id).map(|()| id)
    }

    /// The id of an app: one that was registered, or the address of a document.
    pub fn app_id(&self, name: &'static str) -> Result<String, String> {
        let id = self.needed(name)?;
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
        // These have a meaning in every path.
        let is_a_place = matches!(id, "." | "..");
        let is_given = (1..=LONGEST_APP_ID).contains(&id.len()) && id.bytes().all(is_plain) && !is_a_place;
        match is_given || is_document(id) {
            true => Ok(id.to_owned()),
            false => Err(format!(
                "{name} must be 1 to {LONGEST_APP_ID} letters of ASCII, digits, and any of - _ . ~ (but not . or ..), or the https address of a document"
            )),
        }
    }

    /// A whole number that is not negative.
    pub fn number(&self, name: &'static str) -> Result<Option<i64>, String> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let number = value.as_i64().filter(|number| (0..=MOST_NUMBER).contains(number));
        number
            .map(Some)
            .ok_or_else(|| format!("{name} must be a whole number from 0 to {MOST_NUMBER}"))
    }

    /// A point in time that is over.
    pub fn past(&self, name: &'static str, now: UnixTime) -> Result<Option<UnixTime>, String> {
        Ok(self.number(name)?.map(|at| UnixTime(at).min(now)))
    }

    pub fn flag(&self, name: &'static str) -> Result<bool, String> {
        match self.value(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(format!("{name} must be true or false")),
        }
    }

    pub fn object(&self, name: &'static str) -> Result<Option<&'a Map<String, Value>>, String> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Object(object)) => Ok(Some(object)),
            Some(_) => Err(format!("{name} must be an object")),
        }
    }

    /// A list of at most `most` texts, each once.
    pub fn texts(&self, name: &'static str, most: usize) -> Result<Vec<String>, String> {
        let wrong = || format!("{name} must be a list of at most {most} texts");
        let Some(value) = self.value(name) else {
            return Ok(Vec::new());
        };
        let list = value.as_array().filter(|list| list.len() <= most).ok_or_else(wrong)?;
        let text = |value: &Value| value.as_str().filter(|text| text.len() <= LONGEST).map(str::to_owned);
        let mut texts = list.iter().map(text).collect::<Option<Vec<_>>>().ok_or_else(wrong)?;
        texts.sort_unstable();
        texts.dedup();
        Ok(texts)
    }

    /// Refuses what nobody read: a member that is not known means something to whoever wrote it.
    pub fn finish(&self) -> Result<(), String> {
        let read = self.read.borrow();
        match self.object.keys().find(|name| !read.contains(&name.as_str())) {
            None => Ok(()),
            Some(name) if params::is_word(name) => Err(format!("{name} is no member of such a line")),
            Some(_) => Err("there is a member that is not known here".to_owned()),
        }
    }
}

/// The largest number: what JavaScript, through which it goes, has exactly is more.
const MOST_NUMBER: i64 = 253_402_300_799;

/// Refuses an id whose path would lead elsewhere.
///
/// # Errors
/// What is wrong with it.
pub fn check_place(name: &str, id: &str) -> Result<(), String> {
    match routes::is_place(name, id) {
        true => Err(format!(
            "id cannot be {id}: the address of something else here has that word in its place"
        )),
        false => Ok(()),
    }
}

pub(super) fn missing(name: &str) -> String {
    format!("{name} is missing")
}

/// Whether that can be the id of a person or a group.
pub fn is_id(id: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_|".contains(&byte);
    (1..=LONGEST_ID).contains(&id.len()) && id.bytes().all(is_plain)
}

/// Whether an app of that id is described by a document there.
pub(super) fn is_document(id: &str) -> bool {
    id.starts_with("https://") && id.len() <= 400 && id.bytes().all(|byte| byte.is_ascii_graphic())
}
