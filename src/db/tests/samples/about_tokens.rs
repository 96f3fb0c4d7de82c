//! Codes, tokens, pushed requests and keys.

use super::*;
use crate::oidc::{authorization_details::AuthorizationDetails, error::OAuthError};

pub(super) fn add_to(all: &mut Samples) {
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
        allowed_groups: None,
        along: ALONG,
        client_id: "c".to_owned(),
        version: 1,
        alg: SigningAlg::RS256,
        keys: "[]".to_owned(),
        rotates: true,
        tokens_live: lifetimes.access_token,
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
    let dpop_proof = SingleUse {
        key: "d".to_owned(),
        expires_at: NOW,
    };
    add(all, "dpop_proofs::find", [dpop_proofs::find(&dpop_proof, NOW)]);
    let used_up = dpop_proofs::use_up(&dpop_proof, pushed_requests::exists(&hash), NOW);
    add(all, "dpop_proofs::use_up", [used_up]);
    let used_up = dpop_proofs::use_up_now(&dpop_proof, NOW);
    add(all, "dpop_proofs::use_up_now", [used_up]);
    let proofs = || {
        [
            Proof::of_secret(&credentials, &roots, NOW),
            Proof::of_version("c", 1, Some(&one_use), NOW),
            Proof::of_version("c", 1, None, NOW).with_dpop(Some(&dpop_proof)),
        ]
    };
    add(all, "preconditions::check", [preconditions.check()]);
    let mut more = request.clone();
    more.claims = serde_json::from_value(json!({ "userinfo": { "nickname": {} } })).unwrap();
    more.resources = targets();
    more.details = serde_json::from_value(json!([r#"{"type":"x"}"#])).unwrap();
    let demanding = Preconditions {
        request: &more,
        ..preconditions
    };
    add(all, "preconditions::check", [demanding.check()]);
    add(all, "replay::find_refusal", [one_use.find_refusal("c", NOW)]);
    let (store, count) = one_use.use_up("c", pushed_requests::exists(&hash), NOW);
    add(all, "replay::use_up", [store.into(), count]);
    add(all, "replay::give_back", [one_use.give_back()]);
    let answered = pushed_requests::take_answered(&hash, &preconditions);
    add(all, "pushed_requests::take_answered", [answered]);
    add(all, "session_clients::note", [session_clients::note(&preconditions)]);
    add(
        all,
        "session_clients::note_of_code",
        [session_clients::note_of_code(&hash, NOW)],
    );
    add(
        all,
        "codes::insert",
        [None, Some("f".to_owned())].map(|apart| {
            let code = codes::NewCode {
                hash: &hash,
                redirect_uri: "https://app.acme.org/cb",
                apart,
            };
            codes::insert(&code, &preconditions, &lifetimes)
        }),
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
        details: Default::default(),
    };
    let token = RefreshToken {
        family_id: "f".to_owned(),
        generation: 1,
    };
    let access_tokens = [None, Some("f".to_owned())].map(|family| AccessTokenClaims {
        told: Default::default(),
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
        family_client: family.as_ref().map(|_| "c2".to_owned()),
        family,
    });
    let entry = Entry::new(Event::CodeReplayed, Actor::Client);
    let conditions = |proof| TokenConditions {
        client_id: "c",
        proof,
        ready: &ready,
        resources: &code.resources,
        details: &code.details,
        audiences: "[]",
        declared: None,
        binding: Some("{}"),
        lifetimes: &lifetimes,
        now: NOW,
    };
    for proof in &proofs() {
        let own = self::counter();
        let once = OneUse {
            of: SingleUse::new(&["x"], NOW),
            counter: self::counter(),
        };
        let somebody = AskedOf {
            user_id: "u",
            lifetime: Lifetime::minutes(1),
            own: &own,
            shared: &own,
            once: Some(&once),
            notify: Some("1.x"),
        };
        add(
            all,
            "pushed_requests::is_full",
            [pushed_requests::is_full(&somebody, "c", NOW)],
        );
        for asked in [None, Some(&somebody)] {
            let pushing = Pushing {
                hash: &hash,
                client: &client,
                query: "client_id=c",
                proof,
                user_code: Some(&hash),
                asked,
            };
            add(all, "pushed_requests::insert", [pushing.insert(&counter, NOW)]);
        }
        let ended = token_families::end_for_client("f", "c", proof, &Then);
        add(all, "token_families::end_for_client", ended);
        for claims in &access_tokens {
            let asserted = Asserted {
                once: &one_use.of,
                user_id: "u",
                folded: "ada@acme.org",
                client_id: "c",
                grant_id: "g",
                family_id: "f",
                session_id: "s",
                claims,
                now: NOW,
            };
            for proof in proofs() {
                add(all, "asserted::use_up", [asserted.use_up(proof.condition())]);
            }
            add(all, "asserted::allow", [asserted.allow()]);
            add(all, "asserted::begin_family", [asserted.begin_family()]);
            let succeeded = Statement::new("SELECT ").append(asserted.succeeded());
            add(all, "asserted::succeeded", [succeeded]);
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
        add(all, "codes::find_undelivered", [redemption.find_undelivered()]);
        add(all, "codes::redeem", [redemption.redeem()]);
        add(all, "codes::begin_family", [redemption.begin_family()]);
    }
    // What a request names, and a client that cannot read its ID tokens, add conditions.
    let (named, scope) = (targets(), Scope::default());
    let details: AuthorizationDetails = serde_json::from_value(json!([r#"{"type":"x"}"#])).unwrap();
    let unreadable = Ready {
        allowed_groups: Some(r#"["g"]"#.to_owned()),
        along: ALONG,
        client_id: "c".to_owned(),
        version: 1,
        alg: SigningAlg::RS256,
        keys: "[]".to_owned(),
        rotates: false,
        tokens_live: lifetimes.access_token,
        unreadable: Some(OAuthError::invalid_request("no key")),
    };
    for proof in proofs() {
        let conditions = TokenConditions {
            ready: &unreadable,
            resources: &named,
            declared: Some("[]"),
            details: &details,
            ..conditions(proof)
        };
        let redemption = Redemption {
            conditions,
            hash: &hash,
            request: &code,
            family_id: "f",
        };
        add(all, "codes::redeem", [redemption.redeem()]);
        let refreshing = Refreshing {
            conditions: redemption.conditions,
            token: &token,
            scope: Some(&scope),
        };
        add(all, "refreshing::rotate", [refreshing.rotate()]);
    }
    for proof in proofs() {
        let refreshing = Refreshing {
            conditions: conditions(proof),
            token: &token,
            scope: None,
        };
        add(all, "refreshing::find", [refreshing.find()]);
        add(all, "refreshing::rotate", [refreshing.rotate()]);
        add(all, "refreshing::end_if_reused", [refreshing.end_if_reused()]);
        add(all, "refreshing::record_reuse", [refreshing.record_reuse(&Then)]);
    }
    for claims in &access_tokens {
        let used_up = token_families::use_up_dpop_proof("f", claims, &dpop_proof, NOW);
        add(all, "token_families::use_up_dpop_proof", [used_up]);
        add(
            all,
            "token_families::find_live",
            [token_families::find_live(claims, ALONG, NOW)],
        );
        let exchangeable = token_families::find_exchangeable(claims, "c", NOW);
        add(all, "token_families::find_exchangeable", [exchangeable]);
        let condition = Statement::new("SELECT ").append(token_families::is_exchangeable(claims, "c", NOW));
        add(all, "token_families::is_exchangeable", [condition]);
    }
    add(
        all,
        "token_families::record_end",
        [token_families::record_end(&entry, "f", &Then)],
    );
    add(
        all,
        "asserted::find_person",
        [asserted::find_person("ada@acme.org", "c")],
    );
    add(all, "replay::find", [replay::find(&one_use.of)]);
    let refreshable = token_families::find_refreshable(&token, "c", &lifetimes, NOW);
    add(all, "token_families::find_refreshable", [refreshable]);
    add(all, "token_families::list_own", [token_families::list_own(&hash, NOW)]);
}

fn targets() -> Targets {
    serde_json::from_value(json!(["https://api.acme.org"])).unwrap()
}
