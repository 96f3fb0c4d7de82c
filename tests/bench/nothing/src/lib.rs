//! Does nothing: `GET /nothing` answers a word. `GET /work?trips=rrw.r&signatures=2` makes as many D1 trips as there are words,
//! each a batch of statements that read (`r`) or write (`w`) one row by its key, and as many RS256 signatures; `verifications=1`
//! verifies one. With `kv=g` it reads a name of KV that is not there; with `kv=gp` it also puts it, after the answer.

use std::cell::OnceCell;

use js_sys::{Object, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{CryptoKeyPair, SubtleCrypto, WorkerGlobalScope};
use worker::{Context, Env, Request, Response, Result, event};

const ALGORITHM: &str = "RSASSA-PKCS1-v1_5";

thread_local! {
    static KEYS: OnceCell<CryptoKeyPair> = const { OnceCell::new() };
    static SIGNATURE: OnceCell<Uint8Array> = const { OnceCell::new() };
}

#[event(fetch)]
async fn fetch(request: Request, env: Env, background: Context) -> Result<Response> {
    if request.path() == "/nothing" {
        return Response::ok("nothing");
    }
    let url = request.url()?;
    let parameter = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    let kv = parameter("kv").unwrap_or_default();
    if kv.contains('g') {
        env.kv("KV")?.get("nothing").text().await?;
    }
    for trip in parameter("trips").unwrap_or_default().split('.').filter(|trip| !trip.is_empty()) {
        make_trip(trip, &env).await?;
    }
    let number = |name: &str| parameter(name).and_then(|number| number.parse().ok()).unwrap_or(0);
    for _ in 0..number("signatures") {
        sign().await?.to_vec();
    }
    for _ in 0..number("verifications") {
        verify().await?;
    }
    if kv.contains('p') {
        let put = env.kv("KV")?.put("nothing", "nothing")?.expiration_ttl(3_600);
        background.wait_until(async move { _ = put.execute().await });
    }
    Response::ok("done")
}

async fn make_trip(trip: &str, env: &Env) -> Result<()> {
    let db = env.d1("DB")?;
    let statement = |kind| match kind {
        'r' => db.prepare("SELECT value FROM counts WHERE key = ?"),
        _ => db.prepare("UPDATE counts SET value = value + 1 WHERE key = ?"),
    };
    let key = [JsValue::from_str("key")];
    let statements = trip.chars().map(|kind| statement(kind).bind(&key)).collect::<Result<_>>()?;
    db.batch(statements).await?;
    Ok(())
}

/// What is signed.
fn input() -> Uint8Array {
    Uint8Array::from([7; 600].as_slice())
}

async fn sign() -> Result<Uint8Array> {
    let key = keys().await?.get_private_key();
    let signature = subtle()?.sign_with_str_and_js_u8_array(ALGORITHM, &key, &input())?;
    Ok(Uint8Array::new(&JsFuture::from(signature).await?))
}

async fn verify() -> Result<bool> {
    let signature = match SIGNATURE.with(|cell| cell.get().cloned()) {
        Some(signature) => signature,
        None => {
            let signature = sign().await?;
            SIGNATURE.with(|cell| _ = cell.set(signature.clone()));
            signature
        }
    };
    let key = keys().await?.get_public_key();
    let holds = subtle()?.verify_with_str_and_js_u8_array_and_js_u8_array(ALGORITHM, &key, &signature, &input())?;
    Ok(JsFuture::from(holds).await?.is_truthy())
}

async fn keys() -> Result<CryptoKeyPair> {
    if let Some(keys) = KEYS.with(|cell| cell.get().cloned()) {
        return Ok(keys);
    }
    let keys = generate().await?;
    KEYS.with(|cell| _ = cell.set(keys.clone()));
    Ok(keys)
}

async fn generate() -> Result<CryptoKeyPair> {
    let algorithm = Object::new();
    let set = |name: &str, value: JsValue| Reflect::set(&algorithm, &name.into(), &value);
    set("name", ALGORITHM.into())?;
    set("hash", "SHA-256".into())?;
    set("modulusLength", 2048.into())?;
    set("publicExponent", Uint8Array::from([1, 0, 1].as_slice()).into())?;
    let usages = js_sys::Array::of2(&"sign".into(), &"verify".into());
    let pair = subtle()?.generate_key_with_object(&algorithm, false, &usages)?;
    Ok(JsFuture::from(pair).await?.unchecked_into())
}

fn subtle() -> Result<SubtleCrypto> {
    let global: WorkerGlobalScope = js_sys::global().unchecked_into();
    Ok(global.crypto()?.subtle())
}
