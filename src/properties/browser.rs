//! What browsers send, of strangers and of people: passkeys, codes, cookies, links, headers.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use url::Url;

use super::{config, text, two_texts};
use crate::{
    account::{
        base32,
        held_sessions::{self, HeldSessions},
        invitation,
        known_browser::KnownPeople,
        passkey::{self, Answer, KeyAlg, New, Passkey, Refused, RelyingParty, State},
        password::{NewPassword, imported},
        recovery_code::RecoveryCode,
        set_up,
        totp::TotpSecret,
        trusted_browser::Trust,
    },
    country::Country,
    pages::Language,
    secret::{OpaqueToken, Purpose, is_random_id},
    time::UnixTime,
    web::{cors, header},
};

const NOW: UnixTime = UnixTime(1_800_000_000);

const SITE: RelyingParty<'_> = RelyingParty {
    id: "id.acme.test",
    name: None,
    origin: "https://id.acme.test",
    silently: false,
};

/// What a browser answers with these members of the response.
fn answer(id: &[u8], response: &[(&str, &[u8])]) -> String {
    let response: Map<_, _> = response
        .iter()
        .map(|(name, bytes)| ((*name).to_owned(), Value::from(URL_SAFE_NO_PAD.encode(bytes))))
        .collect();
    json!({ "type": "public-key", "rawId": URL_SAFE_NO_PAD.encode(id), "response": response }).to_string()
}

fn client_data(kind: &str) -> Vec<u8> {
    let data = json!({ "type": kind, "origin": SITE.origin, "challenge": "a challenge", "crossOrigin": false });
    data.to_string().into_bytes()
}

/// The credential id in an attestation object, as far as one can be found without reading it: behind 55 bytes of authenticator data.
fn id_within(attestation: &[u8]) -> Option<&[u8]> {
    let at = attestation.windows(8).position(|bytes| bytes == b"authData")? + 8;
    let (length_bytes, _) = match attestation.get(at)? {
        0x58 => (2, ()),
        0x59 => (3, ()),
        _ => (1, ()),
    };
    let data = attestation.get(at + length_bytes..)?;
    let [high, low] = *data.get(53..55)?.first_chunk::<2>()?;
    data.get(55..55 + usize::from(u16::from_be_bytes([high, low])))
}

/// An attestation object. The passkey that it makes is one of its site alone, has a public key and no more, and can be kept, which it says of
/// itself. Nothing may stand behind it.
pub fn passkey(input: &[u8]) {
    let id = id_within(input).unwrap_or(b"id");
    let sent = |attestation: &[u8], kind: &str| {
        answer(
            id,
            &[
                ("clientDataJSON", &client_data(kind)),
                ("attestationObject", attestation),
            ],
        )
    };
    let whole = sent(input, "webauthn.create");
    let Ok(new) = New::parse(&whole, &SITE) else { return };
    assert_eq!(new.passkey.check(), Ok(()));
    assert_eq!(URL_SAFE_NO_PAD.decode(&new.passkey.id).ok().as_deref(), Some(id));
    assert_eq!(new.passkey.row_id(), passkey::row_id(id));
    assert_eq!(new.challenge, "a challenge");
    for member in new.passkey.jwk.as_object().into_iter().flat_map(Map::keys) {
        assert!(
            ["kty", "crv", "x", "y", "n", "e"].contains(&member.as_str()),
            "{member}"
        );
    }
    let kept = serde_json::to_string(&new.passkey).unwrap_or_default();
    assert_eq!(serde_json::from_str::<Passkey>(&kept).ok(), Some(new.passkey));
    let elsewhere = [("id.acme.test.evil.test", SITE.origin), (SITE.id, "https://evil.test")];
    for (id, origin) in elsewhere {
        assert!(New::parse(&whole, &RelyingParty { id, origin, ..SITE }).is_err());
    }
    assert!(New::parse(&sent(input, "webauthn.get"), &SITE).is_err());
    assert!(New::parse(&sent(&[input, &[0]].concat(), "webauthn.create"), &SITE).is_err());
}

/// 37 bytes of authenticator data, then a signature. A sign-in is one person's, and counts up; the signature is the only one that says these
/// numbers.
pub fn passkey_answer(input: &[u8]) {
    let (data, signature) = input.split_at_checked(37).unwrap_or((input, &[]));
    let client_data = client_data("webauthn.get");
    let sent = answer(
        b"id",
        &[
            ("clientDataJSON", &client_data),
            ("authenticatorData", data),
            ("signature", signature),
            ("userHandle", b"ada"),
        ],
    );
    let passkey = |backup_eligible| Passkey {
        id: "aWQ".to_owned(),
        alg: KeyAlg::ES256,
        jwk: Value::Null,
        aaguid: String::new(),
        transports: Vec::new(),
        backup_eligible,
    };
    let check = |user_id: &str, backup_eligible, state, site: &RelyingParty<'_>| {
        Answer::parse(&sent)?.check(&passkey(backup_eligible), user_id, state, site)
    };
    let before = State {
        counter: 7,
        backed_up: false,
    };
    let taken: Vec<_> = [false, true]
        .into_iter()
        .filter_map(|eligible| Some((eligible, check("ada", eligible, before, &SITE).ok()?)))
        .collect();
    assert!(taken.len() <= 1, "whether it may be copied stays as it is");
    for (eligible, checked) in taken {
        assert!(checked.state.counter > before.counter);
        assert_eq!(checked.signed, [data, &Sha256::digest(&client_data)].concat());
        let (r, s) = checked.signature.split_at(32);
        assert_eq!(s.len(), 32);
        let numbers = [der(r), der(s)].concat();
        let length = u8::try_from(numbers.len()).unwrap_or_default();
        assert_eq!([&[0x30, length], numbers.as_slice()].concat(), signature);
        let refused = |user_id, state, site| check(user_id, eligible, state, site).err();
        assert_eq!(refused("adb", before, &SITE), Some(Refused::AnotherPerson));
        assert_eq!(refused("ada", checked.state, &SITE), Some(Refused::CounterWentBack));
        let other = RelyingParty {
            id: "acme.test",
            ..SITE
        };
        assert_eq!(refused("ada", before, &other), Some(Refused::WrongRelyingParty));
    }
}

/// A number as DER has it: as short as can be, and not negative.
fn der(number: &[u8]) -> Vec<u8> {
    let start = number.iter().position(|byte| *byte != 0).unwrap_or(31);
    let digits = number.get(start..).unwrap_or_default();
    let zero: &[u8] = if digits.first().is_some_and(|byte| *byte >= 0x80) {
        &[0]
    } else {
        &[]
    };
    let length = u8::try_from(zero.len() + digits.len()).unwrap_or_default();
    [&[0x02, length], zero, digits].concat()
}

/// What a browser says that it was asked. Every parser reads the same of what is taken.
pub fn passkey_client_data(input: &[u8]) {
    let mut data = Sha256::digest(SITE.id).to_vec();
    data.extend([5, 0, 0, 0, 0]);
    let sent = answer(
        b"id",
        &[
            ("clientDataJSON", input),
            ("authenticatorData", &data),
            ("signature", b"s"),
            ("userHandle", b"ada"),
        ],
    );
    let passkey = Passkey {
        id: "aWQ".to_owned(),
        alg: KeyAlg::EdDSA,
        jwk: Value::Null,
        aaguid: String::new(),
        transports: Vec::new(),
        backup_eligible: false,
    };
    let state = State {
        counter: 0,
        backed_up: false,
    };
    let Ok(checked) = Answer::parse(&sent).and_then(|answer| answer.check(&passkey, "ada", state, &SITE)) else {
        return;
    };
    let read: Value = serde_json::from_slice(input).unwrap_or_default();
    assert_eq!(read["type"], "webauthn.get");
    assert_eq!(read["origin"], SITE.origin);
    assert!(read["crossOrigin"] == false || read["crossOrigin"].is_null());
    assert_eq!(read["challenge"].as_str().unwrap_or_default(), checked.challenge);
}

/// What people type off a list, a phone or a mail, and what carries their secrets: each is read as it is shown, and a stranger makes none.
pub fn typed_code(input: &[u8]) {
    assert_eq!(base32::decode(&base32::encode(input)).as_deref(), Some(input));
    let Some(text) = text(input) else { return };
    if let Some(bytes) = base32::decode(text) {
        assert_eq!(base32::encode(&bytes), text);
    }
    if let Some(code) = RecoveryCode::parse(text) {
        let shown = code.expose();
        assert_eq!(shown.len(), 14);
        assert!(RecoveryCode::parse(&shown) == Some(code));
    }
    let secret = TotpSecret::new([7; 20]);
    if let Some(step) = secret.step_of(text, NOW) {
        assert_eq!(text.chars().filter(|c| !c.is_whitespace()).count(), 6);
        assert!(text.chars().all(|c| c.is_ascii_digit() || c.is_whitespace()));
        assert!((step - NOW.seconds() / 30).abs() <= 1);
    }
    if let Some(read) = TotpSecret::parse(text) {
        assert_eq!(read.expose(), text);
    }
    let key = config().roots.current(Purpose::Csrf);
    assert!(TotpSecret::open_from_form(text, &key, &["ada"], NOW).is_none());
    let sealed = secret.seal_to_form(&key, &[text], NOW);
    assert!(TotpSecret::open_from_form(&sealed, &key, &[text], NOW) == Some(secret.clone()));
    assert!(TotpSecret::open_from_form(&sealed, &key, &[text, ""], NOW).is_none());
    // Apps read the names out of the address.
    let (issuer, account) = text.split_once('\n').unwrap_or((text, "ada"));
    let Ok(uri) = Url::parse(&secret.uri(issuer, account)) else {
        unreachable!("{text}")
    };
    assert_eq!(
        (uri.scheme(), uri.host_str(), uri.fragment()),
        ("otpauth", Some("totp"), None)
    );
    let pairs: Vec<_> = uri.query_pairs().collect();
    let names: Vec<_> = pairs.iter().map(|(name, _)| name.as_ref()).collect();
    assert_eq!(names, ["secret", "issuer", "algorithm", "digits", "period"]);
    assert_eq!(pairs.get(1).map(|(_, value)| value.as_ref()), Some(issuer));
}

/// The cookies of a browser are read as they are written, have the characters of one, and a stranger writes none that counts.
pub fn browser_cookie(input: &[u8]) {
    let Some(text) = text(input) else { return };
    let roots = config().roots;
    let is_value = |value: &str| {
        value
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"\",;\\".contains(&byte))
    };
    let held = HeldSessions::parse(text, &roots);
    let hashes: Vec<_> = held.all().map(|hash| hash.as_str().to_owned()).collect();
    assert!(hashes.len() <= held_sessions::MOST + 1);
    if let Some(cookie) = held.cookie() {
        assert!(is_value(&cookie), "{cookie}");
        let again = HeldSessions::parse(&cookie, &roots);
        assert!(again.all().map(|hash| hash.as_str()).eq(&hashes));
        assert_eq!(again.cookie(), Some(cookie));
        assert_eq!(again.active(), held.active());
    }
    assert_eq!(KnownPeople::parse(text, "browser", &roots), KnownPeople::default());
    if is_random_id(text) {
        let country = Country::parse("DE");
        let cookie = KnownPeople::default().cookie_with(text, country, "browser", &roots);
        assert!(is_value(&cookie));
        assert!(KnownPeople::parse(&cookie, "browser", &roots).ids().eq([text]));
        assert_eq!(KnownPeople::parse(&cookie, "another", &roots), KnownPeople::default());
    }
    let trusted = Trust::parse_all(text);
    if let Some(first) = trusted.first() {
        let cookie = first.cookie_beside(&trusted);
        let again = Trust::parse_all(&cookie);
        assert_eq!(again.first().map(|trust| &trust.user_id), Some(&first.user_id));
        assert_eq!(again.first().map(|trust| &trust.id), Some(&first.id));
        let same = again.iter().filter(|trust| trust.user_id == first.user_id).count();
        assert_eq!(same, 1, "one entry a person");
        let first_again = again.first().map(|trust| trust.cookie_beside(&again));
        assert_eq!(first_again, Some(cookie));
    }
}

/// Links that people are sent name one thing and have the form of a secret of Limen's. A token that is read is written the same.
pub fn link(input: &[u8]) {
    let Some(text) = text(input) else { return };
    let roots = config().roots;
    if let Some(token) = OpaqueToken::parse(text) {
        assert_eq!(token.expose(), text);
        assert!(
            text.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        );
    }
    if let Some((id, token)) = set_up::read(text) {
        assert_eq!(set_up::write(id, &token), text);
    }
    if let Some(shown) = invitation::InvitationLink::read(text, &roots) {
        assert!(is_random_id(&shown.id.random));
        assert_eq!(invitation::InvitationId::parse(&shown.id.to_string()), Some(shown.id));
    }
    let token = OpaqueToken::derived(1, [7; 32]);
    if let Some((id, read)) = set_up::read(&set_up::write(text, &token)) {
        assert!(text.contains('~') || (id, read.expose()) == (text, token.expose()));
    }
}

/// What answers are made of that depends on the headers of a request: they say nothing but what may stand there. The first line is an `Accept`,
/// an `If-None-Match` or what a preflight asks for, the second is an `Accept-Language`.
pub fn request_header(input: &[u8]) {
    let Some((one, languages)) = two_texts(input) else {
        return;
    };
    let allowed = cors::allowed_headers(one);
    assert!(allowed.split(", ").count() <= 60);
    for name in allowed.split(", ") {
        let is_token = |byte: u8| byte.is_ascii_graphic() && !b"(),/:;<=>?@[\\]{}\"".contains(&byte);
        assert!(!name.is_empty() && name.bytes().all(is_token), "{allowed}");
    }
    for etag in ["abc", "x-y"] {
        let quoted = format!("\"{etag}\"");
        assert!(
            !header::names_tag(one, etag) || one.contains(&quoted) || one.contains('*'),
            "{one}"
        );
        for sent in [quoted.clone(), format!("W/{quoted}"), format!("\"o\", {quoted}")] {
            assert!(header::names_tag(&sent, etag));
        }
    }
    let kind = header::media_type(one);
    assert_eq!(header::media_type(&kind), kind);
    if let Some(token) = header::bearer(one) {
        assert!(token.trim() == token && one.ends_with(token) || one.trim_end().ends_with(token));
    }
    assert!(!header::prefers_to_json("application/json", one) || header::media_type(one) == "application/json");
    // A language that nobody speaks changes nothing, wherever it stands, and neither does one that is refused.
    let chosen = Language::negotiate(&[], Some(languages));
    for more in [
        format!("tlh,{languages}"),
        format!("{languages},tlh"),
        format!("{languages},fr;q=0"),
    ] {
        assert_eq!(Language::negotiate(&[], Some(&more)), chosen, "{more}");
    }
    assert_eq!(Language::negotiate(&[], Some(&languages.to_ascii_uppercase())), chosen);
    assert_eq!(
        Language::negotiate(&["tlh", "es"], Some(languages)),
        Language::of_tag("es")
    );
}

/// A password is the same however often it is read, and a hash of elsewhere is stored as it is read again.
pub fn password(input: &[u8]) {
    let Some(text) = text(input) else { return };
    let prepared = crate::account::password::prepare(text);
    assert_eq!(crate::account::password::prepare(&prepared), prepared);
    if let Ok(new) = NewPassword::parse(text, ["ada"]) {
        assert!(new.is(text) && new.is(&prepared));
        assert!(!new.is(&format!("{text}x")));
        assert!(!prepared.contains(char::is_control) && prepared.chars().count() >= 8);
    }
    if let Some(stored) = imported::parse(text) {
        assert_eq!(imported::parse(&stored), Some(stored.clone()), "{text}");
        assert!(stored.starts_with('$') && !stored.contains(char::is_whitespace));
    }
}
