//! Sign-in, accounts, tenants and sites.

use control::site::SiteForm;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A sign-in.
#[derive(Deserialize, ToSchema)]
pub struct LoginRequest {
    /// The account's address.
    pub email: String,
    /// The password.
    pub password: String,
    /// Which tenant to enter, for members of several; the oldest membership when absent.
    #[serde(default)]
    pub tenant: Option<String>,
}

impl std::fmt::Debug for LoginRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LoginRequest(…)")
    }
}

/// A session.
#[derive(Serialize, ToSchema)]
pub struct Login {
    /// The token, for `Authorization: Bearer`; browsers get it as a cookie too.
    pub token: String,
    /// When it stops being good, UTC ms.
    pub expires_at: i64,
    /// Who signed in.
    pub user: User,
    /// Where.
    pub tenant: Tenant,
    /// As what: admin, marketer, analyst or approver.
    pub role: String,
}

/// A person.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct User {
    /// Stable id.
    pub id: String,
    /// Address.
    pub email: String,
    /// Name.
    pub name: String,
}

/// An owner of sites and data.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Tenant {
    /// Stable id.
    pub id: String,
    /// Name.
    pub name: String,
}

/// Which tenant to enter.
#[derive(Debug, Deserialize, ToSchema)]
pub struct SwitchRequest {
    /// Its id, as `GET /me` lists it.
    pub tenant_id: String,
}

/// A tenant the caller belongs to.
#[derive(Debug, Serialize, ToSchema)]
pub struct MyTenant {
    /// Stable id.
    pub id: String,
    /// Name.
    pub name: String,
    /// What the caller is there: admin, marketer, analyst or approver.
    pub role: String,
}

/// The caller's account.
#[derive(Debug, Serialize, ToSchema)]
pub struct Me {
    /// Who; for an API key its `key:<id>`, its name and no address.
    pub user: User,
    /// In which tenant.
    pub tenant: Tenant,
    /// As what.
    pub role: String,
    /// What the caller may do, by the names of `x-permission`.
    pub permissions: Vec<String>,
    /// Every tenant the caller belongs to, oldest membership first; none for an API key.
    pub tenants: Vec<MyTenant>,
    /// The tenant's sites, oldest first.
    pub sites: Vec<Site>,
    /// The product's version.
    pub version: String,
}

/// A site that is measured.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Site {
    /// Its public key, as it stands in the pixel's script tag.
    pub key: String,
    /// Its name.
    pub name: String,
    /// ISO 4217 code all its figures are in.
    pub currency: String,
    /// IANA time zone its days begin in.
    pub time_zone: String,
    /// Origins a browser may send from; `*` is any.
    pub origins: Vec<String>,
    /// Inactivity that ends a session, in ms.
    pub session_timeout_ms: i64,
    /// Days before a conversion in which touchpoints count.
    pub lookback_days: i64,
    /// The script tag to paste into a page.
    pub snippet: String,
    /// Where events are posted.
    pub collect_url: String,
}

/// All sites.
#[derive(Debug, Serialize, ToSchema)]
pub struct Sites {
    /// Oldest first.
    pub rows: Vec<Site>,
}

/// A tenant to create.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewTenant {
    /// Its name.
    pub name: String,
    /// Its first site.
    pub site: NewSite,
}

/// A site to create.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewSite {
    /// The key wanted; made from the name when absent.
    #[serde(default)]
    pub key: Option<String>,
    /// Its name.
    pub name: String,
    /// ISO 4217 code.
    pub currency: String,
    /// IANA time zone.
    pub time_zone: String,
    /// Allowed origins, `https://shop.example` each, or `*`.
    pub origins: Vec<String>,
}

impl From<NewSite> for SiteForm {
    fn from(site: NewSite) -> Self {
        Self {
            key: site.key,
            name: site.name,
            currency: site.currency,
            time_zone: site.time_zone,
            origins: site.origins,
        }
    }
}

/// What was created.
#[derive(Serialize, ToSchema)]
pub struct TenantCreated {
    /// The tenant; its creator is its admin. Sign in with `tenant` set to its id to enter it.
    pub tenant: Tenant,
    /// Its first site.
    pub site: Site,
    /// The site's signing secret for server events. It is shown this once.
    pub signing_secret: String,
}

/// Whether we are up.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// `ok`.
    pub status: String,
    /// The product's version.
    pub version: String,
    /// Whether the demo's login may be offered: true on a developer's machine.
    pub demo: Option<bool>,
}
