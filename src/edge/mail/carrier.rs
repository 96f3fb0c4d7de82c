//! Hands a mail to Cloudflare's binding `EMAIL`, to a provider's API, or, in development, to the log.

use js_sys::{JSON, Reflect};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};

use crate::{
    config::{MailApi, MailSettings, Transport},
    edge::platform::{context::Context, fetch, log},
    mail::delivery::{self, Delivery, Verdict},
    web::fetch_url::{FetchUrl, LoopbackFetches},
};

#[wasm_bindgen]
extern "C" {
    /// `SendEmail`.
    type Sender;

    #[wasm_bindgen(method, catch)]
    async fn send(this: &Sender, message: JsValue) -> Result<JsValue, JsValue>;
}

/// The binding's name in wrangler.toml.
const BINDING: &str = "EMAIL";

/// The most bytes of an answer that are read.
const LONGEST_ANSWER: usize = 4_096;

/// Why a mail was not taken.
pub struct NotTaken {
    /// Whether trying again is of no use.
    pub for_good: bool,
    /// For the operator.
    pub problem: String,
}

impl NotTaken {
    pub fn for_now(problem: impl Into<String>) -> Self {
        Self {
            for_good: false,
            problem: problem.into(),
        }
    }
}

/// Hands a mail over.
pub async fn hand_over(mail: &Delivery<'_>, settings: &MailSettings, context: &Context) -> Result<(), NotTaken> {
    match &settings.transport {
        Transport::Development => {
            log::mail(&context.request_id, mail.to, mail.subject, mail.text);
            Ok(())
        }
        Transport::Cloudflare => by_binding(mail, settings, context).await,
        Transport::Http(api) => by_api(mail, api, settings).await,
    }
}

async fn by_binding(mail: &Delivery<'_>, settings: &MailSettings, context: &Context) -> Result<(), NotTaken> {
    let Some(binding) = context.binding(BINDING) else {
        return Err(NotTaken::for_now(
            "the binding EMAIL is missing: add [[send_email]] to limen.toml",
        ));
    };
    let message = JSON::parse(&delivery::message(settings, mail)).unwrap_or(JsValue::UNDEFINED);
    let Err(error) = binding.unchecked_into::<Sender>().send(message).await else {
        return Ok(());
    };
    let member = |name: &str| {
        Reflect::get(&error, &name.into())
            .ok()
            .and_then(|value| value.as_string())
    };
    let code = member("code").unwrap_or_default();
    let message = member("message").unwrap_or_default();
    Err(NotTaken {
        for_good: delivery::judge_code(&code) == Verdict::Refused,
        problem: delivery::shortened(&format!("{code} {message}")),
    })
}

async fn by_api(mail: &Delivery<'_>, api: &MailApi, settings: &MailSettings) -> Result<(), NotTaken> {
    let request = delivery::request(api, settings, mail);
    let url = FetchUrl::parse(&request.url, LoopbackFetches::Refused)
        .map_err(|why| NotTaken::for_now(format!("MAIL_API_URL {why}")))?;
    let answer = fetch::post(&url, &request.headers, &request.body, LONGEST_ANSWER).await;
    let answered = answer.map_err(|why| NotTaken::for_now(format!("the provider {}", why.why())))?;
    match delivery::judge(answered.status) {
        Verdict::Taken => Ok(()),
        verdict => Err(NotTaken {
            for_good: verdict == Verdict::Refused,
            problem: delivery::shortened(&format!("{} {}", answered.status, answered.text)),
        }),
    }
}
