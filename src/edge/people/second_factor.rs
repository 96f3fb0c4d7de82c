//! Second factors: secrets of one-time codes as they are stored, codes that are tried, and recovery codes that are made.

use super::sign_in::SignInRequest;
use crate::{
    account::{
        recovery_code::{COUNT, RecoveryCode},
        throttle::{self, Counter},
        totp::TotpSecret,
        user::User,
    },
    audit::{Actor, Entry, Event},
    db::{
        Batch, Handle, Statement, audit,
        second_factors::{self, Factors, StoredApp},
        throttles::{self, Count},
    },
    edge::{
        http::{browser::Browser, request::Incoming},
        keys::crypto::SealingKey,
        platform::{context::Context, random},
    },
    fault::Fault,
    pages::{Language, RecoveryCodesPage, ShownSecret},
    reply::Reply,
    routes::Endpoint,
    secret::{Hash, KekVersion, Purpose, WrappedSecret},
    time::Lifetime,
};

/// A code that somebody typed.
#[derive(Clone, Copy)]
pub enum Typed<'a> {
    /// Shown by an app.
    Code(&'a str),
    /// A recovery code.
    RecoveryCode(&'a str),
}

/// The counters of attempts at a code: two of the person, for a few minutes and for a day, and one of the network.
pub struct Counters([Counter; 3]);

/// Reads their counts from the answer to a batch.
pub struct CountersHandles([Handle<Count>; 3]);

impl Counters {
    pub fn of(user_id: &str, browser: &Browser, request: &Incoming, context: &Context) -> Self {
        let key = context.config.roots.current(Purpose::Throttle);
        let [person, today] = browser.code_counters(user_id, context);
        Self([person, today, throttle::of_codes(&key, &request.address())])
    }

    /// Counts an attempt before it is made, so that parallel ones count too.
    pub fn count(&self, batch: &mut Batch, context: &Context) -> CountersHandles {
        let mut count = |counter| batch.add(throttles::count_address(counter, context.now));
        let [person, today, network] = &self.0;
        CountersHandles([count(person), count(today), count(network)])
    }

    /// `None` below the limits; otherwise how long to wait, and whether this attempt is the first one over a limit.
    pub fn wait(&self, counts: &[Count; 3], context: &Context) -> Option<(Lifetime, bool)> {
        let pairs = || counts.iter().zip(&self.0);
        let wait = pairs()
            .filter_map(|(count, counter)| count.wait(counter, context.now))
            .max()?;
        Some((wait, pairs().any(|(count, counter)| count.is_first_over(counter))))
    }

    /// Forgets the attempts, after a right code. Of a day only this one: others may have guessed, too.
    pub fn forgive(&self) -> [Statement; 3] {
        let [person, today, network] = &self.0;
        [
            throttles::reset(person),
            throttles::forgive(today),
            throttles::forgive(network),
        ]
    }
}

impl CountersHandles {
    pub fn read(self, rows: &crate::db::Answer) -> Result<[Count; 3], Fault> {
        let [person, today, network] = self.0;
        Ok([rows.read(person)?, rows.read(today)?, rows.read(network)?])
    }
}

/// What stands for a code that went to an address where otherwise the hash of a password does.
pub fn proof_of_mail(address: &str) -> String {
    format!("mail to {address}")
}

/// Sends somebody who has just shown their first factor on to the page for their second one. `shown`: the hash of a password, or
/// [`proof_of_mail`].
pub fn after_first_factor(
    sign_in: &SignInRequest,
    (user_id, shown): (&str, &str),
    can_have_passkey: bool,
    context: &Context,
) -> Reply {
    let destination = sign_in.destination_name();
    let first = sign_in.browser.note_first_factor(user_id, shown, destination, context);
    let offer = if can_have_passkey { "&can_have_passkey=yes" } else { "" };
    Reply::see_other(format!(
        "{}&first={first}{offer}",
        sign_in.address_of(Endpoint::SecondFactor)
    ))
}

/// The statement that uses a code up, if it is one of the person's. The statement after it in the batch runs only if it did.
pub async fn check(
    typed: Typed<'_>,
    (user_id, factors): (&str, &Factors),
    context: &Context,
) -> Result<Option<Statement>, Fault> {
    match typed {
        Typed::RecoveryCode(typed) => Ok(RecoveryCode::parse(typed).map(|code| {
            let hashes = json_of(&code.hashes(&context.config.roots, user_id));
            second_factors::use_recovery_code(user_id, &hashes, context.now)
        })),
        Typed::Code(typed) => {
            let mut found = None;
            for app in &factors.apps {
                let Some(secret) = open(app, user_id, context).await? else {
                    continue;
                };
                if let Some(step) = secret.step_of(typed, context.now) {
                    move_later(&secret, app, user_id, context);
                    found = Some(second_factors::use_step(&app.row_id, step, context.now));
                }
            }
            Ok(found)
        }
    }
}

/// Writes down that a code was refused.
pub async fn refuse(user_id: &str, typed: Typed<'_>, context: &Context) -> Result<(), Fault> {
    let kind = match typed {
        Typed::Code(_) => "code",
        Typed::RecoveryCode(_) => "recovery_code",
    };
    let entry = Entry::new(Event::SignInFailed, Actor::Anybody)
        .user(user_id)
        .detail(serde_json::json!({ "second_factor": kind }));
    context.db.execute(audit::record_guess(&entry, context)).await
}

/// Writes down that there were too many attempts.
pub async fn refuse_more(user_id: &str, context: &Context) -> Result<(), Fault> {
    let entry = Entry::new(Event::Throttled, Actor::Anybody).user(user_id);
    context.db.execute(audit::record_guess(&entry, context)).await
}

/// A secret that somebody is shown, to set up an app.
pub fn new_secret() -> Result<TotpSecret, Fault> {
    Ok(TotpSecret::new(random::bytes()?))
}

/// A secret as its person is shown it.
pub fn shown(secret: &TotpSecret, user: &User, browser: &Browser, context: &Context) -> ShownSecret {
    let key = context.config.roots.current(Purpose::Totp);
    let issuer = context.config.issuer.as_str();
    let host = issuer.split_once("://").map_or(issuer, |(_, host)| host);
    let name = context.config.brand.name.as_deref().unwrap_or(host);
    ShownSecret {
        uri: secret.uri(name, user.username.as_str()),
        text: secret.expose(),
        sealed: secret.seal_to_form(&key, &browser.owner_of_secret(&user.id), context.now),
    }
}

/// A secret as it is stored: for this person and this row alone.
pub async fn wrap(secret: &TotpSecret, user_id: &str, row_id: &str, context: &Context) -> Result<WrappedSecret, Fault> {
    let version = context.config.roots.current_version();
    let sealed = sealing_key(version, context).await?;
    let sealed = sealed
        .seal(&secret.expose(), &binding(user_id, row_id, version))
        .await?;
    Ok(WrappedSecret::new(version, &sealed))
}

/// The id of the row of a secret.
pub fn row_id(secret: &TotpSecret, context: &Context) -> String {
    secret.row_id(&context.config.roots.current(Purpose::Totp))
}

/// New recovery codes, and what is stored of them.
pub fn new_recovery_codes(user_id: &str, context: &Context) -> Result<(Vec<RecoveryCode>, String), Fault> {
    let codes: Vec<_> = (0..COUNT)
        .map(|_| Ok(RecoveryCode::new(random::bytes()?)))
        .collect::<Result<_, Fault>>()?;
    let hashes: Vec<_> = codes
        .iter()
        .map(|code| code.hash(&context.config.roots, user_id))
        .collect();
    let hashes = json_of(&hashes);
    Ok((codes, hashes))
}

/// The page that shows new recovery codes, this once, and leads to `go_on`.
pub fn recovery_codes_page(codes: &[RecoveryCode], go_on: &str, language: Language) -> String {
    RecoveryCodesPage {
        language,
        codes: codes.iter().map(RecoveryCode::expose).collect(),
        go_on,
    }
    .to_html()
}

/// The secret of an app. `None` where its root key is no longer configured: its codes cannot be checked.
pub async fn open(app: &StoredApp, user_id: &str, context: &Context) -> Result<Option<TotpSecret>, Fault> {
    let (version, sealed) = app
        .wrapped
        .parts()
        .ok_or_else(|| Fault::new("second factors", "odd wrapped secret"))?;
    if !context.config.roots.versions().any(|configured| configured == version) {
        return Ok(None);
    }
    let key = sealing_key(version, context).await?;
    let text = key.open(sealed, &binding(user_id, &app.row_id, version)).await?;
    Ok(TotpSecret::parse(&text))
}

/// Moves a secret to the current root, after the answer: so the older root can be dropped some day.
fn move_later(secret: &TotpSecret, app: &StoredApp, user_id: &str, context: &Context) {
    let current = context.config.roots.current_version();
    if app.wrapped.parts().is_some_and(|(version, _)| version == current) {
        return;
    }
    let (secret, user_id) = (secret.clone(), user_id.to_owned());
    let read = StoredApp {
        row_id: app.row_id.clone(),
        wrapped: app.wrapped.clone(),
    };
    context.after_answer(async move |later| {
        let moved = wrap(&secret, &user_id, &read.row_id, later).await?;
        later.db.execute([second_factors::move_app(&read, &moved)]).await
    });
}

async fn sealing_key(version: KekVersion, context: &Context) -> Result<SealingKey, Fault> {
    let key = context
        .config
        .roots
        .derive(version, Purpose::WrapTotp)
        .ok_or_else(|| Fault::new("second factors", format_args!("KEK_{version} is not configured")))?;
    SealingKey::import(&key).await
}

fn binding(user_id: &str, row_id: &str, version: KekVersion) -> String {
    format!("{user_id}\n{row_id}\n{version}")
}

fn json_of(hashes: &[Hash]) -> String {
    let hashes: Vec<_> = hashes.iter().map(Hash::as_str).collect();
    serde_json::to_string(&hashes).unwrap_or_default()
}
