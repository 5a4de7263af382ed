//! Brand guidelines: read and replaced whole, one set a site.

use axum::Json;
use campaign::Brand as Guidelines;
use control::audit::Entry;
use http::HeaderName;
use problem::{FieldError, Problem as Failure};
use serde_json::json;

use super::scope;
use crate::answer::Answer;
use crate::etag::{self, IfMatch};
use crate::extract::{Form, Params};
use crate::gate::Caller;
use crate::store;
use crate::store::brand::BrandRecord;
use crate::wire::brand::{Brand, BrandForm};
use crate::wire::campaigns::SiteQuery;
use crate::wire::problem::Problem;

/// The most entries of one list.
const MAX_ITEMS: usize = 200;
/// The longest entry, in characters.
const MAX_ITEM: usize = 500;
/// The longest description, in characters.
const MAX_DESCRIPTION: usize = 4_000;

/// A site's brand with its version as an ETag.
type Shown = ([(HeaderName, String); 1], Json<Brand>);

/// A site's brand guidelines; empty ones of version 0 where it has none.
#[utoipa::path(
    get, path = "/brand", tag = "brand", params(SiteQuery),
    responses((status = 200, body = Brand, headers(("ETag" = String, description = "The version"))), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_campaigns")), ("x-tool" = json!({ "name": "brand_get", "title": "Show the brand guidelines", "effect": "read" })))
)]
#[worker::send]
pub async fn show_brand(caller: Caller, Params(query): Params<SiteQuery>) -> Answer<Shown> {
    let site = scope::site(&caller, query.site.as_deref()).await?;
    let record = store::brand::find(&caller.database, &site.key).await?;
    Ok(shown(site.key, record))
}

/// Replaces a site's brand guidelines.
#[utoipa::path(
    put, path = "/brand", tag = "brand",
    params(SiteQuery, ("If-Match" = String, Header, description = "The ETag of the version this rests on")),
    request_body = BrandForm,
    responses((status = 200, body = Brand, headers(("ETag" = String, description = "The version"))), (status = "default", description = "Any failure; 428 without If-Match, 412 when they have changed since", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("edit_campaigns")))
)]
#[worker::send]
pub async fn update_brand(
    caller: Caller,
    Params(query): Params<SiteQuery>,
    if_match: IfMatch,
    Form(form): Form<BrandForm>,
) -> Answer<Shown> {
    let site = scope::site(&caller, query.site.as_deref()).await?;
    let before = store::brand::find(&caller.database, &site.key).await?;
    if_match.check(before.version, "the brand")?;
    let brand = read(form)?;
    let statements = store::brand::store(&site.key, &brand, before.version, caller.actor(), caller.now)?;
    let entry = Entry {
        actor: caller.actor().to_owned(),
        action: "brand.edit",
        entity: format!("brand:{}", site.key),
        before: Some(json!(before.guidelines)),
        after: Some(json!(brand)),
        at: caller.now,
    };
    match caller.database.commit("the brand", &statements, &[entry]).await {
        Err(platform::Error::Stale { .. }) => return Err(etag::stale("the brand").into()),
        outcome => outcome?,
    }
    let record = store::brand::find(&caller.database, &site.key).await?;
    Ok(shown(site.key, record))
}

/// The form, trimmed, without empty entries.
fn read(form: BrandForm) -> Result<Guidelines, Failure> {
    let mut errors = Vec::new();
    let mut text = |field: &str, text: String, most: usize| {
        let text = text.trim().to_owned();
        if text.chars().count() > most {
            errors.push(FieldError::new(field, format!("must have at most {most} characters")));
        }
        text
    };
    let name = text("/name", form.name, 120);
    let description = text("/description", form.description, MAX_DESCRIPTION);
    let language = text("/language", form.language, 35);
    let mut list = |field: &str, items: Vec<String>| {
        let items: Vec<String> =
            items.into_iter().map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect();
        if items.len() > MAX_ITEMS || items.iter().any(|item| item.chars().count() > MAX_ITEM) {
            let detail = format!("takes at most {MAX_ITEMS} entries of at most {MAX_ITEM} characters");
            errors.push(FieldError::new(field, detail));
        }
        items
    };
    let tone = list("/tone", form.tone);
    let banned = list("/banned", form.banned);
    let required = list("/required", form.required);
    let claims = list("/claims", form.claims);
    let colors = list("/colors", form.colors);
    for (at, color) in colors.iter().enumerate() {
        let digits = color.strip_prefix('#').filter(|digits| digits.len() == 6);
        if !digits.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit())) {
            errors.push(FieldError::new(format!("/colors/{at}"), format!("`{color}` is no colour such as #1a2b3c")));
        }
    }
    if errors.is_empty() {
        Ok(Guidelines { name, description, tone, banned, required, claims, language, colors })
    } else {
        Err(Failure::invalid(errors))
    }
}

fn shown(site: String, record: BrandRecord) -> Shown {
    let brand = record.guidelines;
    let body = Brand {
        site,
        version: record.version,
        name: brand.name,
        description: brand.description,
        tone: brand.tone,
        banned: brand.banned,
        required: brand.required,
        claims: brand.claims,
        language: brand.language,
        colors: brand.colors,
        updated_by: record.updated_by,
        updated_at: record.updated_at,
    };
    (etag::of(record.version), Json(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_trimmed_and_what_is_wrong_is_named() {
        let form = BrandForm {
            banned: vec![" cheap ".into(), " ".into()],
            colors: vec!["#a1b2c3".into()],
            ..BrandForm::default()
        };
        assert_eq!(read(form).unwrap().banned, ["cheap"]);
        let form = BrandForm { name: "x".repeat(121), colors: vec!["red".into()], ..BrandForm::default() };
        let fields: Vec<String> = read(form).unwrap_err().errors.into_iter().map(|error| error.field).collect();
        assert_eq!(fields, ["/name", "/colors/0"]);
    }
}
