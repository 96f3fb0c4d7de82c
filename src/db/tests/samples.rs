//! A sample of every statement.

use std::collections::BTreeMap;

use serde_json::json;

use crate::{
    account::{
        passkey::{self, Challenge, New, Passkey, State},
        throttle::Counter,
        user::{User, Username},
    },
    audit::{Actor, Entry, Event, Occasion},
    config::{Lifetimes, LogoutRevokes},
    db::{
        Statement, audit,
        clients::{self, ClientRecord},
        codes::{self, Redemption},
        credentials::{self, Answered, Owner, SetUpLink},
        fetches::{self, Asking, Charge},
        grants::{self, Allowing},
        housekeeping,
        logout_outbox::{self, Notice},
        preconditions::Preconditions,
        proof::Proof,
        pushed_requests,
        pushed_requests::Pushing,
        readiness::Ready,
        replay::OneUse,
        session_clients,
        sessions::{self, Ending, NewSession, Shown},
        signing_keys::{self, WrappedKey},
        throttles,
        token_conditions::TokenConditions,
        token_families::{self, Refreshing},
        users,
    },
    oidc::{
        authentication::Authentication,
        authorize::{AuthRequest, Prompt},
        claims::StandardClaims,
        claims_request::ClaimsRequest,
        client::{
            Client, SecretAtRest, StoredSecret,
            client_assertion::SingleUse,
            client_auth::{ClientCredentials, Presented},
            client_metadata::{AuthMethod, ResponseType},
        },
        jose::{
            audience::Audience,
            jwt::SigningAlg,
            provider_key::{DecryptionAlg, KeyAlg, ProviderKey, Schedule},
        },
        proven::{Proven, Strength},
        resource_indicator::Targets,
        scope::Scope,
        subject::SubjectSalt,
        token::{access_token::AccessTokenClaims, code_grant::CodeRequest, refresh_grant::RefreshToken},
    },
    secret::{ClientSecret, Hash, OpaqueToken, RootKeys, WrappedSecret},
    time::{Lifetime, UnixTime},
};

const NOW: UnixTime = UnixTime(1_800_000_000);

/// An hour of the tests' own.
struct Then;

impl Occasion for Then {
    fn now(&self) -> UnixTime {
        NOW
    }

    fn network(&self) -> Option<&str> {
        Some("192.0.2.0/24")
    }

    fn request_id(&self) -> &str {
        "r"
    }
}

fn lifetimes() -> Lifetimes {
    Lifetimes {
        code: Lifetime::minutes(1),
        access_token: Lifetime::minutes(10),
        id_token: Lifetime::hours(1),
        refresh_token: Lifetime::days(90),
        refresh_token_idle: Lifetime::days(30),
        refresh_grace: Lifetime(30),
        session: Lifetime::days(30),
        session_idle: Lifetime::days(7),
        audit: Lifetime::days(90),
    }
}

fn client() -> Client {
    Client {
        client_id: "c".to_owned(),
        version: 1,
        issued_at: NOW,
        metadata: serde_json::from_value(json!({ "redirect_uris": ["https://app.acme.org/cb"] })).unwrap(),
        document_fresh_until: None,
    }
}

fn user() -> User {
    User {
        id: "u".to_owned(),
        subject_salt: SubjectSalt::new([1; 32]),
        username: Username::parse("ada").unwrap(),
        claims: StandardClaims::default(),
        disabled_at: None,
        created_at: NOW,
        updated_at: NOW,
    }
}

fn request() -> AuthRequest {
    AuthRequest {
        response_type: ResponseType::Code,
        scope: Scope::parse("openid email").unwrap(),
        claims: ClaimsRequest::default(),
        resources: Targets::default(),
        nonce: None,
        code_challenge: None,
        prompt: Prompt::default(),
        max_age: None,
        id_token_hint: None,
        refreshable: false,
        strongest: Strength::PhishingResistant,
    }
}

fn provider_key() -> ProviderKey {
    ProviderKey {
        kid: "k".to_owned(),
        alg: KeyAlg::Sign(SigningAlg::RS256),
        jwk: json!({ "kty": "RSA" }),
        schedule: Schedule {
            publish_at: NOW,
            activate_at: NOW,
            retire_at: None,
            remove_at: None,
            revoked_at: None,
        },
    }
}

/// Every function that makes statements, as `file::function`, with what it makes. Where it makes several, or others for other
/// values, each stands here.
pub fn samples() -> Vec<(&'static str, Statement)> {
    let mut all = Vec::new();
    about_people(&mut all);
    about_clients(&mut all);
    about_fetches(&mut all);
    about_tokens(&mut all);
    about_the_rest(&mut all);
    all
}

type Samples = Vec<(&'static str, Statement)>;

fn add(all: &mut Samples, name: &'static str, statements: impl IntoIterator<Item: Into<Statement>>) {
    all.extend(statements.into_iter().map(|statement| (name, statement.into())));
}

fn hash() -> Hash {
    Hash::stored("1.h".to_owned())
}

fn counter() -> Counter {
    Counter {
        key: "t".to_owned(),
        limit: 10,
    }
}

fn about_credentials(all: &mut Samples) {
    let (user, hash) = (user(), hash());
    let state = State {
        counter: 1,
        backed_up: true,
    };
    let challenge = Challenge {
        id: "x".to_owned(),
        expires_at: NOW,
    };
    let new = New {
        challenge: String::new(),
        passkey: Passkey {
            id: "aWQ".to_owned(),
            alg: passkey::KeyAlg::ES256,
            jwk: json!({}),
            aaguid: String::new(),
            transports: Vec::new(),
            backup_eligible: true,
        },
        state,
    };
    let link = SetUpLink {
        user_id: "u".to_owned(),
        hash: hash.clone(),
        oldest: NOW,
    };
    let counter = Counter {
        key: "k".to_owned(),
        limit: 100,
    };
    let answered_now = Answered {
        challenge: &challenge,
        counter: &counter,
    };
    add(all, "credentials::count", [answered_now.count(NOW)]);
    add(all, "credentials::find_passkey", [credentials::find_passkey("k")]);
    add(
        all,
        "credentials::use_passkey",
        credentials::use_passkey("k", state, &answered_now, NOW),
    );
    for owner in [Owner::Behind(&hash), Owner::Is(&user), Owner::Linked(&link)] {
        let (insert, answered) = credentials::add_passkey(&new, Some("Phone"), &owner, &answered_now, NOW);
        add(all, "credentials::add_passkey", [insert.into(), answered]);
    }
    add(
        all,
        "credentials::rename_own",
        [credentials::rename_own(&hash, "k", Some("Phone"))],
    );
    add(
        all,
        "credentials::remove_own",
        [credentials::remove_own(&hash, "k", "[]")],
    );
    add(all, "credentials::remove", [credentials::remove("u", "k")]);
    add(all, "credentials::list_own", [credentials::list_own(&hash)]);
    add(all, "credentials::list_of", [credentials::list_of("u")]);
    add(all, "credentials::offer", [credentials::offer("u", "s", NOW, NOW)]);
    add(all, "credentials::find", [link.find()]);
    add(all, "credentials::use_up_if_changed", [link.use_up_if_changed()]);
    add(
        all,
        "credentials::set_password",
        [link.set_password("p", "$argon2id$", NOW)],
    );
    add(
        all,
        "credentials::make_set_up_link",
        [credentials::make_set_up_link("u", &hash, NOW)],
    );
}

fn about_people(all: &mut Samples) {
    let (user, hash, lifetimes, counter) = (user(), hash(), lifetimes(), counter());
    add(all, "users::find_by_login", [users::find_by_login("Ada", "ada")]);
    add(all, "users::find_with_password", [users::find_with_password("u")]);
    add(all, "users::list_unfolded", [users::list_unfolded(100)]);
    add(all, "users::fold", [users::fold(&user)]);
    add(all, "users::find", [users::find("u")]);
    add(all, "users::find_by_family", [users::find_by_family("f")]);
    add(all, "users::list", [users::list("", 100)]);
    let named = [
        (Some("ada"), None),
        (None, Some("ada@acme.org")),
        (Some("ada"), Some("ada@acme.org")),
    ];
    add(
        all,
        "users::find_named",
        named.map(|(username, email)| users::find_named(username, email)),
    );
    add(all, "users::find_rival", [users::find_rival(&user, &user)]);
    let another = User {
        id: "another".to_owned(),
        ..user.clone()
    };
    add(all, "users::insert", [users::insert(&another)]);
    add(all, "users::update", [users::update(&user, &user)]);
    add(all, "users::update_own", [users::update_own(&user, &user, &hash)]);
    add(
        all,
        "users::set_password",
        [users::set_password("p", &user, "$argon2id$", NOW)],
    );
    add(
        all,
        "users::change_password",
        [users::change_password(&hash, "$argon2id$", NOW)],
    );
    add(
        all,
        "users::set_own_password",
        [users::set_own_password("p", &hash, "$argon2id$", NOW)],
    );
    about_credentials(all);
    add(all, "users::summarize", [users::summarize(&hash, &lifetimes, NOW)]);
    add(all, "users::delete", [users::delete("u")]);
    add(all, "users::delete_own", [users::delete_own(&hash)]);

    let authentication = Authentication {
        session_id: "s".to_owned(),
        user_id: "u".to_owned(),
        proven: Proven::password(NOW),
    };
    let session = NewSession {
        hash: &hash,
        authentication: &authentication,
        shown: Shown::Password("$argon2id$"),
        user_agent: "Firefox",
    };
    let link = SetUpLink {
        user_id: "u".to_owned(),
        hash: hash.clone(),
        oldest: NOW,
    };
    let endings = [
        Ending::Held("[]"),
        Ending::Evicted {
            hashes: "[]",
            user_id: "u",
            session_id: "s",
        },
        Ending::Surplus {
            user_id: "u",
            session_id: "s",
            idle_since: NOW,
            now: NOW,
        },
        Ending::One {
            by: &hash,
            session_id: "s",
        },
        Ending::Others {
            user_id: "u",
            kept: "s",
        },
        Ending::Everything { user_id: "u" },
        Ending::EverythingOf(&user),
        Ending::EverythingBehind(&hash),
        Ending::EverythingLinked(&link),
    ];
    add(all, "sessions::find", [sessions::find(&hash, &lifetimes, NOW)]);
    add(all, "sessions::find_held", [sessions::find_held("[]", &lifetimes, NOW)]);
    add(all, "sessions::touch", [sessions::touch(&hash, &lifetimes, NOW)]);
    add(all, "sessions::insert", [sessions::insert(&session, &lifetimes)]);
    let just_now = NewSession {
        shown: Shown::JustNow,
        ..session
    };
    add(all, "sessions::insert", [sessions::insert(&just_now, &lifetimes)]);
    add(all, "sessions::supersede", [sessions::supersede("s", "u", "[]")]);
    add(all, "sessions::list_own", [sessions::list_own(&hash, &lifetimes, NOW)]);
    add(all, "sessions::list_of", [sessions::list_of("u", &lifetimes, NOW)]);
    add(
        all,
        "sessions::renew",
        [sessions::renew(&hash, &hash, "$argon2id$", NOW)],
    );
    let ended = Entry::new(Event::SessionEnded, Actor::Person);
    for which in &endings {
        add(all, "sessions::delete_codes", [which.delete_codes()]);
        let revokes = [LogoutRevokes::Online, LogoutRevokes::All, LogoutRevokes::Nothing];
        add(
            all,
            "sessions::delete_tokens",
            revokes.into_iter().filter_map(|revokes| which.delete_tokens(revokes)),
        );
        add(all, "sessions::delete", [which.delete()]);
        add(
            all,
            "session_clients::with_front_channel",
            [session_clients::with_front_channel(which)],
        );
        add(all, "logout_outbox::write", [logout_outbox::write(which, NOW)]);
        add(
            all,
            "audit::record_ending",
            [audit::record_ending(&ended, which, &Then)],
        );
    }
    add(
        all,
        "session_clients::inherit",
        [session_clients::inherit("s", "u", "[]")],
    );
    add(
        all,
        "session_clients::forget_oldest",
        session_clients::forget_oldest("s"),
    );
    add(all, "session_clients::names_at", [session_clients::names_at("[]", "c")]);

    let guess = throttles::Guess {
        folded: "ada",
        account: &counter,
        address: &counter,
        known: &[(
            "u".to_owned(),
            Counter {
                key: "own".to_owned(),
                limit: 10,
            },
        )],
    };
    let [address, account] = [
        throttles::count_address_of(&guess, NOW),
        throttles::count_account_of(&guess, NOW),
    ];
    add(all, "throttles::count_address_of", [address]);
    add(all, "throttles::count_account_of", [account]);
    add(
        all,
        "throttles::count_address",
        [throttles::count_address(&counter, NOW)],
    );
    add(
        all,
        "throttles::count_stranger",
        [throttles::count_stranger("c", &counter, NOW)],
    );
    add(all, "throttles::forgive", [throttles::forgive(&counter)]);
    add(all, "throttles::reset", [throttles::reset(&counter)]);
}

fn about_clients(all: &mut Samples) {
    let (client, hash, request) = (client(), hash(), request());
    let secret = SecretAtRest {
        hash: hash.clone(),
        wrapped: Some(WrappedSecret::new(1, "w")),
    };
    let record = ClientRecord {
        client: Client {
            client_id: "another".to_owned(),
            ..client.clone()
        },
        secret: Some(StoredSecret {
            current: secret.clone(),
            previous: Some((secret.clone(), NOW)),
        }),
        registration_token_hash: Some(hash.clone()),
        registered_openly: false,
        unused_since: None,
        last_used_at: None,
    };
    add(all, "clients::find", [clients::find("c")]);
    add(all, "clients::insert", [clients::insert(&record)]);
    add(all, "clients::put_described", [clients::put_described(&client, NOW)]);
    add(all, "clients::update", [clients::update(&record, 1, NOW)]);
    add(all, "clients::move_secret", [clients::move_secret("c", &hash, &secret)]);
    add(all, "clients::mark_used", [clients::mark_used("c", NOW)]);
    add(all, "clients::delete", [clients::delete("c")]);
    add(all, "clients::delete_own", [clients::delete_own("c", Some(&hash))]);

    add(all, "clients::forget_people", clients::forget_people("c", 1));
    let described = clients::forget_people_of_described(&client);
    add(all, "clients::forget_people_of_described", described);

    add(all, "grants::find_by_session", [grants::find_by_session(&hash, "c")]);
    add(
        all,
        "grants::allow",
        [None, Some(&hash)].map(|pushed| {
            let allowing = Allowing {
                grant_id: "g",
                session_hash: &hash,
                client: &client,
                request: &request,
                pushed,
            };
            grants::allow(&allowing, NOW)
        }),
    );
    add(all, "grants::revoke", [grants::revoke("u", "c")]);
    add(all, "grants::revoke_own", [grants::revoke_own(&hash, "c")]);
    add(all, "grants::list_own", [grants::list_own(&hash)]);
    add(all, "grants::list_of", [grants::list_of("u")]);

    add(all, "pushed_requests::sweep", [pushed_requests::sweep(NOW)]);
    add(all, "pushed_requests::find", [pushed_requests::find(&hash, "c", NOW)]);
    let turned_down = pushed_requests::take_turned_down(&hash, "c");
    add(all, "pushed_requests::take_turned_down", [turned_down]);
    add(all, "pushed_requests::find_again", [pushed_requests::find_again(&hash)]);

    add(all, "logout_outbox::take", [logout_outbox::take("l", 10, NOW)]);
    add(all, "logout_outbox::taken", [logout_outbox::taken("l")]);
    add(all, "logout_outbox::delete", [logout_outbox::delete("[]")]);
    let notice = Notice {
        id: "n".to_owned(),
        client: client.clone(),
        user_id: "u".to_owned(),
        subject_salt: SubjectSalt::new([1; 32]),
        session_id: "s".to_owned(),
        target: Some("https://app.acme.org/logout".to_owned()),
        attempts: 1,
        created_at: NOW,
    };
    add(
        all,
        "logout_outbox::postpone",
        [logout_outbox::postpone(&notice, 2, NOW)],
    );
    add(
        all,
        "logout_outbox::postpone_all",
        [logout_outbox::postpone_all(&notice, "[]", NOW)],
    );
    add(all, "logout_outbox::release", [logout_outbox::release(&notice, NOW)]);
    add(
        all,
        "logout_outbox::redirect",
        [logout_outbox::redirect(&notice, "t", NOW)],
    );
}

fn about_fetches(all: &mut Samples) {
    let asking = Asking {
        target: "t",
        claim: "c",
        now: NOW,
    };
    for client_id in [None, Some("c".to_owned())] {
        let charge = Charge {
            counters: [counter(), counter()],
            owner: client_id.clone(),
            client_id,
        };
        add(all, "fetches::count", asking.count(&charge).map(|(query, _)| query));
        add(all, "fetches::claim", [asking.claim(None), asking.claim(Some(&charge))]);
    }
    add(all, "fetches::latest", [Asking::latest::<serde::de::IgnoredAny>("t")]);
    add(all, "fetches::sweep", [fetches::sweep(NOW)]);
    add(all, "fetches::tell", [Asking::tell("t", "c", "{}")]);
}

fn about_tokens(all: &mut Samples) {
    let (client, hash, lifetimes, counter, mut request) = (client(), hash(), lifetimes(), counter(), request());
    request.response_type = ResponseType::CodeIdTokenToken;
    let preconditions = Preconditions {
        session_hash: &hash,
        client: &client,
        request: &request,
        oldest_sign_in: Some(NOW),
        pushed: Some(&hash),
        algs: &[SigningAlg::RS256],
        keys: "[]",
        session_idle: lifetimes.session_idle,
        now: NOW,
    };
    let ready = Ready {
        client_id: "c".to_owned(),
        version: 1,
        alg: SigningAlg::RS256,
        keys: "[]".to_owned(),
        unreadable: None,
    };
    let roots = RootKeys::new(BTreeMap::from([(1, [7; 32])]), 1, String::new()).unwrap();
    let credentials = ClientCredentials {
        client_id: "c".to_owned(),
        presented: Presented::Secret(AuthMethod::ClientSecretBasic, ClientSecret::new(&roots, [1; 48])),
    };
    let one_use = OneUse {
        of: SingleUse {
            key: "j".to_owned(),
            expires_at: NOW,
        },
        counter: self::counter(),
    };
    let proofs = || {
        [
            Proof::of_secret(&credentials, &roots, NOW),
            Proof::of_version("c", 1, Some(&one_use), NOW),
        ]
    };
    add(all, "preconditions::check", [preconditions.check()]);
    add(all, "replay::find_refusal", [one_use.find_refusal("c", NOW)]);
    let (store, count) = one_use.use_up("c", pushed_requests::exists(&hash), NOW);
    add(all, "replay::use_up", [store.into(), count]);
    add(all, "replay::give_back", [one_use.give_back()]);
    let answered = pushed_requests::take_answered(&hash, &preconditions);
    add(all, "pushed_requests::take_answered", [answered]);
    add(all, "session_clients::note", [session_clients::note(&preconditions)]);
    add(
        all,
        "codes::insert",
        [codes::insert(
            &hash,
            "https://app.acme.org/cb",
            &preconditions,
            &lifetimes,
        )],
    );
    add(
        all,
        "token_families::begin",
        [token_families::begin("f", &preconditions, &lifetimes)],
    );
    add(all, "token_families::end", [token_families::end("f")]);
    let code = CodeRequest {
        code: OpaqueToken::new(&roots, [1; 32]),
        redirect_uri: None,
        code_challenge: None,
        resources: Targets::default(),
    };
    let token = RefreshToken {
        family_id: "f".to_owned(),
        generation: 1,
    };
    let access_tokens = [None, Some("f".to_owned())].map(|family| AccessTokenClaims {
        iss: "https://id.acme.org".to_owned(),
        sub: "u".to_owned(),
        aud: Audience::One("https://id.acme.org".to_owned()),
        client_id: "c".to_owned(),
        exp: NOW,
        iat: NOW,
        jti: "j".to_owned(),
        scope: Scope::default(),
        auth_time: None,
        acr: None,
        cnf: None,
        family,
    });
    let entry = Entry::new(Event::CodeReplayed, Actor::Client);
    let conditions = |proof| TokenConditions {
        client_id: "c",
        proof,
        ready: &ready,
        resources: &code.resources,
        audiences: "[]",
        lifetimes: &lifetimes,
        now: NOW,
    };
    for proof in &proofs() {
        let pushing = Pushing {
            hash: &hash,
            client: &client,
            query: "client_id=c",
            proof,
        };
        add(all, "pushed_requests::insert", [pushing.insert(&counter, NOW)]);
        let ended = token_families::end_for_client("f", "c", proof, &Then);
        add(all, "token_families::end_for_client", ended);
        for claims in &access_tokens {
            let revoked = token_families::revoke_access_token(claims, proof, &counter, NOW);
            add(all, "token_families::revoke_access_token", [revoked]);
        }
    }
    for proof in proofs() {
        let redemption = Redemption {
            conditions: conditions(proof),
            hash: &hash,
            request: &code,
            family_id: "f",
        };
        add(all, "codes::find", [redemption.find()]);
        add(all, "codes::redeem", [redemption.redeem()]);
        add(all, "codes::begin_family", [redemption.begin_family()]);
    }
    for proof in proofs() {
        let refreshing = Refreshing {
            conditions: conditions(proof),
            token: &token,
            scope: None,
        };
        add(all, "token_families::find", [refreshing.find()]);
        add(all, "token_families::rotate", [refreshing.rotate()]);
        add(all, "token_families::end_if_reused", [refreshing.end_if_reused()]);
        add(all, "token_families::record_reuse", [refreshing.record_reuse(&Then)]);
    }
    for claims in &access_tokens {
        add(
            all,
            "token_families::find_live",
            [token_families::find_live(claims, NOW)],
        );
    }
    add(
        all,
        "token_families::record_end",
        [token_families::record_end(&entry, "f", &Then)],
    );
    let refreshable = token_families::find_refreshable(&token, "c", &lifetimes, NOW);
    add(all, "token_families::find_refreshable", [refreshable]);
    add(all, "token_families::list_own", [token_families::list_own(&hash, NOW)]);
}

fn about_the_rest(all: &mut Samples) {
    let (hash, key) = (hash(), provider_key());
    let wrapped = WrappedKey {
        wrapped: "w".to_owned(),
        kek_version: 1,
    };
    add(
        all,
        "signing_keys::current_for_client",
        [signing_keys::current_for_client("c", "[]", NOW)],
    );
    add(
        all,
        "signing_keys::current_for_userinfo",
        [signing_keys::current_for_userinfo("c", "[]", NOW)],
    );
    add(
        all,
        "signing_keys::current",
        [signing_keys::current(SigningAlg::RS256, "[]", NOW)],
    );
    add(all, "signing_keys::all", [signing_keys::all()]);
    add(all, "signing_keys::find", [signing_keys::find("k")]);
    add(all, "signing_keys::insert", [signing_keys::insert(&key, &wrapped, NOW)]);
    let retired = signing_keys::retire_predecessors(&key, Lifetime::hours(1));
    add(all, "signing_keys::retire_predecessors", [retired]);
    add(all, "signing_keys::revoke", [signing_keys::revoke("k", NOW)]);
    add(
        all,
        "signing_keys::retire",
        [signing_keys::retire("k", Lifetime::hours(1), NOW)],
    );
    add(
        all,
        "signing_keys::take_over_if_changed",
        [signing_keys::take_over_if_changed("k", NOW)],
    );
    add(
        all,
        "signing_keys::promote_next",
        [signing_keys::promote_next("k", NOW)],
    );
    add(
        all,
        "signing_keys::for_decryption",
        [signing_keys::for_decryption(DecryptionAlg::Rsa, None, NOW)],
    );
    add(
        all,
        "signing_keys::wrapped_under_others",
        [signing_keys::wrapped_under_others(1, NOW)],
    );
    add(all, "signing_keys::rewrap", [signing_keys::rewrap("k", &wrapped, 1)]);

    add(
        all,
        "housekeeping::take_lease",
        [housekeeping::take_lease("cron", NOW, Lifetime::minutes(5))],
    );
    add(
        all,
        "housekeeping::release_lease",
        [housekeeping::release_lease("cron", NOW, Lifetime(60))],
    );
    add(all, "housekeeping::tidy", housekeeping::tidy(NOW));

    let entry = Entry::new(Event::SignIn, Actor::Person).user("u");
    add(all, "audit::record", [audit::record(&entry, &Then)]);
    add(
        all,
        "audit::record_if_changed",
        [audit::record_if_changed(&entry, &Then)],
    );
    add(
        all,
        "audit::record_of_stranger",
        audit::record_of_stranger(&entry, &Then),
    );
    let changed = audit::record_of_stranger_if_changed(&entry, &Then);
    add(all, "audit::record_of_stranger_if_changed", changed);
    add(all, "audit::record_guess", audit::record_guess(&entry, &Then));
    add(all, "audit::forget_if_changed", [audit::forget_if_changed("u")]);
    add(all, "audit::tidy", audit::tidy(NOW));
    let page = |filter: audit::Filter<'_>| audit::list(&filter, 100);
    add(all, "audit::list", [page(audit::Filter::default())]);
    let by = |filter| audit::Filter {
        before: Some(9),
        ..filter
    };
    let none = audit::Filter::default;
    for filter in [
        by(audit::Filter {
            user_id: Some("u"),
            ..none()
        }),
        by(audit::Filter {
            client_id: Some("c"),
            ..none()
        }),
        by(audit::Filter {
            event: Some(Event::SignIn),
            ..none()
        }),
        by(audit::Filter {
            since: Some(NOW),
            until: Some(NOW),
            ..none()
        }),
        audit::Filter {
            user_id: Some("u"),
            client_id: Some("c"),
            event: Some(Event::SignIn),
            since: Some(NOW),
            until: Some(NOW),
            before: None,
        },
        audit::Filter {
            event: Some(Event::SignIn),
            since: Some(NOW),
            ..none()
        },
    ] {
        add(all, "audit::list by something", [page(filter)]);
    }
    add(all, "audit::list_own", [audit::list_own(&hash, None, 100)]);
}
