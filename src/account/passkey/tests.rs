//! Registrations and sign-ins as a browser sends them, and as an attacker would.

use minicbor::Encoder;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::*;

const SITE: RelyingParty<'static> = RelyingParty {
    name: None,
    id: "id.acme.org",
    origin: "https://id.acme.org",
    silently: false,
};
const PRESENT_AND_VERIFIED: u8 = 0b101;
const HAS_KEY: u8 = 1 << 6;
const ELIGIBLE: u8 = 1 << 3;
const BACKED_UP: u8 = 1 << 4;
const EXTENSIONS: u8 = 1 << 7;

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn client_data(kind: &str) -> Value {
    json!({ "type": kind, "challenge": "the-challenge", "origin": SITE.origin, "crossOrigin": false })
}

/// A COSE key of these members, in this order.
fn cose(members: &[(i64, Result<i64, Vec<u8>>)]) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::new());
    encoder.map(members.len() as u64).unwrap();
    for (label, value) in members {
        encoder.i64(*label).unwrap();
        match value {
            Ok(number) => encoder.i64(*number).unwrap(),
            Err(bytes) => encoder.bytes(bytes).unwrap(),
        };
    }
    encoder.into_writer()
}

fn es256() -> Vec<(i64, Result<i64, Vec<u8>>)> {
    vec![
        (1, Ok(2)),
        (3, Ok(-7)),
        (-1, Ok(1)),
        (-2, Err(vec![1; 32])),
        (-3, Err(vec![2; 32])),
    ]
}

fn authenticator_data(flags: u8, counter: u32, rest: &[u8]) -> Vec<u8> {
    let hash = Sha256::digest(SITE.id);
    [&hash, [flags].as_slice(), &counter.to_be_bytes(), rest].concat()
}

fn attested(id: &[u8], key: &[u8]) -> Vec<u8> {
    [[7; 16].as_slice(), &(id.len() as u16).to_be_bytes(), id, key].concat()
}

fn attestation(data: &[u8]) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::new());
    encoder.map(3).unwrap();
    encoder.str("fmt").unwrap().str("none").unwrap();
    encoder.str("attStmt").unwrap().map(0).unwrap();
    encoder.str("authData").unwrap().bytes(data).unwrap();
    encoder.into_writer()
}

fn registration(client_data: &Value, attestation: &[u8], id: &[u8]) -> String {
    json!({
        "id": text(id), "rawId": text(id), "type": "public-key", "clientExtensionResults": {},
        "response": {
            "clientDataJSON": text(client_data.to_string().as_bytes()),
            "attestationObject": text(attestation),
            "transports": ["internal", "hybrid", "carrier pigeon"],
        },
    })
    .to_string()
}

fn register_key(key: &[u8]) -> Result<New, Refused> {
    let data = authenticator_data(PRESENT_AND_VERIFIED | HAS_KEY, 0, &attested(b"id", key));
    New::parse(
        &registration(&client_data("webauthn.create"), &attestation(&data), b"id"),
        &SITE,
    )
}

fn register_data(data: &[u8]) -> Result<New, Refused> {
    New::parse(
        &registration(&client_data("webauthn.create"), &attestation(data), b"id"),
        &SITE,
    )
}

#[test]
fn a_registration_gives_a_passkey() {
    let flags = PRESENT_AND_VERIFIED | HAS_KEY | ELIGIBLE | BACKED_UP;
    let new = register_data(&authenticator_data(flags, 5, &attested(b"id", &cose(&es256())))).unwrap();
    assert_eq!(new.challenge, "the-challenge");
    assert_eq!(
        new.state,
        State {
            counter: 5,
            backed_up: true
        }
    );
    let passkey = new.passkey;
    assert_eq!(
        (passkey.id.as_str(), passkey.alg, passkey.backup_eligible),
        ("aWQ", KeyAlg::ES256, true)
    );
    assert_eq!(
        passkey.jwk,
        json!({ "kty": "EC", "crv": "P-256", "x": text(&[1; 32]), "y": text(&[2; 32]) })
    );
    assert_eq!(passkey.aaguid, "07070707-0707-0707-0707-070707070707");
    assert_eq!(passkey.transports, ["hybrid", "internal"]);
    assert_eq!(passkey.row_id(), row_id(b"id"));
}

#[test]
fn the_three_algorithms_and_no_others() {
    let okp = |crv, x: usize| vec![(1, Ok(1)), (3, Ok(-8)), (-1, Ok(crv)), (-2, Err(vec![1; x]))];
    let rsa = |n: usize| {
        vec![
            (1, Ok(3)),
            (3, Ok(-257)),
            (-1, Err(vec![9; n])),
            (-2, Err(vec![1, 0, 1])),
        ]
    };
    let alg = |members: &[_]| register_key(&cose(members)).map(|new| new.passkey.alg);
    assert_eq!(alg(&okp(6, 32)), Ok(KeyAlg::EdDSA));
    assert_eq!(alg(&rsa(256)), Ok(KeyAlg::RS256));
    for bad in [okp(1, 32), okp(6, 31), okp(6, 57), rsa(128), rsa(2_048)] {
        assert_eq!(alg(&bad), Err(Refused::BadKey), "{bad:?}");
    }
    // 0 is reserved: COSE has no `none`; -37 is PS256, -259 RS512, -65535 RSA with SHA-1.
    for number in [0, -35, -37, -259, -65_535, 5] {
        let mut key = es256();
        key[1] = (3, Ok(number));
        assert_eq!(alg(&key), Err(Refused::UnknownAlgorithm), "{number}");
    }
}

#[test]
fn a_key_has_its_members_each_once_and_no_others() {
    let without = |place: usize| {
        let mut key = es256();
        _ = key.remove(place);
        cose(&key)
    };
    for place in 0..5 {
        assert_eq!(
            register_key(&without(place)).map(|_| ()),
            Err(Refused::BadKey),
            "{place}"
        );
    }
    for more in [
        (3, Ok(-7)),
        (-2, Err(vec![1; 32])),
        (4, Ok(1)),
        (2, Err(vec![1])),
        (-4, Err(vec![1; 32])),
    ] {
        let mut key = es256();
        key.push(more.clone());
        assert_eq!(register_key(&cose(&key)).map(|_| ()), Err(Refused::BadKey), "{more:?}");
    }
    let mut wrong = es256();
    wrong[3] = (-2, Err(vec![1; 33]));
    assert_eq!(register_key(&cose(&wrong)).map(|_| ()), Err(Refused::BadKey));
    // Of indefinite length, and no map at all.
    let open = [&[0xbf][..], &cose(&es256())[1..], &[0xff]].concat();
    for key in [open, vec![0x80], vec![0x01], Vec::new()] {
        assert_eq!(register_key(&key).map(|_| ()), Err(Refused::BadKey));
    }
}

#[test]
fn what_was_cut_off_anywhere_is_refused() {
    let data = authenticator_data(PRESENT_AND_VERIFIED | HAS_KEY, 0, &attested(b"id", &cose(&es256())));
    for end in 0..data.len() {
        assert!(register_data(&data[..end]).is_err(), "{end}");
    }
    let object = attestation(&data);
    for end in 0..object.len() {
        let cut = registration(&client_data("webauthn.create"), &object[..end], b"id");
        assert_eq!(
            New::parse(&cut, &SITE).map(|_| ()),
            Err(Refused::BadAttestation),
            "{end}"
        );
    }
    let more = [object, vec![0]].concat();
    let more = registration(&client_data("webauthn.create"), &more, b"id");
    assert_eq!(New::parse(&more, &SITE).map(|_| ()), Err(Refused::BadAttestation));
    assert_eq!(
        register_data(&[data, vec![0]].concat()).map(|_| ()),
        Err(Refused::BadAuthenticatorData)
    );
}

#[test]
fn an_attestation_object_has_three_members_each_once() {
    let object = |names: [&str; 3]| {
        let mut encoder = Encoder::new(Vec::new());
        encoder.map(3).unwrap();
        for name in names {
            encoder.str(name).unwrap();
            match name {
                "fmt" => encoder.str("none").unwrap(),
                "attStmt" => encoder.map(0).unwrap(),
                _ => encoder
                    .bytes(&authenticator_data(
                        PRESENT_AND_VERIFIED | HAS_KEY,
                        0,
                        &attested(b"id", &cose(&es256())),
                    ))
                    .unwrap(),
            };
        }
        registration(&client_data("webauthn.create"), &encoder.into_writer(), b"id")
    };
    assert!(New::parse(&object(["authData", "fmt", "attStmt"]), &SITE).is_ok());
    for names in [
        ["authData", "fmt", "fmt"],
        ["authData", "authData", "fmt"],
        ["authData", "fmt", "x"],
    ] {
        assert_eq!(
            New::parse(&object(names), &SITE).map(|_| ()),
            Err(Refused::BadAttestation),
            "{names:?}"
        );
    }
}

#[test]
fn a_credential_id_is_the_one_that_was_told_and_short_enough() {
    let with = |inner: &[u8], outer: &[u8]| {
        let data = authenticator_data(PRESENT_AND_VERIFIED | HAS_KEY, 0, &attested(inner, &cose(&es256())));
        New::parse(
            &registration(&client_data("webauthn.create"), &attestation(&data), outer),
            &SITE,
        )
        .map(|_| ())
    };
    assert_eq!(with(&[1; 1_023], &[1; 1_023]), Ok(()));
    for id in [Vec::new(), vec![1; 1_024], vec![1; 65_535]] {
        assert_eq!(with(&id, &id), Err(Refused::BadId));
        assert_eq!(with(&id, b"id"), Err(Refused::BadId));
    }
    assert_eq!(with(b"id", b"other"), Err(Refused::BadId));
}

#[test]
fn the_client_data_is_of_this_ceremony_and_this_page() {
    let object = attestation(&authenticator_data(
        PRESENT_AND_VERIFIED | HAS_KEY,
        0,
        &attested(b"id", &cose(&es256())),
    ));
    let with = |name: &str, value: Value| {
        let mut data = client_data("webauthn.create");
        data[name] = value;
        New::parse(&registration(&data, &object, b"id"), &SITE).map(|_| ())
    };
    assert_eq!(with("extra", json!("GREASE")), Ok(()));
    assert_eq!(with("type", json!("webauthn.get")), Err(Refused::WrongType));
    for origin in [
        "https://evil.org",
        "https://id.acme.org:444",
        "http://id.acme.org",
        "https://id.acme.org/",
        "https://x.id.acme.org",
    ] {
        assert_eq!(with("origin", json!(origin)), Err(Refused::WrongOrigin), "{origin}");
    }
    assert_eq!(with("crossOrigin", json!(true)), Err(Refused::CrossOrigin));
    assert_eq!(with("topOrigin", json!("https://evil.org")), Err(Refused::CrossOrigin));
    assert_eq!(with("challenge", json!(7)), Ok(()), "a challenge that opens nothing");
    let twice = r#"{"type":"webauthn.create","type":"webauthn.create","challenge":"c","origin":"https://id.acme.org"}"#;
    let mut answer: Value = serde_json::from_str(&registration(&client_data("x"), &object, b"id")).unwrap();
    for text_of in [twice, "", "[]", "\u{feff}{}"] {
        answer["response"]["clientDataJSON"] = text(text_of.as_bytes()).into();
        assert_eq!(
            New::parse(&answer.to_string(), &SITE).map(|_| ()),
            Err(Refused::NoClientData),
            "{text_of}"
        );
    }
}

#[test]
fn the_authenticator_was_at_this_site_with_a_person_whom_it_verified() {
    let key = attested(b"id", &cose(&es256()));
    let flags = |flags: u8| register_data(&authenticator_data(flags | HAS_KEY, 0, &key)).map(|_| ());
    assert_eq!(flags(0b100), Err(Refused::NotPresent));
    assert_eq!(flags(0b001), Err(Refused::NotVerified));
    assert_eq!(
        flags(PRESENT_AND_VERIFIED | BACKED_UP),
        Err(Refused::BackedUpButNotEligible)
    );
    assert_eq!(flags(PRESENT_AND_VERIFIED | ELIGIBLE), Ok(()));
    // Where the browser makes it by itself, of a password that was just used, it may ask nobody: and nothing else may be amiss.
    let silently = RelyingParty { silently: true, ..SITE };
    let made = |flags: u8, of: &RelyingParty<'_>| {
        let object = attestation(&authenticator_data(flags | HAS_KEY, 0, &key));
        New::parse(&registration(&client_data("webauthn.create"), &object, b"id"), of).map(|_| ())
    };
    assert_eq!(made(ELIGIBLE | BACKED_UP, &silently), Ok(()));
    assert_eq!(made(BACKED_UP, &silently), Err(Refused::BackedUpButNotEligible));
    assert_eq!(made(ELIGIBLE | BACKED_UP, &SITE), Err(Refused::NotPresent));
    let mut elsewhere = authenticator_data(PRESENT_AND_VERIFIED | HAS_KEY, 0, &key);
    elsewhere[..32].copy_from_slice(&Sha256::digest("evil.org"));
    assert_eq!(register_data(&elsewhere).map(|_| ()), Err(Refused::WrongRelyingParty));
    assert_eq!(
        register_data(&authenticator_data(PRESENT_AND_VERIFIED, 0, &[])).map(|_| ()),
        Err(Refused::NoKey)
    );
}

#[test]
fn extensions_are_a_map_that_is_passed_over() {
    let mut map = Encoder::new(Vec::new());
    map.map(1).unwrap().str("credProtect").unwrap().u8(2).unwrap();
    let map = map.into_writer();
    let flags = PRESENT_AND_VERIFIED | HAS_KEY | EXTENSIONS;
    let with = |extensions: &[u8]| {
        let rest = [attested(b"id", &cose(&es256())), extensions.to_vec()].concat();
        register_data(&authenticator_data(flags, 0, &rest)).map(|_| ())
    };
    assert_eq!(with(&map), Ok(()));
    // Nothing, a number, one cut off, and one nested without end.
    for bad in [vec![], vec![1], map[..map.len() - 1].to_vec(), vec![0x81; 60_000]] {
        assert_eq!(with(&bad), Err(Refused::BadAuthenticatorData));
    }
    let deep = [vec![0xa1, 0x01], vec![0x81; 60_000], vec![0x01]].concat();
    assert!(
        with(&deep).is_ok() || with(&deep) == Err(Refused::BadAuthenticatorData),
        "and nothing overflows"
    );
}

fn passkey() -> Passkey {
    register_key(&cose(&es256())).unwrap().passkey
}

/// An answer to a sign-in by the person `u`.
fn answer() -> Value {
    json!({
        "id": "aWQ", "rawId": "aWQ", "type": "public-key", "clientExtensionResults": {},
        "response": {
            "clientDataJSON": text(client_data("webauthn.get").to_string().as_bytes()),
            "authenticatorData": text(&authenticator_data(PRESENT_AND_VERIFIED, 2, &[])),
            "signature": text(&[0x30, 6, 2, 1, 1, 2, 1, 1]),
            "userHandle": text(b"u"),
        },
    })
}

const BEFORE: State = State {
    counter: 1,
    backed_up: false,
};

fn check(answer: &Value) -> Result<assertion::Checked, Refused> {
    Answer::parse(&answer.to_string())?.check(&passkey(), "u", BEFORE, &SITE)
}

fn check_with(name: &str, value: &[u8]) -> Result<(), Refused> {
    let mut answer = answer();
    answer["response"][name] = text(value).into();
    check(&answer).map(|_| ())
}

#[test]
fn a_sign_in_leaves_challenge_and_signature_to_check() {
    let answer = answer();
    assert_eq!(Answer::parse(&answer.to_string()).unwrap().row_id, passkey().row_id());
    let checked = check(&answer).unwrap();
    assert_eq!(
        (checked.challenge.as_str(), checked.state.counter),
        ("the-challenge", 2)
    );
    let data = authenticator_data(PRESENT_AND_VERIFIED, 2, &[]);
    let hash = Sha256::digest(client_data("webauthn.get").to_string());
    assert_eq!(checked.signed, [data.as_slice(), &hash].concat());
    assert_eq!(checked.signature.len(), 64);
}

#[test]
fn a_sign_in_is_refused_for_each_thing_that_is_wrong() {
    let of = |kind, name: &str, value: Value| {
        let mut data = client_data(kind);
        data[name] = value;
        check_with("clientDataJSON", data.to_string().as_bytes())
    };
    assert_eq!(of("webauthn.create", "x", json!(1)), Err(Refused::WrongType));
    assert_eq!(
        of("webauthn.get", "origin", json!("https://evil.org")),
        Err(Refused::WrongOrigin)
    );
    assert_eq!(
        of("webauthn.get", "crossOrigin", json!(true)),
        Err(Refused::CrossOrigin)
    );
    let data = |flags, counter| check_with("authenticatorData", &authenticator_data(flags, counter, &[]));
    assert_eq!(data(0b100, 2), Err(Refused::NotPresent));
    assert_eq!(data(0b001, 2), Err(Refused::NotVerified));
    assert_eq!(
        data(PRESENT_AND_VERIFIED | ELIGIBLE, 2),
        Err(Refused::EligibilityChanged)
    );
    for counter in [0, 1] {
        assert_eq!(
            data(PRESENT_AND_VERIFIED, counter),
            Err(Refused::CounterWentBack),
            "{counter}"
        );
    }
    let key = attested(b"id", &cose(&es256()));
    let with_key = authenticator_data(PRESENT_AND_VERIFIED | HAS_KEY, 2, &key);
    assert_eq!(
        check_with("authenticatorData", &with_key),
        Err(Refused::BadAuthenticatorData)
    );
    assert_eq!(check_with("signature", b"x"), Err(Refused::BadSignature));
    assert_eq!(check_with("userHandle", b"v"), Err(Refused::AnotherPerson));
    let mut nobody = answer();
    nobody["response"]["userHandle"] = Value::Null;
    assert_eq!(check(&nobody).map(|_| ()), Err(Refused::AnotherPerson));
}

#[test]
fn an_authenticator_that_does_not_count_need_not() {
    let state = State { counter: 0, ..BEFORE };
    let mut answer = answer();
    answer["response"]["authenticatorData"] = text(&authenticator_data(PRESENT_AND_VERIFIED, 0, &[])).into();
    let answer = Answer::parse(&answer.to_string()).unwrap();
    assert!(answer.check(&passkey(), "u", state, &SITE).is_ok());
}

#[test]
fn what_is_no_credential_is_none() {
    for text_of in [
        "",
        "x",
        "[]",
        "{}",
        r#"{"type":"public-key","rawId":"aWQ"}"#,
        r#"{"type":"x","rawId":"aWQ","response":{}}"#,
    ] {
        assert_eq!(
            New::parse(text_of, &SITE).map(|_| ()),
            Err(Refused::NotJson),
            "{text_of}"
        );
        assert_eq!(Answer::parse(text_of).map(|_| ()), Err(Refused::NotJson), "{text_of}");
    }
    let mut long = answer();
    long["rawId"] = text(&[1; 65_536]).into();
    assert_eq!(check(&long).map(|_| ()), Err(Refused::BadId));
    for name in ["clientDataJSON", "authenticatorData", "signature"] {
        let mut without = answer();
        without["response"][name] = json!(["x"]);
        assert!(check(&without).is_err(), "{name}");
    }
}

#[test]
fn a_browser_is_asked_for_a_verified_person_and_no_attestation() {
    let account = Account {
        id: "u",
        username: "ada",
        display_name: "Ada",
    };
    let options = creation_options("c", &account, &["aWQ"], &SITE);
    assert_eq!(options["attestation"], "none");
    assert_eq!(options["authenticatorSelection"]["userVerification"], "required");
    assert_eq!(
        options["excludeCredentials"],
        json!([{ "type": "public-key", "id": "aWQ" }])
    );
    assert_eq!(options["user"]["id"], text(b"u"));
    let algs: Vec<_> = options["pubKeyCredParams"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["alg"].clone())
        .collect();
    assert_eq!(algs, [json!(-8), json!(-7), json!(-257)]);
    let options = sign_in_options("c", &SITE);
    assert_eq!(
        (&options["rpId"], &options["userVerification"]),
        (&json!("id.acme.org"), &json!("required"))
    );
}

#[test]
fn a_name_can_be_seen() {
    for (typed, name) in [
        ("  My\tphone ", Some("My phone")),
        ("\u{2764}\u{fe0f}", Some("\u{2764}\u{fe0f}")),
        ("\u{200d}", None),
        ("\u{fe0f} \u{200b}", None),
        ("", None),
    ] {
        assert_eq!(name_of(typed).as_deref(), name, "{typed:?}");
    }
    assert_eq!(name_of(&format!("{}a", "\u{200d}".repeat(LONGEST_NAME))), None);
    assert_eq!(name_of(&"x".repeat(LONGEST_NAME + 1)).unwrap().len(), LONGEST_NAME);
}
