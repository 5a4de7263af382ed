//! Who visits: countries, devices, and the machines that only look like visitors.

use crate::dice::Dice;

/// A country with the regions its visitors come from.
pub(crate) struct Place {
    pub(crate) country: &'static str,
    pub(crate) region: &'static str,
    weight: f64,
}

const fn place(country: &'static str, region: &'static str, weight: f64) -> Place {
    Place { country, region, weight }
}

static PLACES: [Place; 16] = [
    place("DE", "Bavaria", 14.0),
    place("DE", "North Rhine-Westphalia", 13.0),
    place("DE", "Baden-Württemberg", 10.0),
    place("DE", "Berlin", 8.0),
    place("DE", "Hesse", 6.0),
    place("DE", "Saxony", 4.0),
    place("DE", "Hamburg", 4.0),
    place("AT", "Tyrol", 5.0),
    place("AT", "Vienna", 6.0),
    place("CH", "Zurich", 5.0),
    place("CH", "Bern", 3.0),
    place("NL", "North Holland", 6.0),
    place("FR", "Grand Est", 4.0),
    place("IT", "South Tyrol", 3.0),
    place("DK", "Capital Region", 2.5),
    place("GB", "England", 2.5),
];

/// A browser, as it names itself.
pub(crate) struct Browser {
    pub(crate) user_agent: &'static str,
    mobile: bool,
    weight: f64,
}

const fn browser(mobile: bool, weight: f64, user_agent: &'static str) -> Browser {
    Browser { user_agent, mobile, weight }
}

static BROWSERS: [Browser; 10] = [
    browser(
        true,
        42.0,
        "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Mobile/15E148 Safari/604.1",
    ),
    browser(
        true,
        36.0,
        "Mozilla/5.0 (Linux; Android 16; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Mobile Safari/537.36",
    ),
    browser(
        true,
        9.0,
        "Mozilla/5.0 (Linux; Android 15; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/29.0 Chrome/136.0.0.0 Mobile Safari/537.36",
    ),
    browser(
        true,
        5.0,
        "Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
    ),
    browser(true, 3.0, "Mozilla/5.0 (Android 16; Mobile; rv:146.0) Gecko/146.0 Firefox/146.0"),
    browser(
        false,
        46.0,
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Safari/537.36",
    ),
    browser(
        false,
        18.0,
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Safari/605.1.15",
    ),
    browser(false, 12.0, "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:146.0) Gecko/20100101 Firefox/146.0"),
    browser(
        false,
        12.0,
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Safari/537.36 Edg/148.0.0.0",
    ),
    browser(
        false,
        6.0,
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Safari/537.36",
    ),
];

/// Machines that fetch pages and run the pixel, with how they name themselves.
const MACHINES: [&str; 5] = [
    "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/148.0.0.0 Safari/537.36",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.3; +https://openai.com/gptbot)",
    "Mozilla/5.0 (compatible; SemrushBot/7~bl; +http://www.semrush.com/bot.html)",
];

pub(crate) fn place_of(dice: &mut Dice) -> &'static Place {
    static ELSEWHERE: Place = place("DE", "", 1.0);
    dice.pick(&PLACES, |place| place.weight).unwrap_or(&ELSEWHERE)
}

/// A person's browser; `mobile` is the share of small screens among such visitors.
pub(crate) fn browser_of(dice: &mut Dice, mobile: f64) -> &'static str {
    let small = dice.chance(mobile);
    dice.pick(&BROWSERS, |browser| if browser.mobile == small { browser.weight } else { 0.0 })
        .map_or("", |browser| browser.user_agent)
}

pub(crate) fn machine(dice: &mut Dice) -> &'static str {
    MACHINES.get(dice.below(MACHINES.len())).copied().unwrap_or_default()
}
