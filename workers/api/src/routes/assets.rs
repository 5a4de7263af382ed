//! Uploaded images: told from their bytes, kept in R2, served as what they are.

use axum::Json;
use axum::body::Body;
use axum::extract::{FromRequestParts as _, Request};
use axum::response::Response;
use campaign::image::{self, NotTaken};
use control::audit::Entry;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG};
use http::{HeaderValue, StatusCode};
use platform::{Error, random};
use problem::Problem as Failure;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::scope;
use crate::answer::{Answer, internal};
use crate::extract::{Params, Segment, media_type, read_body};
use crate::gate::Caller;
use crate::store;
use crate::store::assets::AssetRecord;
use crate::wire::assets::{Asset, AssetUploadQuery, Assets};
use crate::wire::campaigns::SiteQuery;
use crate::wire::problem::Problem;

/// The bucket of uploads.
const FILES: &str = "FILES";

/// The longest title, in characters.
const MAX_TITLE: usize = 120;
/// The longest alternative text, in characters.
const MAX_ALT: usize = 500;

/// Uploads an image: JPEG, PNG, GIF or WebP, up to 30 MB.
///
/// 1. Look at the bytes: no image, or not what `Content-Type` says → 415. 2. Store the file. 3. Store its row with the
/// audit entry.
#[utoipa::path(
    post, path = "/assets", tag = "assets", params(AssetUploadQuery),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "The image's bytes, as Content-Type: image/jpeg, image/png, image/gif, image/webp or application/octet-stream"),
    responses((status = 201, body = Asset), (status = "default", description = "Any failure; 413 when too large, 415 when it is no image or not what it is sent as", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("edit_campaigns")))
)]
#[worker::send]
pub async fn upload_asset(caller: Caller, request: Request) -> Answer<(StatusCode, Json<Asset>)> {
    let (mut parts, body) = request.into_parts();
    let Params(query) = Params::<AssetUploadQuery>::from_request_parts(&mut parts, &()).await?;
    let title = text("title", query.title.as_deref(), MAX_TITLE)?;
    let alt = text("alt", query.alt.as_deref(), MAX_ALT)?;
    let site = scope::site(&caller, query.site.as_deref()).await?;
    let declared = media_type(parts.headers.get(CONTENT_TYPE));
    let bytes = read_body(body, image::MAX_BYTES).await?;
    let found = image::sniff(&bytes, declared.as_deref()).map_err(refusal)?;

    let tenant = &caller.session.tenant_id;
    let id = random::uuid();
    let asset = AssetRecord {
        object_key: store::assets::object_key(tenant, &id),
        site: site.key,
        kind: "image".to_owned(),
        title: if title.is_empty() { format!("Image {}×{}", found.width, found.height) } else { title },
        text: alt,
        media_type: found.media_type.to_owned(),
        width: found.width.into(),
        height: found.height.into(),
        bytes: i64::try_from(bytes.len()).map_err(internal)?,
        sha256: hex::encode(Sha256::digest(&bytes)),
        created_by: caller.actor().to_owned(),
        created_at: caller.now,
        id,
    };
    let files = caller.runtime.env.bucket(FILES).map_err(|error| Error::setting(FILES, error))?;
    let key = &asset.object_key;
    files.put(key, bytes).execute().await.map_err(|error| Error::unavailable(format!("storing {key}"), error))?;
    let entry = Entry {
        actor: caller.actor().to_owned(),
        action: "asset.create",
        entity: format!("asset:{}", asset.id),
        before: None,
        after: Some(json!({ "site": asset.site, "title": asset.title, "sha256": asset.sha256, "bytes": asset.bytes })),
        at: caller.now,
    };
    caller.database.commit("the image", &[store::assets::insert(&asset)], &[entry]).await?;
    Ok((StatusCode::CREATED, Json(asset.into())))
}

fn text(field: &str, text: Option<&str>, most: usize) -> Result<String, Failure> {
    let text = text.unwrap_or_default().trim();
    if text.chars().count() > most {
        return Err(Failure::invalid_field(field, format!("must have at most {most} characters")));
    }
    Ok(text.to_owned())
}

fn refusal(reason: NotTaken) -> Failure {
    let words = reason.to_string();
    match reason {
        NotTaken::Empty | NotTaken::Damaged { .. } | NotTaken::Sides { .. } => Failure::invalid_field("", words),
        NotTaken::TooLarge { .. } => Failure::payload_too_large(words),
        NotTaken::OtherType | NotTaken::Lies { .. } => Failure::unsupported_media_type(words),
    }
}

/// Uploaded images, newest first.
#[utoipa::path(
    get, path = "/assets", tag = "assets", params(SiteQuery),
    responses((status = 200, body = Assets), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_campaigns")), ("x-tool" = json!({ "name": "assets_list", "title": "List uploaded images", "effect": "read" })))
)]
#[worker::send]
pub async fn list_assets(caller: Caller, Params(query): Params<SiteQuery>) -> Answer<Json<Assets>> {
    let site = match query.site.as_deref() {
        Some(key) => scope::site(&caller, Some(key)).await?.key,
        None => String::new(),
    };
    let rows = store::assets::all(&caller.database, &site).await?;
    Ok(Json(Assets { rows: rows.into_iter().map(Asset::from).collect() }))
}

/// An uploaded image's data; its bytes are at `/assets/{id}/content`.
#[utoipa::path(
    get, path = "/assets/{id}", tag = "assets", params(("id" = String, Path, description = "Asset id")),
    responses((status = 200, body = Asset), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_campaigns")))
)]
#[worker::send]
pub async fn show_asset(caller: Caller, Segment(id): Segment) -> Answer<Json<Asset>> {
    Ok(Json(find(&caller, &id).await?.into()))
}

/// An uploaded image's bytes.
#[utoipa::path(
    get, path = "/assets/{id}/content", tag = "assets", params(("id" = String, Path, description = "Asset id")),
    responses((status = 200, description = "The image, as what it is", body = Vec<u8>, content_type = "image/*"), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_campaigns")))
)]
#[worker::send]
pub async fn asset_content(caller: Caller, Segment(id): Segment) -> Answer<Response> {
    let asset = find(&caller, &id).await?;
    let files = caller.runtime.env.bucket(FILES).map_err(|error| Error::setting(FILES, error))?;
    let key = &asset.object_key;
    let failed = |error: worker::Error| Error::unavailable(format!("reading {key}"), error);
    let object = files.get(key).execute().await.map_err(failed)?;
    let body = object.as_ref().and_then(worker::Object::body).ok_or_else(|| internal(format!("{key} is missing")))?;
    let bytes = body.bytes().await.map_err(failed)?;
    let mut response = Response::new(Body::from(bytes));
    let headers = response.headers_mut();
    let value = |text: String| HeaderValue::from_str(&text).map_err(internal);
    headers.insert(CONTENT_TYPE, value(asset.media_type.clone())?);
    headers.insert(CONTENT_LENGTH, value(asset.bytes.to_string())?);
    headers.insert(CONTENT_DISPOSITION, value(disposition(&asset))?);
    // An image is never a page: whoever makes a browser open it gets nothing to run.
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    // The bytes of an id never change; only who is asking may keep them.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, max-age=86400, immutable"));
    headers.insert(ETAG, value(format!("\"{}\"", asset.sha256))?);
    Ok(response)
}

/// Shown in place, with a name of plain letters for whoever saves it.
fn disposition(asset: &AssetRecord) -> String {
    let name: String = asset
        .title
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') { c } else { '-' })
        .collect();
    let name = name.trim_matches('-');
    let name = if name.is_empty() { "image" } else { name };
    let extension = match asset.media_type.as_str() {
        "image/jpeg" => "jpg",
        other => other.strip_prefix("image/").unwrap_or("bin"),
    };
    format!("inline; filename=\"{name}.{extension}\"")
}

/// Deletes an image that no campaign needs any more.
#[utoipa::path(
    delete, path = "/assets/{id}", tag = "assets", params(("id" = String, Path, description = "Asset id")),
    responses((status = 204, description = "Deleted"), (status = "default", description = "Any failure; 409 while a campaign shows it", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("edit_campaigns")))
)]
#[worker::send]
pub async fn delete_asset(caller: Caller, Segment(id): Segment) -> Answer<StatusCode> {
    let asset = find(&caller, &id).await?;
    if let Some(name) = store::assets::used_by(&caller.database, &id).await? {
        let detail = format!("the campaign “{name}” shows this image or did; end the campaign first");
        return Err(Failure::conflict(detail).into());
    }
    let entry = Entry {
        actor: caller.actor().to_owned(),
        action: "asset.delete",
        entity: format!("asset:{id}"),
        before: Some(json!({ "site": asset.site, "title": asset.title, "sha256": asset.sha256 })),
        after: None,
        at: caller.now,
    };
    caller.database.commit("the image", &store::assets::delete(&id, caller.now), &[entry]).await?;
    let files = caller.runtime.env.bucket(FILES).map_err(|error| Error::setting(FILES, error))?;
    if let Err(error) = files.delete(&asset.object_key).await {
        // Nobody reaches the bytes without the row; what is left behind costs a little room.
        platform::log::error("api", &caller.session.tenant_id, "deleting an image's bytes failed", &error);
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn find(caller: &Caller, id: &str) -> Answer<AssetRecord> {
    let asset = store::assets::find(&caller.database, id).await?;
    asset.ok_or_else(|| Failure::not_found(format!("there is no image `{id}`")).into())
}

impl From<AssetRecord> for Asset {
    fn from(record: AssetRecord) -> Self {
        Self {
            url: format!("/assets/{}/content", record.id),
            id: record.id,
            site: record.site,
            kind: record.kind,
            title: record.title,
            alt: record.text,
            media_type: record.media_type,
            width: record.width,
            height: record.height,
            bytes: record.bytes,
            sha256: record.sha256,
            created_by: record.created_by,
            created_at: record.created_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_saved_image_has_a_plain_name() {
        let mut asset = AssetRecord {
            id: "a".into(),
            site: "s".into(),
            kind: "image".into(),
            title: "Herbst \"Wolle\"\r\n/../x".into(),
            text: String::new(),
            object_key: "assets/t/a".into(),
            media_type: "image/jpeg".into(),
            width: 1,
            height: 1,
            bytes: 1,
            sha256: String::new(),
            created_by: String::new(),
            created_at: 0,
        };
        assert_eq!(disposition(&asset), "inline; filename=\"Herbst--Wolle-------x.jpg\"");
        asset.title = "…".into();
        asset.media_type = "image/webp".into();
        assert_eq!(disposition(&asset), "inline; filename=\"image.webp\"");
    }

    #[test]
    fn each_refusal_has_its_status() {
        assert_eq!(refusal(NotTaken::OtherType).status, 415);
        assert_eq!(refusal(NotTaken::TooLarge { bytes: 1 }).status, 413);
        assert_eq!(refusal(NotTaken::Empty).status, 422);
    }
}
