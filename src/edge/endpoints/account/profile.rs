//! `/account/profile`: what is known about a person, and what of it they may change.

use std::collections::BTreeMap;

use serde_json::json;

use crate::{
    account::{
        group::Group,
        profile::{self, FieldProblem, is_editable},
    },
    audit::Event,
    config::{PersonMay, ProfileField},
    db::{Batch, audit, groups, users},
    edge::{
        http::{failure::PageFailure, request::Incoming},
        people::account_access::{AccountRequest, SignedInBrowser},
        platform::context::Context,
    },
    oidc::claims::ATTRIBUTES,
    pages::{
        FieldState,
        account::{Notice, OwnField, ProfilePage, ProfileTrouble},
    },
    reply::Reply,
    routes::Endpoint,
};

const PAGE: Endpoint = Endpoint::AccountProfile;

/// `GET /account/profile`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let mut account_request = AccountRequest::at(PAGE, request, context)?;
    let groups = groups::list_own(&account_request.session_hash);
    let groups = account_request.batch.add(groups);
    let (signed_in, rows) = account_request.enter(context).await?;
    let memberships = rows.read(groups)?;
    let known = |field| profile::value(field, &signed_in.user().claims).to_owned();
    let html = ProfilePage {
        frame: signed_in.frame(PAGE),
        fields: fields(known, &[], context),
        own: own_fields(&signed_in, &memberships, |_| None, context),
        trouble: None,
        memberships: &memberships,
    }
    .to_html();
    Ok(signed_in.page(200, html))
}

/// `POST /account/profile`.
pub async fn submit(request: &mut Incoming, context: &Context) -> Result<Reply, PageFailure> {
    let (signed_in, form) = SignedInBrowser::submit(PAGE, request, context).await?;
    let entered = |name: &str| form.text(name);
    let user = signed_in.user();
    let known = &context.config.attributes;
    let (own, wrong_own) = profile::attribute_changes(&user.claims, known, entered);
    let typed = |wrong: &[String]| {
        let state = |name: &str| {
            let is_wrong = wrong.iter().any(|other| other == name);
            Some((entered(&profile::field_of(name)).to_owned(), is_wrong))
        };
        own_fields(&signed_in, &[], state, context)
    };
    let checked = profile::changes(&user.claims, &context.config.editable_claims, entered);
    let mut changes = match checked {
        Ok(changes) if wrong_own.is_empty() => changes,
        checked => {
            let wrong = checked.err().unwrap_or_default();
            let state = |field| match is_editable(field, &context.config.editable_claims) {
                true => entered(field.as_str()).to_owned(),
                false => profile::value(field, &user.claims).to_owned(),
            };
            let html = ProfilePage {
                frame: signed_in.frame(PAGE),
                fields: fields(state, &wrong, context),
                own: typed(&wrong_own),
                trouble: None,
                memberships: &[],
            }
            .to_html();
            return Ok(signed_in.page(400, html));
        }
    };
    if !own.is_empty() {
        changes.insert(ATTRIBUTES.to_owned(), own.into());
    }
    if changes.is_empty() {
        return Ok(signed_in.done(PAGE, Notice::ProfileSaved, context));
    }
    let names: Vec<_> = changes.keys().cloned().collect();
    let mut changed = user.clone();
    let as_entered = |trouble| {
        ProfilePage {
            frame: signed_in.frame(PAGE),
            fields: fields(|field| entered(field.as_str()).to_owned(), &[], context),
            own: typed(&[]),
            trouble: Some(trouble),
            memberships: &[],
        }
        .to_html()
    };
    match user.claims.with(&changes) {
        Ok(claims) => changed.claims = claims,
        Err(_) => return Ok(signed_in.page(400, as_entered(ProfileTrouble::TooMuch))),
    }
    changed.updated_at = context.now;
    // Which members changed, not how: they are personal data.
    let entry = signed_in
        .entry(Event::ProfileChanged)
        .detail(json!({ "changed": names }));
    let mut batch = Batch::default();
    let saved = batch.add(users::update_own(&changed, user, &signed_in.session_hash));
    batch.push(audit::record_if_changed(&entry, context));
    if context.db.run(batch).await?.read(saved)? {
        return Ok(signed_in.done(PAGE, Notice::ProfileSaved, context));
    }
    Ok(signed_in.page(409, as_entered(ProfileTrouble::ChangedElsewhere)))
}

/// The attributes that the person sees, each with what was `typed` and whether that is wrong, or else as it is.
fn own_fields(
    signed_in: &SignedInBrowser,
    memberships: &[Group],
    typed: impl Fn(&str) -> Option<(String, bool)>,
    context: &Context,
) -> Vec<OwnField> {
    let known = &context.config.attributes;
    let mut user = signed_in.user().clone();
    user.memberships.attributes = memberships.iter().map(|group| group.attributes.clone()).collect();
    let values = user.attributes(known);
    let shown = known.iter().filter(|(_, own)| own.person >= PersonMay::See);
    shown
        .map(|(name, own)| {
            let is_editable = own.person == PersonMay::Edit;
            // What comes of a group is nothing to edit.
            let value = match is_editable {
                true => user.claims.own(name),
                false => values.get(name),
            };
            OwnField::new(
                profile::field_of(name),
                own.title(name, signed_in.language.tag()),
                own.kind,
                value,
            )
            .editable(is_editable, typed(name))
        })
        .collect()
}

fn fields(
    value: impl Fn(ProfileField) -> String,
    wrong: &[(ProfileField, FieldProblem)],
    context: &Context,
) -> BTreeMap<ProfileField, FieldState> {
    let state = |field| FieldState {
        value: value(field),
        editable: is_editable(field, &context.config.editable_claims),
        problem: wrong.iter().find(|(of, _)| *of == field).map(|(_, wrong)| *wrong),
    };
    let shown = |field: &ProfileField| is_editable(*field, &context.config.profile_claims);
    ProfileField::ALL
        .into_iter()
        .filter(shown)
        .map(|field| (field, state(field)))
        .collect()
}
