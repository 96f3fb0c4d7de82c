//! What is told of a setting: its value as it is in force, and where that comes from. Of a secret it is told whether there is one.

use serde::Serialize;

/// A setting as it is in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// The name of its variable.
    pub name: String,
    /// The text that it has, or as which it would be written. None where there is none, or it is secret.
    pub value: Option<String>,
    /// Where it comes from.
    pub source: Source,
    /// Whether its value is not told. What nobody has said to be public is secret.
    pub secret: bool,
}

/// Where a setting comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// It is set, as a variable or a secret.
    Variable,
    /// It is not set.
    Default,
    /// It is as another setting has it.
    Implied,
}
