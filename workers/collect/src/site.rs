//! The site behind a key, kept for half a minute per isolate: a change to a site's origins takes hold within that time.

use control::Origins;
use platform::directory::{self, SiteRow};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use worker::Env;

/// How long a look-up is trusted, ms.
const FRESH_MS: i64 = 30_000;
/// Most sites kept; beyond it the cache starts over rather than grow.
const MOST: usize = 1_000;

/// A site with its origins read.
pub(crate) struct Site {
    pub(crate) row: SiteRow,
    pub(crate) origins: Origins,
}

struct Entry {
    site: Option<Rc<Site>>,
    fetched_at: i64,
}

thread_local! {
    static CACHE: RefCell<HashMap<String, Entry>> = RefCell::new(HashMap::new());
}

/// The site of that key, `None` when there is none. Absence is remembered too, so that a wrong key costs no look-up a hit.
pub(crate) async fn find(env: &Env, key: &str, now: i64) -> platform::Result<Option<Rc<Site>>> {
    let cached = CACHE.with_borrow(|cache| {
        cache.get(key).filter(|entry| now - entry.fetched_at < FRESH_MS).map(|entry| entry.site.clone())
    });
    if let Some(site) = cached {
        return Ok(site);
    }
    let site = match directory::site(env, key).await? {
        // Outside a local run the demo site does not exist, whatever a copied database says.
        Some(row) if row.key == control::demo::SITE_KEY && !platform::settings::is_local(env) => {
            platform::log::error("collect", &row.tenant_id, "refused", &"the demo site's key outside a local run");
            None
        }
        Some(row) => {
            let entries: Vec<String> =
                serde_json::from_str(&row.origins).map_err(|e| platform::Error::corrupt("site origins", e))?;
            let origins = Origins::parse(&entries)
                .map_err(|wrong| platform::Error::corrupt("site origins", format!("{wrong:?}")))?;
            Some(Rc::new(Site { row, origins }))
        }
        None => None,
    };
    CACHE.with_borrow_mut(|cache| {
        if cache.len() >= MOST {
            cache.clear();
        }
        cache.insert(key.to_owned(), Entry { site: site.clone(), fetched_at: now });
    });
    Ok(site)
}
