//! What the address of a page asks for.

use super::{
    failure::{PageFailure, Problem},
    request::Incoming,
};
use crate::oidc::params::Params;

impl Incoming {
    /// The parameters of a page that knows those of the names, of which each comes once.
    ///
    /// # Errors
    /// A page for others, and for one that comes twice.
    pub fn asked(&self, known: &[&str]) -> Result<Params, PageFailure> {
        let params = self.query_params().map_err(Problem::BadRequest)?;
        params.refuse_unknown(known).map_err(Problem::BadRequest)?;
        params.refuse_repeated().map_err(Problem::BadRequest)?;
        Ok(params)
    }
}
