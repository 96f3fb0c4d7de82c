//! D1, which every statement of `db` goes to. Values become JavaScript's here and nowhere else.

use std::cell::Cell;

use js_sys::{Array, JSON};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use worker::D1Database;

use crate::{
    db::{Rows, Statement, Value},
    fault::Fault,
};

#[wasm_bindgen]
extern "C" {
    /// `D1Database`.
    type Database;

    /// `D1PreparedStatement`.
    type Prepared;

    #[wasm_bindgen(method, catch)]
    fn prepare(this: &Database, sql: &str) -> Result<Prepared, JsValue>;

    #[wasm_bindgen(method, catch, variadic)]
    fn bind(this: &Prepared, values: Array) -> Result<Prepared, JsValue>;

    #[wasm_bindgen(method, catch)]
    async fn batch(this: &Database, statements: Array) -> Result<JsValue, JsValue>;
}

/// The database, which counts the round trips to it.
pub struct Db {
    d1: Database,
    trips: Cell<u32>,
}

impl Db {
    pub fn new(d1: D1Database) -> Self {
        Self {
            d1: JsValue::from(d1).unchecked_into(),
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
        let wanted = statements.len();
        let prepared = statements.iter().map(|statement| self.prepare(statement));
        let prepared = prepared.collect::<Result<Array, Fault>>()?;
        let results = self.d1.batch(prepared).await.map_err(fault)?;
        // One text crosses the border instead of every column of every row.
        let json = JSON::stringify(&results).map_err(fault)?;
        let rows = Rows::of_batch(&String::from(json))?;
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

    fn prepare(&self, statement: &Statement) -> Result<JsValue, Fault> {
        let prepared = self.d1.prepare(statement.sql()).map_err(fault)?;
        let values = statement.values().iter().map(to_js).collect();
        prepared.bind(values).map(JsValue::from).map_err(fault)
    }
}

/// Numbers travel as f64: a BigInt is refused.
fn to_js(value: &Value) -> JsValue {
    match value {
        Value::Null => JsValue::NULL,
        Value::Integer(number) => JsValue::from_f64(*number as f64),
        Value::Text(text) => JsValue::from_str(text),
    }
}

fn wrong_number() -> Fault {
    Fault::new("D1", "as many results as statements were expected")
}

/// What D1 said.
fn fault(error: JsValue) -> Fault {
    match error.dyn_ref::<js_sys::Error>() {
        Some(error) => Fault::new("D1", String::from(error.message())),
        None => Fault::new("D1", format!("{error:?}")),
    }
}
