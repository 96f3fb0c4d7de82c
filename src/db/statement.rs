//! A statement of SQL and the values of its `?`s.

use std::borrow::Cow;

use serde::Serialize;

use crate::{
    secret::{Hash, WrappedSecret},
    time::UnixTime,
};

/// A statement with its values in the order of its `?`s.
#[derive(Clone, Debug)]
pub struct Statement {
    sql: Cow<'static, str>,
    values: Vec<Value>,
    /// The event that it writes down in the audit, whose rows say in `wakes` whether there is something to do after the answer.
    event: Option<&'static str>,
}

/// A value to bind.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// `NULL`.
    Null,
    /// An integer. D1 takes numbers as f64, which every number of Limen's fits into: all are far below 2^53.
    Integer(i64),
    /// Text.
    Text(String),
}

impl Statement {
    pub fn new(sql: impl Into<Cow<'static, str>>) -> Self {
        Self {
            sql: sql.into(),
            values: Vec::new(),
            event: None,
        }
    }

    /// The statement that writes that event down, with `returning` behind it, which says in `wakes` whether there is something to do
    /// after the answer.
    pub(super) fn waking(mut self, event: &'static str, returning: &str) -> Self {
        self.sql.to_mut().push_str(returning);
        self.event = Some(event);
        self
    }

    /// The event that it writes down in the audit. Its rows say whether it did, and whether there is something to do after the answer.
    pub fn event(&self) -> Option<&'static str> {
        self.event
    }

    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// The condition that always holds.
    pub fn always() -> Self {
        Self::new("TRUE")
    }

    /// The condition that holds where this one does not.
    pub fn negated(self) -> Self {
        Self::new("NOT ").append(self)
    }

    /// The condition that holds where both do.
    pub fn and(self, condition: Self) -> Self {
        self.append(Self::new(" AND ")).append(condition)
    }

    /// The statement with a part of one behind it, and its values.
    pub fn append(mut self, part: Self) -> Self {
        self.sql.to_mut().push_str(&part.sql);
        self.values.extend(part.values);
        self.event = self.event.or(part.event);
        self
    }

    /// Whether it writes.
    pub fn changes(&self) -> bool {
        ["INSERT ", "UPDATE ", "DELETE "]
            .iter()
            .any(|verb| self.sql.starts_with(verb))
    }

    pub fn sql(&self) -> &str {
        &self.sql
    }

    pub fn values(&self) -> &[Value] {
        &self.values
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        i64::from(number).into()
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        i64::from(flag).into()
    }
}

impl From<UnixTime> for Value {
    fn from(time: UnixTime) -> Self {
        time.seconds().into()
    }
}

impl From<&Hash> for Value {
    fn from(hash: &Hash) -> Self {
        hash.as_str().into()
    }
}

impl From<&WrappedSecret> for Value {
    fn from(wrapped: &WrappedSecret) -> Self {
        wrapped.as_str().into()
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
