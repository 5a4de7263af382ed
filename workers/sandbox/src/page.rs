//! The frame of the few pages there are: plain HTML without scripts, for light and dark.

use worker::{Response, Result};

const STYLE: &str = "\
:root{color-scheme:light dark;--ground:#f5f4f0;--card:#fff;--text:#1d1d1b;--soft:#5f5e58;--line:#d9d7cf;--accent:#1f5f4a;--on-accent:#fff;--mark:#fff3cf;--on-mark:#5b4300;--bad:#9b1c1c}\
@media(prefers-color-scheme:dark){:root{--ground:#161614;--card:#20201d;--text:#f0efe9;--soft:#a9a79e;--line:#3a3934;--accent:#7ccfae;--on-accent:#0d241b;--mark:#4a3a0a;--on-mark:#ffe7a3;--bad:#ff9c9c}}\
*{box-sizing:border-box}body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.5rem;background:var(--ground);color:var(--text);font:1rem/1.5 system-ui,sans-serif}\
main{width:100%;max-width:30rem;background:var(--card);border:1px solid var(--line);border-radius:12px;padding:1.75rem}\
h1{font-size:1.35rem;line-height:1.3;margin:.75rem 0 .5rem}h2{font-size:1rem;margin:1.5rem 0 .25rem}p{margin:.5rem 0}\
.badge{display:inline-block;margin:0;padding:.15rem .65rem;border-radius:99px;background:var(--mark);color:var(--on-mark);font-size:.85rem;font-weight:600}\
.hint{color:var(--soft);font-size:.875rem}.problem{color:var(--bad);font-weight:600}\
label{display:block;margin-top:1rem;font-weight:600}input,select{width:100%;margin-top:.25rem;padding:.55rem .7rem;font:inherit;color:inherit;background:var(--ground);border:1px solid var(--line);border-radius:8px}\
.pair{display:grid;grid-template-columns:1fr 1fr;gap:1rem}ul{list-style:none;margin:0;padding:0}li{padding:.5rem 0;border-top:1px solid var(--line)}li:first-child{border-top:0}li code{display:block;font-size:.85rem;color:var(--soft);overflow-wrap:anywhere}\
.choices{display:flex;gap:.75rem;margin:1.5rem 0 .75rem}button{flex:1;padding:.65rem 1rem;font:inherit;font-weight:600;color:inherit;background:transparent;border:1px solid var(--line);border-radius:8px;cursor:pointer}\
button.allow{background:var(--accent);border-color:var(--accent);color:var(--on-accent)}:focus-visible{outline:3px solid var(--accent);outline-offset:2px}";

/// A page.
pub(crate) fn html(status: u16, title: &str, body: &str) -> Result<Response> {
    let page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{}</title>\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><meta name=\"robots\" content=\"noindex\">\
         <style>{STYLE}</style></head><body><main>{body}</main></body></html>",
        escape(title)
    );
    let response = Response::from_html(page)?.with_status(status);
    let headers = response.headers();
    headers.set("cache-control", "no-store")?;
    headers.set("referrer-policy", "no-referrer")?;
    // No `form-action`: the form's answer leads back to the app, which browsers would count as a form's target, too.
    headers.set(
        "content-security-policy",
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    )?;
    Ok(response)
}

/// Something went wrong before anybody could be sent anywhere.
pub(crate) fn problem(title: &str, reason: &str) -> Result<Response> {
    let body = format!("<p class=\"badge\">Practice account</p><h1>{}</h1><p>{}</p>", escape(title), escape(reason));
    html(400, title, &body)
}

/// What this is, for whoever comes by.
pub(crate) fn welcome() -> Result<Response> {
    html(
        200,
        "Practice provider",
        "<p class=\"badge\">Practice account</p><h1>The practice provider</h1>\
         <p>It answers as ad and e-mail providers would, over a market that is made up: nobody sees an ad, nobody gets \
         an e-mail, no money is spent.</p><p>Connect an account from Adroit’s page <b>Channels</b>.</p>",
    )
}

/// Nothing is here.
pub(crate) fn missing() -> Result<Response> {
    html(404, "Nothing here", "<h1>Nothing here</h1><p>There is no page and no API at this address.</p>")
}

/// Text as HTML.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn text_stays_text() {
        assert_eq!(escape("<a href=\"x\" o='y'>&"), "&lt;a href=&quot;x&quot; o=&#39;y&#39;&gt;&amp;");
    }
}
