//! The consent page: where a person says which practice account an app may work with, or that it may not.

use crate::market::{self, Given, Opening};
use crate::page::{self, escape};
use calendar::Zone;
use campaign::ChannelType;
use sandbox::{Authorize, Fields, account_number};
use worker::{Env, Response, Result};

/// Remembers the account a browser used last.
const COOKIE: &str = "practice_account";
/// What accounts can be opened in.
const CURRENCIES: [&str; 8] = ["EUR", "USD", "GBP", "CHF", "PLN", "SEK", "CAD", "JPY"];

pub(crate) async fn handle(provider: ChannelType, asked: &sandbox::Request, env: &Env) -> Result<Response> {
    let wish = match Authorize::parse(provider, &asked.query) {
        Ok(wish) => wish,
        Err(reason) => return page::problem("This sign-in cannot go on", &reason),
    };
    if asked.method != "POST" {
        let name = cookie(asked).unwrap_or_else(|| {
            let number = u16::from_le_bytes(platform::random::bytes());
            format!("Practice shop {}", 1_000 + u32::from(number) % 9_000)
        });
        let opening = Opening { name, currency: "EUR".to_owned(), time_zone: "UTC".to_owned() };
        return show(provider, &wish, &opening, None);
    }
    // The decision is in the body alone: a link cannot carry it.
    let fields = sandbox::Request { query: String::new(), ..asked.clone() }.fields();
    if fields.text("decision") != "allow" {
        return redirect(&wish.denied(), None);
    }
    let opening = match opening(&fields) {
        Ok(opening) => opening,
        Err((opening, reason)) => return show(provider, &wish, &opening, Some(reason)),
    };
    let stub = market::of(env, provider, &account_number(provider, &opening.name))?;
    let given = Given { query: asked.query.clone(), opening };
    let code = market::call(&stub, "/@grant", &given).await?.text().await?;
    redirect(&wish.allowed(&code), Some(&given.opening.name))
}

/// What the form says, or what is wrong with it.
fn opening(fields: &Fields) -> std::result::Result<Opening, (Opening, &'static str)> {
    let opening = Opening {
        name: fields.text("account").trim().to_owned(),
        currency: fields.given("currency").unwrap_or("EUR").to_owned(),
        time_zone: fields.given("time_zone").unwrap_or("UTC").trim().to_owned(),
    };
    if !(1..=60).contains(&opening.name.chars().count()) {
        return Err((opening, "Give the practice account a name of at most 60 characters."));
    }
    if !CURRENCIES.contains(&opening.currency.as_str()) {
        return Err((opening, "Choose one of the currencies."));
    }
    if Zone::parse(&opening.time_zone).is_err() {
        return Err((opening, "The time zone must be a name such as Europe/Berlin or UTC."));
    }
    Ok(opening)
}

fn cookie(asked: &sandbox::Request) -> Option<String> {
    let pair = asked.get_header("cookie")?.split(';').find_map(|pair| pair.trim().strip_prefix("practice_account="))?;
    form_urlencoded::parse(format!("n={pair}").as_bytes()).next().map(|(_, name)| name.into_owned())
}

fn redirect(to: &str, account: Option<&str>) -> Result<Response> {
    let response = Response::empty()?.with_status(303);
    response.headers().set("location", to)?;
    response.headers().set("cache-control", "no-store")?;
    if let Some(account) = account {
        let name: String = form_urlencoded::byte_serialize(account.as_bytes()).collect();
        response
            .headers()
            .set("set-cookie", &format!("{COOKIE}={name}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax"))?;
    }
    Ok(response)
}

const fn imitated(provider: ChannelType) -> &'static str {
    match provider {
        ChannelType::Sandbox => "Practice ads",
        ChannelType::Meta => "Meta",
        ChannelType::GoogleAds => "Google Ads",
        ChannelType::Klaviyo => "Klaviyo",
    }
}

/// What a scope lets an app do, in words.
fn meaning(scope: &str) -> String {
    match scope {
        "ads" => "Create, change and pause campaigns, and read their results",
        "ads_management" => "Create, change and pause ads",
        "ads_read" => "Read ads and their results",
        "business_management" => "See the businesses behind ad accounts",
        "pages_show_list" => "See which pages you run",
        "pages_read_engagement" => "Read your pages’ posts and figures",
        "https://www.googleapis.com/auth/adwords" => {
            "Create, change and pause Google Ads campaigns, and read their results"
        }
        _ => return resource(scope),
    }
    .to_owned()
}

/// Klaviyo's scopes, `campaigns:write`.
fn resource(scope: &str) -> String {
    match scope.split_once(':') {
        Some((things, "write")) => format!("Create and change {}", escape(things)),
        Some((things, "read")) => format!("Read {}", escape(things)),
        _ => String::new(),
    }
}

fn show(provider: ChannelType, wish: &Authorize, opening: &Opening, problem: Option<&str>) -> Result<Response> {
    let name = imitated(provider);
    let scopes: String = wish
        .scopes
        .iter()
        .map(|scope| format!("<li><code>{}</code><span>{}</span></li>", escape(scope), meaning(scope)))
        .collect();
    let currencies: String = CURRENCIES
        .iter()
        .map(|code| format!("<option{}>{code}</option>", if *code == opening.currency { " selected" } else { "" }))
        .collect();
    let back = wish.redirect_uri.split('/').nth(2).unwrap_or_default();
    let problem =
        problem.map(|text| format!("<p class=\"problem\" role=\"alert\">{}</p>", escape(text))).unwrap_or_default();
    let stands_in = if provider == ChannelType::Sandbox {
        "This is Adroit’s own practice provider.".to_owned()
    } else {
        format!("This stands in for {name}. You are not at {name}, and nothing here reaches it.")
    };
    let body = format!(
        "<p class=\"badge\">Practice account</p>\
         <h1>Adroit asks for access to a practice {name} account</h1>\
         <p>{stands_in} No money is spent, no ad is shown to anybody, no e-mail is sent.</p>\
         {problem}\
         <form method=\"post\">\
         <label for=\"account\">Practice account</label>\
         <input id=\"account\" name=\"account\" required maxlength=\"60\" autocomplete=\"off\" value=\"{account}\" aria-describedby=\"account-hint\">\
         <p class=\"hint\" id=\"account-hint\">The same name opens the same account again; a new name opens a new one.</p>\
         <div class=\"pair\"><div><label for=\"currency\">Currency</label><select id=\"currency\" name=\"currency\">{currencies}</select></div>\
         <div><label for=\"zone\">Time zone</label><input id=\"zone\" name=\"time_zone\" value=\"{zone}\" autocomplete=\"off\"></div></div>\
         <h2>Adroit will be able to</h2><ul>{scopes}</ul>\
         <div class=\"choices\"><button name=\"decision\" value=\"allow\" class=\"allow\">Allow</button>\
         <button name=\"decision\" value=\"deny\" formnovalidate>Deny</button></div>\
         </form>\
         <p class=\"hint\">Either way you go back to {back}.</p>",
        account = escape(&opening.name),
        zone = escape(&opening.time_zone),
        back = escape(back),
    );
    page::html(200, &format!("Allow access · practice {name}"), &body)
}
