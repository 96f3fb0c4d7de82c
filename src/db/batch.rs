//! Statements that run together, and what they give: a handle says where the rows of a query are, and how they are read.

use super::{Rows, Statement};
use crate::fault::Fault;

type Read<T> = fn(&Rows) -> Result<T, Fault>;

/// A statement whose rows are read as `T`.
pub struct Query<T> {
    statement: Statement,
    read: Read<T>,
}

/// Where the rows of a query are in what its batch gives.
pub struct Handle<T> {
    at: usize,
    read: Read<T>,
}

/// Statements that run in one transaction, in this order: all of them happen, or none.
#[derive(Default)]
pub struct Batch(Vec<Statement>);

/// What the statements of a batch gave.
pub struct Answer(Vec<Rows>);

impl Batch {
    /// Adds a query. The handle reads its rows from what this batch gives.
    pub fn add<T>(&mut self, query: Query<T>) -> Handle<T> {
        let at = self.0.len();
        self.0.push(query.statement);
        Handle { at, read: query.read }
    }

    /// Adds a query, where there is one.
    pub fn add_if<T>(&mut self, query: Option<Query<T>>) -> Option<Handle<T>> {
        query.map(|query| self.add(query))
    }

    /// Adds a statement whose rows nobody reads.
    pub fn push(&mut self, statement: impl Into<Statement>) {
        self.0.push(statement.into());
    }

    /// Adds statements whose rows nobody reads.
    pub fn extend(&mut self, statements: impl IntoIterator<Item = Statement>) {
        self.0.extend(statements);
    }

    pub fn statements(&self) -> &[Statement] {
        &self.0
    }
}

impl Answer {
    /// Takes what a batch gave: as many `rows` as it has statements, in their order.
    pub fn new(batch: &Batch, rows: Vec<Rows>) -> Result<Self, Fault> {
        match rows.len() == batch.0.len() {
            true => Ok(Self(rows)),
            false => Err(Fault::new("D1", "as many results as statements were expected")),
        }
    }

    /// The rows of a query of this batch.
    pub fn read<T>(&self, handle: Handle<T>) -> Result<T, Fault> {
        match self.0.get(handle.at) {
            Some(rows) => (handle.read)(rows),
            None => Err(Fault::new("D1", "the handle is of another batch")),
        }
    }

    /// The rows of a query that was perhaps added.
    pub fn read_if<T>(&self, handle: Option<Handle<T>>) -> Result<Option<T>, Fault> {
        handle.map(|handle| self.read(handle)).transpose()
    }
}

impl Statement {
    /// The query whose rows `read` reads.
    pub(super) fn read_by<T>(self, read: Read<T>) -> Query<T> {
        Query { statement: self, read }
    }

    /// The query that says whether there is a row: with `RETURNING`, whether the statement did anything.
    pub(super) fn any(self) -> Query<bool> {
        self.read_by(|rows| Ok(rows.any()))
    }
}

impl<T> From<Query<T>> for Statement {
    fn from(query: Query<T>) -> Self {
        query.statement
    }
}
