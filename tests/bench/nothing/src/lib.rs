//! Does nothing: `GET /nothing` answers a word. `GET /work?trips=rrw.r&signatures=2` makes as many D1 trips as there are words,
//! each a batch of statements that read (`r`) or write (`w`) one row by its key, and as many RS256 signatures. With `kv=g` it reads
//! a name of KV that is not there; with `kv=gp` it also puts it, after the answer.

use std::cell::OnceCell;

use js_sys::{Object, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{CryptoKey, CryptoKeyPair, SubtleCrypto, WorkerGlobalScope};
use worker::{Context, Env, Request, Response, Result, event};

thread_local! {
    static KEY: OnceCell<CryptoKey> = const { OnceCell::new() };
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
    let signatures = parameter("signatures").and_then(|number| number.parse().ok()).unwrap_or(0);
    for _ in 0..signatures {
        sign().await?;
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

async fn sign() -> Result<()> {
    let key = match KEY.with(|cell| cell.get().cloned()) {
        Some(key) => key,
        None => {
            let key = generate().await?;
            KEY.with(|cell| _ = cell.set(key.clone()));
            key
        }
    };
    let input = Uint8Array::from([7; 600].as_slice());
    let signature = subtle()?.sign_with_str_and_js_u8_array("RSASSA-PKCS1-v1_5", &key, &input)?;
    Uint8Array::new(&JsFuture::from(signature).await?).to_vec();
    Ok(())
}

async fn generate() -> Result<CryptoKey> {
    let algorithm = Object::new();
    let set = |name: &str, value: JsValue| Reflect::set(&algorithm, &name.into(), &value);
    set("name", "RSASSA-PKCS1-v1_5".into())?;
    set("hash", "SHA-256".into())?;
    set("modulusLength", 2048.into())?;
    set("publicExponent", Uint8Array::from([1, 0, 1].as_slice()).into())?;
    let usages = js_sys::Array::of2(&"sign".into(), &"verify".into());
    let pair = subtle()?.generate_key_with_object(&algorithm, false, &usages)?;
    let pair: CryptoKeyPair = JsFuture::from(pair).await?.unchecked_into();
    Ok(pair.get_private_key())
}

fn subtle() -> Result<SubtleCrypto> {
    let global: WorkerGlobalScope = js_sys::global().unchecked_into();
    Ok(global.crypto()?.subtle())
}
