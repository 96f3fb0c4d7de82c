//! D1: one file a table, SQL beside its row. Every call is one round trip and one transaction.

pub mod audit;
pub mod basis;
pub mod clients;
pub mod codes;
pub mod grants;
pub mod housekeeping;
pub mod logout_outbox;
pub mod pushed_requests;
pub mod readiness;
pub mod replay;
pub mod session_clients;
pub mod sessions;
pub mod signing_keys;
pub mod throttles;
pub mod token_families;
pub mod users;

use std::{borrow::Cow, cell::Cell};

use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::JsValue;
use worker::{D1Database, D1Result};

use super::fault::Fault;
use crate::{
    oidc::scope::Scope,
    secret::{Hash, WrappedSecret},
    time::UnixTime,
};

/// The database, which counts the round trips to it.
pub struct Db {
    d1: D1Database,
    trips: Cell<u32>,
}

/// A statement with its values in the order of its `?`s.
#[derive(Clone)]
pub struct Statement {
    sql: Cow<'static, str>,
    values: Vec<JsValue>,
}

/// A value to bind. Numbers travel as f64: an `Integer` of D1's would be an i32.
pub struct Value(JsValue);

/// What one statement of a batch gave.
pub struct Rows(D1Result);

impl Db {
    pub fn new(d1: D1Database) -> Self {
        Self {
            d1,
            trips: Cell::new(0),
        }
    }

    /// How often D1 was asked.
    pub fn trips(&self) -> u32 {
        self.trips.get()
    }

    /// Runs the statements in one transaction, in order: all of them happen, or none.
    pub async fn batch<const N: usize>(&self, statements: [Statement; N]) -> Result<[Rows; N], Fault> {
        let rows = self.batch_all(statements.into()).await?;
        rows.try_into().map_err(|_| wrong_number())
    }

    /// The same for a number of statements that is not known beforehand.
    pub async fn batch_all(&self, statements: Vec<Statement>) -> Result<Vec<Rows>, Fault> {
        self.trips.set(self.trips.get() + 1);
        let mut prepared = Vec::with_capacity(statements.len());
        for statement in statements {
            let bound = self.d1.prepare(statement.sql).bind(&statement.values);
            prepared.push(bound.map_err(|cause| Fault::new("D1 bind", cause))?);
        }
        let wanted = prepared.len();
        let results = self.d1.batch(prepared).await.map_err(fault)?;
        let rows: Vec<_> = results.into_iter().map(Rows).collect();
        if rows.len() == wanted {
            Ok(rows)
        } else {
            Err(wrong_number())
        }
    }

    /// Runs one statement.
    pub async fn run(&self, statement: Statement) -> Result<Rows, Fault> {
        let [rows] = self.batch([statement]).await?;
        Ok(rows)
    }
}

fn wrong_number() -> Fault {
    Fault::new("D1", "as many results as statements were expected")
}

/// What D1 said. Its error's own `Display` shows nothing of it.
fn fault(error: worker::Error) -> Fault {
    match error {
        worker::Error::D1(error) => Fault::new("D1", String::from(AsRef::<js_sys::Error>::as_ref(&error).message())),
        other => Fault::new("D1", other),
    }
}

impl Statement {
    pub fn new(sql: impl Into<Cow<'static, str>>) -> Self {
        Self {
            sql: sql.into(),
            values: Vec::new(),
        }
    }

    /// A statement that does nothing, where a batch has one to spare.
    pub fn idle() -> Self {
        Self::new("SELECT 1 WHERE FALSE")
    }

    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into().0);
        self
    }

    /// The condition that holds where both do.
    pub fn and(self, condition: Self) -> Self {
        self.append(Self::new(" AND ")).append(condition)
    }

    /// The statement with a part of one behind it, and its values.
    pub fn append(mut self, part: Self) -> Self {
        self.sql.to_mut().push_str(&part.sql);
        self.values.extend(part.values);
        self
    }
}

impl Rows {
    /// All rows.
    pub fn all<T: DeserializeOwned>(&self) -> Result<Vec<T>, Fault> {
        self.0.results().map_err(|cause| Fault::new("D1 row", cause))
    }

    /// The first row.
    pub fn first<T: DeserializeOwned>(&self) -> Result<Option<T>, Fault> {
        Ok(self.all()?.into_iter().next())
    }

    /// How many rows the statement changed.
    pub fn changes(&self) -> usize {
        self.0
            .meta()
            .ok()
            .flatten()
            .and_then(|meta| meta.changes)
            .unwrap_or_default()
    }

    /// Whether there is a row: with `RETURNING`, whether the statement did anything.
    pub fn any(&self) -> Result<bool, Fault> {
        Ok(self.first::<serde::de::IgnoredAny>()?.is_some())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self(JsValue::from_str(text))
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        // Every number of Limen's is far below 2^53.
        Self(JsValue::from_f64(number as f64))
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
        value.map_or(Self(JsValue::NULL), Into::into)
    }
}

/// A scope as the JSON array that is stored, for `json_each`.
fn scope_to_json(scope: &Scope) -> String {
    serde_json::to_string(&scope.iter().collect::<Vec<_>>()).unwrap_or_default()
}

/// JSON text for a row.
fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// JSON text out of a row.
fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, Fault> {
    serde_json::from_str(text).map_err(|cause| Fault::new("D1 column", cause))
}

fn scope_from_json(text: &str) -> Result<Scope, Fault> {
    Ok(from_json::<Vec<String>>(text)?.iter().map(String::as_str).collect())
}
