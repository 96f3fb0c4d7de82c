//! A client that hands in a request itself: `/par` (RFC 9126 section 2), `/device_authorization` (RFC 8628 section 3.1),
//! `/backchannel_authentication` (CIBA section 7).

use crate::{
    account::throttle::Counter,
    db::{
        Batch, Statement, dpop_proofs,
        pushed_requests::{self, AskedOf, Pushing},
        replay::OneUseRefusal,
        throttles,
    },
    edge::{
        clients::authentication::ClientAuthentication,
        http::{failure::MachineFailure, request::Incoming},
        platform::context::Context,
        tokens::dpop,
    },
    oidc::{
        ciba::signed_request,
        client::Client,
        dpop::{KeyProof, used},
        params::Params,
    },
    secret::Hash,
};

/// Who hands in a request, and what they showed for it: nothing of it is used up before the request is stored.
pub struct Pusher {
    pub client: Client,
    pub key: Option<KeyProof>,
    presented: ClientAuthentication,
}

/// What is stored.
pub struct Pushed<'a> {
    pub hash: &'a Hash,
    pub query: &'a str,
    /// By which a person finds it, where a device hands it in.
    pub user_code: Option<&'a Hash>,
    /// Who is asked, where an app asks somebody without their browser.
    pub asked: Option<&'a AskedOf<'a>>,
    /// Of those that clients hand in whom anybody can be.
    pub counter: &'a Counter,
}

impl Pusher {
    /// One trip. What a client may send is known once it has proved itself.
    pub async fn of(request: &Incoming, sent: &Params, context: &Context) -> Result<Self, MachineFailure> {
        let key = dpop::proof_of(request, context).await?;
        let presented = ClientAuthentication::of(request, sent, context).await?;
        let mut batch = Batch::default();
        let looked_up = presented.look_up(&mut batch, context);
        let rows = context.db.run(batch).await?;
        let client = presented.finish(looked_up, &rows, context)?;
        client.check_proof(key.as_ref().map(|key| key.alg))?;
        Ok(Self { client, key, presented })
    }

    /// Stores the request, and uses up the assertion and the DPoP proof that came with it: all of it, or nothing.
    /// `also` goes behind it.
    pub async fn store(
        &self,
        pushed: &Pushed<'_>,
        also: Vec<Statement>,
        context: &Context,
    ) -> Result<(), MachineFailure> {
        let Pushed { hash, counter, .. } = *pushed;
        let (client_id, now) = (&self.client.client_id, context.now);
        let single_use = self.key.as_ref().map(|key| &key.single_use);
        let pushing = Pushing {
            hash,
            client: &self.client,
            query: pushed.query,
            proof: &self.presented.proof(context).with_dpop(single_use),
            user_code: pushed.user_code,
            asked: pushed.asked,
        };
        let mut batch = Batch::default();
        let looked_up = self.presented.look_up(&mut batch, context);
        let was_used = batch.add_if(single_use.map(|proof| dpop_proofs::find(proof, now)));
        let counted = batch.add(throttles::count_stranger(client_id, counter, now));
        let own = pushed.asked.map(|asked| asked.own);
        let asked = own.map(|own| (own, batch.add(throttles::count_address(own, now))));
        let once = pushed.asked.and_then(|asked| asked.once);
        let unusable = batch.add_if(once.map(|once| once.find_refusal(client_id, now)));
        let stored = batch.add(pushing.insert(counter, now));
        batch.push(pushed_requests::sweep(client_id, now));
        let is_stored = || pushed_requests::exists(hash);
        let shared = pushed.asked.map(|asked| asked.shared);
        batch.extend(shared.map(|shared| throttles::count_where(is_stored(), shared, now).into()));
        batch.extend(single_use.map(|proof| dpop_proofs::use_up(proof, is_stored(), now).into()));
        self.presented.use_up(is_stored(), &mut batch, context);
        if let Some((store, count)) = once.map(|once| once.use_up(client_id, is_stored(), now)) {
            batch.add(store);
            batch.push(count);
        }
        batch.extend(also);
        let rows = context.db.run(batch).await?;
        self.presented.finish(looked_up, &rows, context)?;
        match rows.read_if(unusable)?.flatten() {
            Some(OneUseRefusal::Used) => return Err(signed_request::refused("was used before").into()),
            Some(OneUseRefusal::TooMany { until }) => return Err(MachineFailure::too_many(until.since(now))),
            None => {}
        }
        if rows.read_if(was_used)? == Some(true) {
            return Err(used().into());
        }
        if let Some(wait) = rows.read(counted)?.wait(counter, now) {
            return Err(MachineFailure::too_many(wait));
        }
        if let Some((counter, counted)) = asked
            && let Some(wait) = rows.read(counted)?.wait(counter, now)
        {
            return Err(MachineFailure::too_many(wait));
        }
        // The client changed in between, or another device has the user code: there is another one then, too.
        if !rows.read(stored)? {
            return Err(MachineFailure::ClientChanged);
        }
        Ok(())
    }
}
