//! Keys in time: random histories of a deployment, with the statements that the Worker runs on the database that it has.
//!
//! Cron is lost, late, doubled, or run by a clock that jumped; KV is old, lost, does not take what is put, or gives back what
//! somebody put back; clocks of isolates are apart; operators retire and revoke keys and change the lifetimes of tokens. What
//! must hold in each moment:
//!
//! 1. an unexpired token verifies against every JWKS that an app may have cached,
//! 2. nothing is signed by a key that is unpublished, retired or revoked,
//! 3. a revoked key is out of the JWKS as soon as operations.md says.
//!
//! `KEY_HISTORIES` is how many histories are tried, and `KEY_SEED` where they begin.

use std::{collections::HashMap, env, ops::Range, rc::Rc};

use fastrand::Rng;

use super::sqlite::Sqlite;
use crate::{
    db::{
        Batch, Query, Statement, housekeeping,
        signing_keys::{self, WrappedKey},
    },
    oidc::jose::{
        jwt::SigningAlg,
        provider_key::{self, JWKS_MAX_AGE, KeyAlg, ProviderKey, Schedule},
        published_jwks::{self, PublishedJwks},
    },
    time::{Lifetime, UnixTime},
};

/// By how much the clock of an isolate is off, at most: two of them are apart by no more than `provider_key::CLOCK_SKEW`.
const SKEW: Range<i64> = -30..31;

/// How old what KV gives may be, as its documentation has it.
const KV_LAG: Lifetime = Lifetime::minutes(1);

const ALGS: [SigningAlg; 2] = [SigningAlg::RS256, SigningAlg::ES256];

const ISOLATES: usize = 3;

/// When the histories begin.
const START: UnixTime = UnixTime(1_800_000_000);

/// A token that was signed and has not expired.
struct Token {
    kid: String,
    expires_at: UnixTime,
}

/// A JWKS that an app got.
struct Served {
    at: UnixTime,
    jwks: Rc<PublishedJwks>,
}

/// One process of the Worker.
#[derive(Default)]
struct Isolate {
    skew: i64,
    /// When it took the document that it keeps, by its own clock.
    kept: Option<(UnixTime, Rc<PublishedJwks>)>,
}

struct World {
    db: Sqlite,
    rng: Rng,
    now: UnixTime,
    isolates: Vec<Isolate>,
    /// Every document that was put into KV, with the time.
    kv: Vec<(UnixTime, Rc<PublishedJwks>)>,
    tokens: Vec<Token>,
    served: Vec<Served>,
    revoked: HashMap<String, UnixTime>,
    /// Keys that had to sign as soon as they were there: the first ones, and those that took over from a revoked one. They count
    /// from the time given on, since caches do not have them before.
    hasty: HashMap<String, UnixTime>,
    longest_token: Lifetime,
    /// Whether a clock was far off once: the first key of an algorithm may then be one of another time.
    has_jumped: bool,
    /// When each key was made, by the time that is true.
    made: HashMap<String, UnixTime>,
    /// What happened, for who has to find out why.
    events: Vec<String>,
}

impl World {
    fn new(db: Sqlite, seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let isolates = (0..ISOLATES).map(|_| Isolate {
            skew: rng.i64(SKEW),
            kept: None,
        });
        let isolates = isolates.collect();
        db.0.execute_batch("DELETE FROM signing_keys").unwrap();
        Self {
            db,
            rng,
            now: START,
            isolates,
            kv: Vec::new(),
            tokens: Vec::new(),
            served: Vec::new(),
            revoked: HashMap::new(),
            hasty: HashMap::new(),
            longest_token: Lifetime::hours(1),
            has_jumped: false,
            made: HashMap::new(),
            events: Vec::new(),
        }
    }

    /// Lets one thing happen.
    fn step(&mut self) {
        self.pass_time();
        let isolate = self.rng.usize(..ISOLATES);
        let clock = self.clock_of(isolate);
        let alg = self.rng.choice(ALGS).unwrap();
        match self.rng.u8(..100) {
            0..35 => self.sign(alg, isolate),
            35..65 => self.serve(isolate),
            65..78 => self.run_cron(isolate, clock),
            78..82 => self.run_cron_twice_at_once(isolate),
            82..86 => {
                // Behind by less than a key is published before it signs.
                let jump = self.rng.i64(-20 * 3_600..60 * 86_400);
                self.has_jumped = true;
                self.run_cron(isolate, clock + Lifetime(jump));
            }
            86..89 => self.retire(alg, isolate),
            89..91 => self.revoke(alg, isolate),
            91..93 => self.put_back(),
            93..95 => self.kv.clear(),
            95..97 => {
                self.isolates[isolate] = Isolate {
                    skew: self.rng.i64(SKEW),
                    kept: None,
                }
            }
            _ => self.longest_token = Lifetime(self.rng.choice([60, 600, 3_600, 86_400]).unwrap()),
        }
    }

    fn pass_time(&mut self) {
        let most = self
            .rng
            .choice([0, 5, 90, 1_000, 90_000, 3_000_000, 20_000_000])
            .unwrap();
        self.now = self.now + Lifetime(self.rng.i64(0..=most));
        let now = self.now;
        self.tokens.retain(|token| token.expires_at > now);
        self.served.retain(|served| served.at + JWKS_MAX_AGE >= now);
    }

    fn clock_of(&self, isolate: usize) -> UnixTime {
        self.now + Lifetime(self.isolates[isolate].skew)
    }

    fn read<T>(&mut self, query: Query<T>) -> T {
        let mut batch = Batch::default();
        let handle = batch.add(query);
        self.db.run(&batch).unwrap().read(handle).unwrap()
    }

    fn run(&mut self, statements: Vec<Statement>) {
        let mut batch = Batch::default();
        batch.extend(statements);
        self.db.run(&batch).unwrap();
    }

    fn keys(&mut self) -> Vec<ProviderKey> {
        self.read(signing_keys::all())
    }

    /// The dates of the key of `alg` that is due.
    fn due(&mut self, alg: SigningAlg, clock: UnixTime) -> Option<Schedule> {
        let keys = self.keys().into_iter().filter(|key| key.alg == KeyAlg::Sign(alg));
        let schedules: Vec<_> = keys.map(|key| key.schedule).collect();
        Schedule::due(&schedules, clock)
    }

    fn ensure(&mut self, alg: SigningAlg, clock: UnixTime) {
        for _ in 0..2 {
            let Some(due) = self.due(alg, clock) else { break };
            self.create(alg, due, clock);
        }
    }

    fn create(&mut self, alg: SigningAlg, schedule: Schedule, clock: UnixTime) {
        let kid = format!("{}-{}", alg.as_str(), self.made.len());
        self.events
            .push(format!("{} {clock:?}: make {kid}, {schedule:?}", self.now.0));
        let is_first = !self.made.keys().any(|kid| kid.starts_with(alg.as_str()));
        self.made.insert(kid.clone(), self.now);
        let key = ProviderKey {
            jwk: serde_json::json!({ "kid": kid }),
            kid: kid.clone(),
            alg: alg.into(),
            schedule,
        };
        let private = WrappedKey {
            wrapped: "wrapped".to_owned(),
            kek_version: 1,
        };
        let statements = vec![
            signing_keys::insert(&key, &private, clock),
            signing_keys::retire_predecessors(&key, self.longest_token),
        ];
        self.run(statements);
        if schedule.activate_at <= clock && self.keys().iter().any(|key| key.kid == kid) {
            let is_needed = self.revoked.keys().any(|kid| kid.starts_with(alg.as_str()));
            assert!(
                is_first || is_needed || self.has_jumped,
                "{kid} has to sign at once, though no key was revoked\n{}",
                self.story()
            );
            self.hasty.insert(kid, self.now);
        }
    }

    fn sign(&mut self, alg: SigningAlg, isolate: usize) {
        let clock = self.clock_of(isolate);
        let mut current = self.current(alg, clock);
        if current.is_none() {
            self.ensure(alg, clock);
            self.publish(isolate);
            current = self.current(alg, clock);
        }
        let (kid, wants_successor) = current.expect("there is a current key");
        let key = self.keys().into_iter().find(|key| key.kid == kid).unwrap();
        self.events.push(format!("{} {clock:?}: sign with {kid}", self.now.0));
        assert!(
            key.is_published(clock),
            "{kid} signs and is not published\n{}",
            self.story()
        );
        assert_eq!(
            key.schedule.state(clock),
            provider_key::KeyState::Current,
            "{}",
            self.story()
        );
        for served in &self.served {
            assert!(
                self.has(&served.jwks, &kid, served.at),
                "an app's copy of {} lacks {kid}\n{}",
                served.at.0,
                self.story()
            );
        }
        self.tokens.push(Token {
            kid,
            expires_at: self.now + self.longest_token,
        });
        if wants_successor && self.rng.u8(..4) > 0 {
            self.ensure(alg, clock);
            self.publish(isolate);
        }
    }

    fn current(&mut self, alg: SigningAlg, clock: UnixTime) -> Option<(String, bool)> {
        let current = self.read(signing_keys::current(alg, "[]", clock))?;
        Some((current.kid, current.wants_successor != 0))
    }

    /// An app fetches the JWKS.
    fn serve(&mut self, isolate: usize) {
        let jwks = self.kept(isolate);
        self.events.push(format!("{}: serve {:?}", self.now.0, names(&jwks)));
        for token in &self.tokens {
            assert!(
                self.has(&jwks, &token.kid, self.now),
                "{} is needed and not served\n{}",
                token.kid,
                self.story()
            );
        }
        for (kid, revoked_at) in &self.revoked {
            let longest = published_jwks::STALE + published_jwks::IN_ISOLATE + Lifetime::minutes(2);
            assert!(
                !names(&jwks).contains(kid) || self.now.since(*revoked_at) <= longest,
                "{kid} is revoked and served\n{}",
                self.story()
            );
        }
        self.served.push(Served { at: self.now, jwks });
    }

    /// Whether an app can verify what `kid` signed with a document served at `at`, or nobody promised it.
    fn has(&self, jwks: &PublishedJwks, kid: &str, at: UnixTime) -> bool {
        // What was served before the key was there, or from a copy that was made before.
        let caches = published_jwks::STALE + published_jwks::IN_ISOLATE + Lifetime::minutes(2);
        let is_new = self.hasty.get(kid).is_some_and(|&since| at.since(since) <= caches);
        is_new || self.revoked.contains_key(kid) || names(jwks).iter().any(|name| name == kid)
    }

    /// As `edge::keys::jwks::kept` does, and the endpoint where there is nothing.
    fn kept(&mut self, isolate: usize) -> Rc<PublishedJwks> {
        let clock = self.clock_of(isolate);
        let kept = self.isolates[isolate].kept.clone();
        if let Some((since, jwks)) = &kept
            && published_jwks::is_fresh_in_isolate(*since, clock)
        {
            return jwks.clone();
        }
        let Some(copy) = self.read_kv() else {
            self.ensure(SigningAlg::RS256, clock);
            return self.publish(isolate);
        };
        if !copy.counts(clock) {
            return self.publish(isolate);
        }
        let jwks = published_jwks::newer(kept.map(|(_, jwks)| jwks), copy, clock);
        self.isolates[isolate].kept = Some((clock, jwks.clone()));
        jwks
    }

    /// What KV gives: the last that was put, or one that it replaced within its lag.
    fn read_kv(&mut self) -> Option<Rc<PublishedJwks>> {
        let oldest = self.now - KV_LAG;
        let replaced_since = self.kv.iter().rposition(|(at, _)| *at < oldest).unwrap_or(0);
        let candidates = &self.kv[replaced_since..];
        self.rng.choice(candidates).map(|(_, jwks)| jwks.clone())
    }

    fn publish(&mut self, isolate: usize) -> Rc<PublishedJwks> {
        self.publish_by(self.clock_of(isolate), isolate)
    }

    fn publish_by(&mut self, clock: UnixTime, isolate: usize) -> Rc<PublishedJwks> {
        let keys = self.keys();
        let jwks = Rc::new(PublishedJwks::new(provider_key::jwks(keys.iter(), clock), clock));
        // One put in ten fails.
        if self.rng.u8(..10) > 0 {
            self.kv.push((self.now, jwks.clone()));
        }
        self.isolates[isolate].kept = Some((clock, jwks.clone()));
        jwks
    }

    fn run_cron(&mut self, isolate: usize, clock: UnixTime) {
        self.events.push(format!("{} {clock:?}: cron", self.now.0));
        for alg in ALGS {
            self.ensure(alg, clock);
        }
        self.publish_by(clock, isolate);
        if self.rng.bool() {
            self.run(
                housekeeping::tidy("m", clock)
                    .into_iter()
                    .map(Statement::from)
                    .collect(),
            );
        }
    }

    /// Two runs read what is due before either makes it.
    fn run_cron_twice_at_once(&mut self, isolate: usize) {
        let other = (isolate + 1) % ISOLATES;
        for alg in ALGS {
            let clocks = [self.clock_of(isolate), self.clock_of(other)];
            let due = clocks.map(|clock| self.due(alg, clock));
            for (due, clock) in due.into_iter().zip(clocks) {
                if let Some(due) = due {
                    self.create(alg, due, clock);
                }
            }
        }
        self.run_cron(isolate, self.clock_of(isolate));
    }

    /// Expects no more of a key than that caches have it some time after it was made.
    fn hurry(&mut self, kid: String) {
        let made_at = self.made[&kid];
        self.hasty.insert(kid, made_at);
    }

    fn retire(&mut self, alg: SigningAlg, isolate: usize) {
        let clock = self.clock_of(isolate);
        let Some((kid, _)) = self.current(alg, clock) else {
            return;
        };
        self.events.push(format!("{} {clock:?}: retire {kid}", self.now.0));
        self.ensure(alg, clock);
        self.publish(isolate);
        let statements = vec![
            signing_keys::retire(&kid, self.longest_token, clock).into(),
            signing_keys::take_over_if_changed(&kid, clock),
        ];
        self.run(statements);
        let keys = self.keys();
        // A key that was made by a clock that was behind seems to be published for longer than it is.
        let misdated = |key: &ProviderKey| key.schedule.publish_at < self.made[&key.kid] - provider_key::CLOCK_SKEW;
        let misdated: Vec<_> = keys.into_iter().filter(misdated).collect();
        misdated.into_iter().for_each(|key| self.hurry(key.kid));
        self.ensure(alg, clock);
        self.publish_surely(isolate);
    }

    fn revoke(&mut self, alg: SigningAlg, isolate: usize) {
        let clock = self.clock_of(isolate);
        let keys = self.keys();
        let alive = keys
            .iter()
            .filter(|key| key.alg == KeyAlg::Sign(alg) && key.is_published(clock));
        let alive: Vec<_> = alive.collect();
        let Some(kid) = self.rng.choice(&alive).map(|key| key.kid.clone()) else {
            return;
        };
        self.events.push(format!("{} {clock:?}: revoke {kid}", self.now.0));
        let next = |state| move |key: &&&ProviderKey| key.schedule.state(clock) == state;
        let successor = alive
            .iter()
            .filter(next(provider_key::KeyState::Next))
            .map(|key| key.kid.clone());
        let successors: Vec<_> = successor.collect();
        self.revoked.insert(kid.clone(), self.now);
        let statements = vec![
            signing_keys::revoke(&kid, clock).into(),
            signing_keys::promote_next(&kid, clock),
        ];
        self.run(statements);
        for key in self.keys() {
            let signs = key.schedule.state(clock) == provider_key::KeyState::Current;
            if signs && successors.contains(&key.kid) {
                // It was promoted. Whoever has no copy with it has to fetch a new one.
                self.hurry(key.kid);
            }
        }
        self.ensure(alg, clock);
        self.publish_surely(isolate);
    }

    /// As `edge::keys::jwks::publish_surely`: what cannot be put is deleted.
    fn publish_surely(&mut self, isolate: usize) {
        let puts = self.kv.len();
        self.publish(isolate);
        if self.kv.len() == puts {
            self.kv.clear();
        }
    }

    /// Somebody who can write to KV puts an old document back: it is genuine, so its MAC holds.
    fn put_back(&mut self) {
        if let Some((_, jwks)) = self.rng.choice(&self.kv).cloned() {
            self.events.push(format!("{}: put back {:?}", self.now.0, names(&jwks)));
            self.kv.push((self.now, jwks));
        }
    }

    fn story(&self) -> String {
        let last = self.events.len().saturating_sub(40);
        self.events[last..].join("\n")
    }
}

fn names(jwks: &PublishedJwks) -> Vec<String> {
    let kids = jwks.keys.iter().filter_map(|key| key["kid"].as_str());
    kids.map(str::to_owned).collect()
}

#[test]
fn every_token_verifies_in_every_history() {
    let number = |name: &str| env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let (histories, first) = (number("KEY_HISTORIES").unwrap_or(150), number("KEY_SEED").unwrap_or(1));
    let mut db = Sqlite::migrated();
    for seed in first..first + histories {
        let mut world = World::new(db, seed);
        for _ in 0..60 {
            world.step();
        }
        db = world.db;
    }
}
