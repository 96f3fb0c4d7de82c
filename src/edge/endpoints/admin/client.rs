//! `/admin/api/clients/{client_id}`: what operators see of an app and decide about it beside its registration, which is at
//! `/register/{client_id}`.

use serde_json::{Map, Value, json};

use crate::{
    admin::{
        client_changes::{self, ClientChanges},
        client_filter::Provenance,
    },
    db::{
        Batch,
        client_looks::{self, Papers},
        clients::{self, ClientRecord},
    },
    edge::{
        clients::{logo, looks, registration::RegisteringParty},
        http::{failure::MachineFailure, request::Incoming},
        platform::context::Context,
    },
    oidc::client::self_service::RegisteredBy,
    pages::{Language, app_name},
    reply::{Body, Reply},
    web::picture::PictureFormat,
};

/// `GET /admin/api/clients/{client_id}`.
pub async fn show(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    answer(request, context).await
}

/// `PATCH /admin/api/clients/{client_id}`: its notes, color and launch address (RFC 7396).
pub async fn change(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let changes = ClientChanges::parse(&request.json().await?)?;
    let record = looks::find(request.segment(0), context).await?;
    looks::change(record, &changes, party(request)?, context).await?;
    answer(request, context).await
}

/// `PUT /admin/api/clients/{client_id}/logo`: the picture itself.
pub async fn put_logo(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let types = PictureFormat::ALL.map(PictureFormat::media_type);
    let bytes = request
        .one_of(&types, "a picture: image/png, image/jpeg, image/webp or image/gif")
        .await?;
    let record = looks::find(request.segment(0), context).await?;
    looks::set_logo(record, Some(bytes), party(request)?, context).await?;
    answer(request, context).await
}

/// `POST /admin/api/clients/{client_id}/logo/fetch`: what is at its `logo_uri` now.
pub async fn fetch_logo(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let record = looks::find(request.segment(0), context).await?;
    let bytes = logo::fetch_for_operator(&record, party(request)?, context).await?;
    looks::set_logo(record, Some(bytes), party(request)?, context).await?;
    answer(request, context).await
}

/// `DELETE /admin/api/clients/{client_id}/logo`.
pub async fn remove_logo(request: &mut Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let record = looks::find(request.segment(0), context).await?;
    looks::set_logo(record, None, party(request)?, context).await?;
    Ok(Reply::new(204, Body::Empty))
}

async fn answer(request: &Incoming, context: &Context) -> Result<Reply, MachineFailure> {
    let client_id = request.segment(0);
    let mut batch = Batch::default();
    let record = batch.add(clients::find(client_id));
    let papers = batch.add(client_looks::find_papers(client_id));
    let rows = context.db.run(batch).await?;
    match rows.read(record)?.zip(rows.read(papers)?) {
        Some((record, papers)) => Ok(Reply::json(200, &describe(&record, &papers, context))),
        None => Err(MachineFailure::no_such("client")),
    }
}

fn describe(record: &ClientRecord, papers: &Papers, context: &Context) -> Value {
    let client = &record.client;
    let metadata = &client.metadata;
    let logo = papers.logo.as_ref().zip(metadata.look.logo_path());
    let mut members = Map::new();
    let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
    put("client_id", json!(client.client_id));
    put(
        "client_name",
        json!(app_name(&client.client_id, metadata, Language::En)),
    );
    put(
        "registered_by",
        json!(Provenance::of(client.is_described_by_document(), record.came_openly()).as_str()),
    );
    put("disabled", json!(metadata.rules.disabled));
    put("waiting", json!(metadata.waits));
    put("notes", json!(papers.notes));
    put(
        "logo",
        json!(logo.map(|(logo, path)| json!({
            "url": context.config.issuer.url(&path),
            "media_type": logo.media_type,
            "size": logo.size,
            "stored_at": logo.stored_at,
        }))),
    );
    put("client_id_issued_at", json!(client.issued_at));
    put("updated_at", json!(papers.updated_at));
    put("last_used_at", json!(record.last_used_at));
    client_changes::describe_look(&metadata.look, &mut members);
    Value::Object(members)
}

fn party(request: &Incoming) -> Result<RegisteringParty<'_>, MachineFailure> {
    Ok(RegisteringParty {
        by: RegisteredBy::Operator,
        operator: Some(request.caller()?),
        is_told_token: false,
    })
}
