//! Answers that may be there at once: a promise and its microtasks cost more than many an answer does.

use std::{
    future::{Future, poll_fn},
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
};

use futures_util::task::AtomicWaker;
use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::future_to_promise;

/// What `future` gives where it waits for nothing, and a promise of it otherwise.
pub fn at_once(future: impl Future<Output = Result<JsValue, JsValue>> + 'static) -> JsValue {
    let mut future = Box::pin(future);
    let relay = Arc::new(Relay::default());
    let waker = Waker::from(relay.clone());
    match future.as_mut().poll(&mut Context::from_waker(&waker)) {
        Poll::Ready(Ok(value)) => value,
        Poll::Ready(Err(error)) => Promise::reject(&error).into(),
        Poll::Pending => {
            let waiting = poll_fn(move |context| {
                relay.0.register(context.waker());
                future.as_mut().poll(&mut Context::from_waker(&waker))
            });
            future_to_promise(waiting).into()
        }
    }
}

/// Wakes whoever polls last. A timer keeps the waker of its first poll, when there is no promise yet.
#[derive(Default)]
struct Relay(AtomicWaker);

impl Wake for Relay {
    fn wake(self: Arc<Self>) {
        self.0.wake();
    }
}
