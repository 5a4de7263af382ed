//! Prints the demo shop's figures: `cargo run -p simulator --example figures [now_ms] [seed]`.

use simulator::{CHANNELS, Config, Shop};
use std::collections::BTreeMap;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let now_ms = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(1_795_200_000_000);
    let mut config = Config::demo(now_ms);
    if let Some(seed) = arguments.next().and_then(|text| text.parse().ok()) {
        config.seed = seed;
    }
    let shop = Shop::new(config);
    let truth = shop.truth();
    let visits: u64 = truth.channels.iter().map(|channel| channel.visits).sum();
    println!(
        "{} events ({} distinct), {} visitors, {visits} visits, {} orders, {:.2} EUR",
        shop.events().len(),
        shop.distinct_events(),
        shop.visitors(),
        truth.orders,
        euros(truth.value_minor),
    );
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    for event in shop.events() {
        *names.entry(event.get("event").and_then(|name| name.as_str()).unwrap_or("")).or_default() += 1;
    }
    println!("{names:?}");
    println!(
        "{:<22}{:>8}{:>8}{:>8}{:>10}{:>12}{:>8}",
        "channel", "visits", "orders", "caused", "share", "spend", "ROAS"
    );
    for (channel, known) in CHANNELS.iter().zip(&truth.channels) {
        let spend: i64 = shop
            .spend()
            .iter()
            .filter(|row| channel.ads.is_some() && channel.runs(row.campaign))
            .map(|row| row.spend_minor)
            .sum();
        let average = euros(truth.value_minor) / (truth.orders.max(1) as f64);
        let roas = if spend > 0 { known.last_touch_orders as f64 * average / euros(spend) } else { 0.0 };
        println!(
            "{:<22}{:>8}{:>8}{:>8}{:>10.3}{:>12.2}{:>8.2}",
            known.channel,
            known.visits,
            known.last_touch_orders,
            known.incremental_orders,
            known.incremental_share,
            euros(spend),
            roas,
        );
    }
}

fn euros(cents: i64) -> f64 {
    cents as f64 / 100.0
}
