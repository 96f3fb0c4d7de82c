//! How this deployment looks.

use std::{cell::OnceCell, rc::Rc};

use crate::{config::Config, pages::Look};

thread_local! {
    /// It changes with the settings alone: not while an isolate lives.
    static LOOK: OnceCell<Rc<Look>> = const { OnceCell::new() };
}

/// The look of this deployment, which is made once.
pub fn of(config: &Config) -> Rc<Look> {
    LOOK.with(|look| look.get_or_init(|| make(config)).clone())
}

#[inline(never)]
#[cold]
fn make(config: &Config) -> Rc<Look> {
    Rc::new(Look::of(config))
}
