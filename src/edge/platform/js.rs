//! What the platform hands over: bindings, streams, and what it says when something fails.

use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStream, ReadableStreamDefaultReader};
use worker::Env;

use crate::fault::Fault;

#[wasm_bindgen]
extern "C" {
    /// The fields of a form (XHR standard section 5).
    pub type FormData;
    #[wasm_bindgen(method, js_name = getAll)]
    pub fn get_all(this: &FormData, name: &str) -> js_sys::Array;

    /// A file of a form (File API section 3).
    pub type Blob;
    #[wasm_bindgen(method, js_name = arrayBuffer)]
    pub fn array_buffer(this: &Blob) -> js_sys::Promise;
}

/// The binding of that name, taken for what it is said to be.
pub fn binding<T: JsCast>(env: &Env, name: &str) -> Option<T> {
    let bound = Reflect::get(env, &name.into()).ok()?;
    bound.is_object().then(|| bound.unchecked_into())
}

/// A failure of `what`, in the platform's words.
pub fn fault(what: &'static str, error: &JsValue) -> Fault {
    match error.dyn_ref::<js_sys::Error>() {
        Some(error) => Fault::new(what, String::from(error.message())),
        None => Fault::new(what, format!("{error:?}")),
    }
}

/// What comes out of a stream, chunk by chunk, until that is more than `most` bytes: what it says of its length may be untrue. And
/// why it broke off, where it did.
pub async fn read(stream: &ReadableStream, most: usize) -> (Vec<u8>, Result<(), JsValue>) {
    let reader: ReadableStreamDefaultReader = stream.get_reader().unchecked_into();
    let mut bytes = Vec::new();
    while bytes.len() <= most {
        match next_chunk(&reader).await {
            Ok(Some(chunk)) => bytes.extend(chunk.to_vec()),
            Ok(None) => return (bytes, Ok(())),
            Err(error) => return (bytes, Err(error)),
        }
    }
    _ = reader.cancel();
    (bytes, Ok(()))
}

async fn next_chunk(reader: &ReadableStreamDefaultReader) -> Result<Option<Uint8Array>, JsValue> {
    let chunk = JsFuture::from(reader.read()).await?;
    let bytes = Reflect::get(&chunk, &"value".into())?;
    Ok((!bytes.is_undefined()).then(|| Uint8Array::new(&bytes)))
}
