//! D1, which every statement of `db` goes to. Values become JavaScript's here and nowhere else.

use std::cell::{Cell, OnceCell};

use js_sys::{Array, JSON};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use worker::Env;

use crate::{
    db::{Rows, Statement},
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

/// The binding's name in wrangler.toml.
const BINDING: &str = "DB";

/// The database, which counts the round trips to it. Its binding is looked up when it is asked first: much is answered from an
/// isolate's memory.
pub struct Db {
    env: Env,
    d1: OnceCell<Database>,
    trips: Cell<u32>,
}

impl Db {
    pub fn new(env: &Env) -> Self {
        Self {
            env: env.clone(),
            d1: OnceCell::new(),
            trips: Cell::new(0),
        }
    }

    /// Whether there is a database.
    pub fn is_bound(env: &Env) -> bool {
        env.d1(BINDING).is_ok()
    }

    fn d1(&self) -> Result<&Database, Fault> {
        if let Some(d1) = self.d1.get() {
            return Ok(d1);
        }
        let d1 = self.env.d1(BINDING).map_err(|cause| Fault::new("D1 binding", cause))?;
        Ok(self.d1.get_or_init(|| JsValue::from(d1).unchecked_into()))
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

    /// The same for a number of statements that is not known beforehand. Those that do nothing stay here.
    pub async fn batch_all(&self, statements: Vec<Statement>) -> Result<Vec<Rows>, Fault> {
        let needed: Vec<_> = statements.iter().filter(|statement| !statement.is_idle()).collect();
        let came = if needed.is_empty() {
            Vec::new()
        } else {
            self.send(&needed).await?
        };
        if came.len() != needed.len() {
            return Err(wrong_number());
        }
        let mut came = came.into_iter();
        let rows = statements.iter().map(|statement| match statement.is_idle() {
            true => Some(Rows::none()),
            false => came.next(),
        });
        rows.collect::<Option<_>>().ok_or_else(wrong_number)
    }

    async fn send(&self, statements: &[&Statement]) -> Result<Vec<Rows>, Fault> {
        let d1 = self.d1()?;
        self.trips.set(self.trips.get() + 1);
        // One text crosses the border instead of every value of every statement, and one instead of every column of every row.
        let values: Vec<_> = statements.iter().map(|statement| statement.values()).collect();
        let values = serde_json::to_string(&values).map_err(|cause| Fault::new("D1 values", cause))?;
        let values: Array = JSON::parse(&values).map_err(fault)?.unchecked_into();
        let prepared = statements.iter().zip(values.iter()).map(|(statement, values)| {
            let prepared = d1.prepare(statement.sql()).map_err(fault)?;
            prepared.bind(values.unchecked_into()).map_err(fault)
        });
        let prepared = prepared.map(|bound| bound.map(JsValue::from));
        let results = d1.batch(prepared.collect::<Result<Array, Fault>>()?).await;
        let json = JSON::stringify(&results.map_err(fault)?).map_err(fault)?;
        Rows::of_batch(&String::from(json))
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

/// What D1 said.
fn fault(error: JsValue) -> Fault {
    match error.dyn_ref::<js_sys::Error>() {
        Some(error) => Fault::new("D1", String::from(error.message())),
        None => Fault::new("D1", format!("{error:?}")),
    }
}
