//! What a `User-Agent` tells: device class, browser, operating system, and whether it admits to being a machine.
//! The tables are those of the `woothee` and `isbot` packages.

use std::sync::LazyLock;

/// What was read. Empty text where nothing was recognised.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Device {
    /// `desktop`, `mobile`, `tablet`, `other` or `""`.
    pub class: &'static str,
    /// Browser family.
    pub browser: String,
    /// Operating system family.
    pub os: String,
    /// A crawler or a script that says so.
    pub bot: bool,
}

// Building the pattern set takes milliseconds, so once an isolate.
static BOTS: LazyLock<isbot::Bots> = LazyLock::new(isbot::Bots::default);

/// Reads a `User-Agent`. No header is no proof of a machine: server events come without one.
#[must_use]
pub fn read(user_agent: &str) -> Device {
    if user_agent.is_empty() {
        return Device::default();
    }
    // A headless browser alone proves nothing: shops test their own checkouts with one. What calls itself a crawler is.
    let bot = BOTS.is_bot(&user_agent.replace("HeadlessChrome", "Chrome"));
    let Some(found) = woothee::parser::Parser::new().parse(user_agent) else {
        return Device { bot, ..Device::default() };
    };
    let known = |text: &str| if text == "UNKNOWN" { String::new() } else { text.to_owned() };
    let class = match found.category {
        "pc" => "desktop",
        "smartphone" if user_agent.contains("iPad") || is_android_tablet(user_agent) => "tablet",
        "smartphone" | "mobilephone" => "mobile",
        "crawler" => "",
        _ => "other",
    };
    Device { class, browser: known(found.name), os: known(found.os), bot: bot || found.category == "crawler" }
}

/// Android's convention: phones say `Mobile`, tablets do not.
fn is_android_tablet(user_agent: &str) -> bool {
    user_agent.contains("Android") && !user_agent.contains("Mobile")
}

#[cfg(test)]
mod tests {
    use super::read;
    use proptest::prelude::*;

    #[test]
    fn people_and_machines_are_told_apart() {
        for (user_agent, class, browser, bot) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
                "desktop",
                "Chrome",
                false,
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
                "mobile",
                "Safari",
                false,
            ),
            (
                "Mozilla/5.0 (Linux; Android 14; SM-X900) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
                "tablet",
                "Chrome",
                false,
            ),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "desktop", "Firefox", false),
            ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "", "Googlebot", true),
            (
                "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
                "desktop",
                "",
                true,
            ),
            ("curl/8.5.0", "", "", true),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 Safari/537.36",
                "desktop",
                "Chrome",
                false,
            ),
            ("", "", "", false),
        ] {
            let device = read(user_agent);
            assert_eq!(device.bot, bot, "{user_agent}");
            if !bot {
                assert_eq!((device.class, device.browser.as_str()), (class, browser), "{user_agent}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_header_is_read_without_panic(user_agent in ".{0,200}") {
            let _ = read(&user_agent);
        }
    }
}
