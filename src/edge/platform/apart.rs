//! Futures that stay functions of their own.

use std::pin::Pin;

/// A future that is known by its trait alone.
///
/// The engine compiles a function whole when it is first called, and a future that is awaited by name becomes a part of the one
/// that awaits it. So what few requests need is kept out of what many do.
#[inline(never)]
pub fn apart<'a, T>(future: impl Future<Output = T> + 'a) -> Pin<Box<dyn Future<Output = T> + 'a>> {
    Box::pin(future)
}
