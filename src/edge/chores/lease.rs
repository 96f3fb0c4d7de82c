//! Leases: what one run does at a time, or no more often than that.

use crate::{db::housekeeping, edge::platform::context::Context, fault::Fault, time::Lifetime};

/// A name that one run has for itself until it gives it back, or the span is over.
pub struct Lease {
    name: &'static str,
    span: Lifetime,
}

impl Lease {
    pub const fn new(name: &'static str, span: Lifetime) -> Self {
        Self { name, span }
    }

    /// Takes it. `false` where another run has it.
    pub async fn take(&self, context: &Context) -> Result<bool, Fault> {
        let lease = housekeeping::take_lease(self.name, context.now, self.span);
        context.db.read(lease).await
    }

    pub async fn give_back(&self, context: &Context) -> Result<(), Fault> {
        let release = housekeeping::release_lease(self.name, context.now, self.span);
        context.db.execute([release]).await
    }
}
