//! D1, which every statement of `db` goes to. Values become JavaScript's here and nowhere else.

use std::cell::{Cell, OnceCell, RefCell};

use js_sys::{Array, JSON};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use worker::Env;

use super::js;
use crate::{
    db::{Answer, Batch, Query, Rows, Statement, operators::JudgedRoles, states::Kind},
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
    woken: Cell<bool>,
    events: RefCell<Vec<&'static str>>,
    /// What the first change of things of a kind demands.
    demand: RefCell<Option<(Kind, Statement)>>,
    /// The roles of the person whom the request is about: every change demands that they are the same still.
    judged: RefCell<Option<JudgedRoles>>,
}

impl Db {
    pub fn new(env: &Env) -> Self {
        Self {
            env: env.clone(),
            d1: OnceCell::new(),
            trips: Cell::new(0),
            woken: Cell::new(false),
            events: RefCell::default(),
            demand: RefCell::default(),
            judged: RefCell::default(),
        }
    }

    /// Whether there is a database.
    pub fn is_bound(env: &Env) -> bool {
        js::binding::<Database>(env, BINDING).is_some()
    }

    fn d1(&self) -> Result<&Database, Fault> {
        if let Some(d1) = self.d1.get() {
            return Ok(d1);
        }
        let d1 = js::binding(&self.env, BINDING).ok_or_else(|| Fault::new("D1 binding", "is missing"))?;
        Ok(self.d1.get_or_init(|| d1))
    }

    /// How often D1 was asked.
    pub fn trips(&self) -> u32 {
        self.trips.get()
    }

    /// Whether something was written down that a webhook waits for.
    pub fn is_woken(&self) -> bool {
        self.woken.get()
    }

    /// The events that were written down in the audit.
    pub fn events(&self) -> Vec<&'static str> {
        self.events.borrow().clone()
    }

    /// Runs a batch: one round trip, or none for a batch without statements.
    pub async fn run(&self, batch: Batch) -> Result<Answer, Fault> {
        let rows = match batch.statements() {
            [] => Vec::new(),
            statements => {
                let mut all = self.demands_of(statements);
                match all.len() {
                    0 => self.send(statements).await?,
                    demands => {
                        all.extend_from_slice(statements);
                        self.send(&all).await?.into_iter().skip(demands).collect()
                    }
                }
            }
        };
        Answer::new(&batch, rows)
    }

    /// Lets the first batch that changes things of that kind happen only where `demand` does not fail.
    pub fn demand(&self, kind: Kind, demand: Statement) {
        self.demand.replace(Some((kind, demand)));
    }

    /// Lets no batch from here on change anything where somebody has other roles than were judged; or every one again.
    pub fn demand_roles(&self, judged: Option<JudgedRoles>) {
        self.judged.replace(judged);
    }

    /// Whether that is why a change failed.
    pub async fn roles_have_changed(&self) -> bool {
        let judged = self.judged.borrow().clone();
        match judged {
            None => false,
            Some(judged) => self.read(judged.have_changed()).await.unwrap_or_default(),
        }
    }

    fn demands_of(&self, statements: &[Statement]) -> Vec<Statement> {
        let applies = |(kind, _): &mut (Kind, Statement)| statements.iter().any(|one| kind.is_changed_by(one));
        let of_kind = self.demand.borrow_mut().take_if(applies).map(|(_, demand)| demand);
        let judged = self.judged.borrow();
        let judged = judged.iter().filter(|_| statements.iter().any(Statement::changes));
        of_kind.into_iter().chain(judged.map(JudgedRoles::demand)).collect()
    }

    /// Runs one query.
    pub async fn read<T>(&self, query: Query<T>) -> Result<T, Fault> {
        let mut batch = Batch::default();
        let handle = batch.add(query);
        self.run(batch).await?.read(handle)
    }

    /// Runs statements whose rows nobody reads.
    pub async fn execute(&self, statements: impl IntoIterator<Item = Statement>) -> Result<(), Fault> {
        let mut batch = Batch::default();
        batch.extend(statements);
        self.run(batch).await.map(|_| ())
    }

    async fn send(&self, statements: &[Statement]) -> Result<Vec<Rows>, Fault> {
        let d1 = self.d1()?;
        self.trips.set(self.trips.get() + 1);
        // One text crosses the border instead of every value of every statement, and one instead of every column of every row.
        let values: Vec<_> = statements.iter().map(|statement| statement.values()).collect();
        let values = serde_json::to_string(&values).map_err(|cause| Fault::new("D1 values", cause))?;
        let values: Array = JSON::parse(&values).map_err(fault)?.unchecked_into();
        let prepared = Array::new();
        for (statement, values) in statements.iter().zip(values.iter()) {
            let bound = d1
                .prepare(statement.sql())
                .and_then(|prepared| prepared.bind(values.unchecked_into()));
            prepared.push(&JsValue::from(bound.map_err(fault)?));
        }
        let results = d1.batch(prepared).await;
        let json = JSON::stringify(&results.map_err(fault)?).map_err(fault)?;
        let rows = Rows::of_batch(&String::from(json))?;
        for (statement, rows) in statements.iter().zip(&rows) {
            if let Some(event) = statement.event().filter(|_| rows.any()) {
                self.events.borrow_mut().push(event);
                self.woken.set(self.is_woken() || rows.is_waking());
            }
        }
        Ok(rows)
    }
}

/// What D1 said.
fn fault(error: JsValue) -> Fault {
    js::fault("D1", &error)
}
