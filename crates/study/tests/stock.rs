//! Stock against figures worked out by hand: what never varies, what hardly sells, what adds up, what is left out.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop where it fails")]

use calendar::Zone;
use study::stock::goods::{Sold, Variant};
use study::stock::{Answer, Ask, Item, MOST_FORECAST, Outlook, Question, Read, Show, Sort, Terms};

const FIRST: i64 = 20_000;

fn variant(handle: &str, position: i64, stock: Option<i64>, cost: Option<i64>) -> Variant {
    Variant {
        handle: handle.into(),
        position,
        sku: format!("{handle}-{position}"),
        options: format!(r#"{{"Size":"{position}"}}"#),
        cost,
        stock,
        title: handle.to_uppercase(),
        vendor: "Acme".into(),
        status: "active".into(),
    }
}

/// Units of each day by its number.
fn sold(sku: &str, days: impl Iterator<Item = (i64, i64)>) -> Sold {
    let days: Vec<String> = days.map(|(day, units)| format!("{}:{units}", FIRST + day)).collect();
    Sold { sku: sku.into(), product: String::new(), days: days.join(",") }
}

fn read(days: i64, variants: Vec<Variant>, sold: Vec<Sold>) -> Read {
    Read { variants, sold, first_day: FIRST, last_day: FIRST + days - 1, stock_at: Some(0) }
}

fn done(read: Read) -> Outlook {
    let mut outlook = Outlook::new(Question::default(), read).unwrap();
    while !outlook.is_done() {
        // As a study does it: the state is kept between two pieces.
        outlook = serde_json::from_str(&serde_json::to_string(&outlook).unwrap()).unwrap();
        outlook.advance().unwrap();
    }
    outlook
}

fn ask() -> Ask {
    Ask {
        terms: Terms::default(),
        search: String::new(),
        show: Show::All,
        sort: Sort::Risk,
        reverse: false,
        limit: 200,
        cursor: None,
    }
}

fn table(outlook: &Outlook) -> Answer {
    outlook.table(&ask(), "EUR", "study").unwrap()
}

fn ids(answer: &Answer) -> Vec<&str> {
    answer.rows.iter().map(|row| row.id.as_str()).collect()
}

fn item<'a>(answer: &'a Answer, id: &str) -> &'a Item {
    answer.rows.iter().find(|row| row.id == id).unwrap()
}

#[test]
fn what_sells_two_a_day_without_fail_needs_no_reserve() {
    let outlook =
        done(read(60, vec![variant("tea", 1, Some(30), Some(250))], vec![sold("tea-1", (0..60).map(|d| (d, 2)))]));
    let answer = table(&outlook);
    let tea = item(&answer, "v:tea/1");
    let daily = tea.daily.unwrap();
    assert!((daily.mean - 2.0).abs() < 1e-9 && (daily.low, daily.high) == (2.0, 2.0), "{daily:?}");
    let cover = tea.cover.unwrap();
    assert!((cover.mean.unwrap() - 15.0).abs() < 1e-9 && (cover.low, cover.high) == (Some(15), Some(15)), "{cover:?}");
    // 28 of the 30 are gone when an order placed today arrives; 42 would be needed until the one after.
    assert_eq!((tea.stockout, tea.stockout_if_waiting), (Some(0.0), Some(1.0)));
    assert_eq!((tea.reorder_point, tea.order_now, tea.order_cost), (Some(42), Some(12), Some(3_000)));
    assert!(tea.safety_stock.unwrap().abs() < 1e-9);
    assert_eq!((tea.value, tea.sold_90, tea.last_sale.as_deref()), (Some(7_500), 120, Some("2024-12-02")));
    assert_eq!((answer.totals.to_order, answer.totals.order_units, answer.totals.order_cost), (1, 12, 3_000));
    // √(2 · 730 a year · 50.00 an order / (2.50 · 25 % a year)) = 341.8: no order is worth it below.
    let terms = Terms { order_cost: Some(5_000), ..Terms::default() };
    let answer = outlook.table(&Ask { terms, ..ask() }, "EUR", "study").unwrap();
    let tea = item(&answer, "v:tea/1");
    assert!((tea.economic_quantity.unwrap() - 116_800.0_f64.sqrt()).abs() < 1e-6);
    assert_eq!(tea.order_now, Some(342));
    // With enough on hand none is placed, however cheap a large one would be.
    let outlook =
        done(read(60, vec![variant("tea", 1, Some(42), Some(250))], vec![sold("tea-1", (0..60).map(|d| (d, 2)))]));
    let answer = outlook.table(&Ask { terms, ..ask() }, "EUR", "study").unwrap();
    assert_eq!(item(&answer, "v:tea/1").order_now, Some(0));
}

/// P(D ≤ k) of a negative binomial with this mean and variance, from its recurrence.
fn suffices(mean: f64, variance: f64, units: i64) -> f64 {
    let (size, share) = (mean * mean / (variance - mean), mean / variance);
    let mut chance = share.powf(size);
    let mut sum = chance;
    for k in 1..=units {
        chance *= (size + k as f64 - 1.0) / k as f64 * (1.0 - share);
        sum += chance;
    }
    sum
}

#[test]
fn what_sells_now_and_then_is_kept_in_whole_units() {
    // Three at once on every ninth day, one on every fourth: mean 7/12 a day; variance well above it.
    let days = (0..360).map(|day| (day, 3 * i64::from(day % 9 == 0) + i64::from(day % 4 == 1)));
    let outlook = done(read(360, vec![variant("cup", 1, Some(9), None)], vec![sold("cup-1", days)]));
    let answer = table(&outlook);
    let cup = item(&answer, "v:cup/1");
    assert_eq!(cup.kind, "intermittent");
    let mean = 21.0 * cup.daily.unwrap().mean;
    assert!((cup.daily.unwrap().mean - 7.0 / 12.0).abs() < 0.15, "{:?}", cup.daily);
    // A day's variance by hand: 9/9 + 1/4 + 2·3·1/36 − (7/12)² = 1.076; 21 days of it, and the level of 60 days.
    let point = cup.reorder_point.unwrap();
    let variance = 1.076_4 * 21.0 * (1.0 + 21.0 / 60.0);
    let wanted = (0..).find(|units| suffices(mean, variance, *units) >= 0.95).unwrap();
    assert!((point - wanted).abs() <= 1, "{point} instead of {wanted}");
    assert!((cup.safety_stock.unwrap() - (point as f64 - mean)).abs() < 1e-9);
    assert_eq!(cup.order_now, Some(point - 9));
    assert_eq!((cup.order_cost, cup.value, answer.totals.order_without_cost), (None, None, 1));
    let (soon, later) = (cup.stockout.unwrap(), cup.stockout_if_waiting.unwrap());
    assert!(soon > 0.1 && soon < later && later < 1.0, "{soon} {later}");
    let cover = cup.cover.unwrap();
    assert!(cover.low.unwrap() < cover.high.unwrap());
    assert!((cover.mean.unwrap() - 9.0 / cup.daily.unwrap().mean).abs() < 2.0);
}

fn shop() -> Outlook {
    let variants = vec![
        variant("tee", 1, Some(100), Some(500)),
        variant("tee", 2, Some(3), Some(500)),
        variant("mug", 1, Some(-2), Some(100)),
        variant("hat", 1, None, None),
        variant("old", 1, Some(40), Some(10)),
        variant("new", 1, Some(5), Some(10)),
        Variant { status: "archived".into(), ..variant("gone", 1, Some(7), Some(10)) },
    ];
    let noise = |day: i64, by: i64| (day * by % 7 + day * by % 5) / 4;
    let sales = vec![
        sold("tee-1", (0..200).map(|day| (day, 3 + noise(day, 3) + i64::from(day % 7 == 5)))),
        sold("tee-2", (0..200).map(|day| (day, noise(day, 11)))),
        sold("mug-1", (40..200).filter(|day| day % 5 == 0).map(|day| (day, 1 + noise(day, 3)))),
        sold("hat-1", (150..200).map(|day| (day, noise(day, 13)))),
        sold("old-1", (0..100).map(|day| (day, 1))),
        sold("gone-1", (0..200).map(|day| (day, 1))),
        sold("nobody's", (0..200).filter(|day| day % 3 == 0).map(|day| (day, 1))),
    ];
    done(read(200, variants, sales))
}

#[test]
fn variants_add_up_to_products_and_products_to_the_shop() {
    let outlook = shop();
    let zone = Zone::parse("UTC").unwrap();
    let of = |id: &str| outlook.forecast_of(id, zone).unwrap();
    let (shop, tee) = (of("shop"), of("p:tee"));
    assert_eq!((shop.level.as_str(), tee.level.as_str(), of("rest").level.as_str()), ("shop", "product", "rest"));
    for whole in [&shop, &tee] {
        for (at, day) in whole.ahead.iter().enumerate() {
            let sum: f64 = whole.parts.iter().map(|part| of(&part.id).ahead[at].mean).sum();
            assert!((day.mean - sum).abs() < 1e-9, "{} on {}: {} and {sum}", whole.id, day.date, day.mean);
        }
        assert!((whole.total - whole.parts.iter().map(|part| part.total).sum::<f64>()).abs() < 1e-9);
    }
    let parts: Vec<&str> = shop.parts.iter().map(|part| part.id.as_str()).collect();
    assert!(["p:tee", "v:mug/1", "v:hat/1", "v:old/1", "l:nobody's", "rest"].iter().all(|id| parts.contains(id)));
    assert_eq!(parts.len(), 6);
    // Something had to move, and nothing moved far.
    let alone: f64 = shop.parts.iter().map(|part| of(&part.id).total_alone).sum();
    assert!((alone - shop.total_alone).abs() > 1e-3 && (shop.total / shop.total_alone - 1.0).abs() < 0.2);
    // History: zeros on days without sale, none before the first.
    let mug = of("v:mug/1");
    assert_eq!((mug.learnt_from, mug.history.last().unwrap().value), (160, Some(0.0)));
    assert_eq!(mug.ahead[0].t, mug.history.last().unwrap().t + 86_400_000);
    assert!(
        mug.ahead.iter().all(|day| day.low_95 <= day.low_80 && day.low_80 <= day.high_80 && day.high_80 <= day.high_95)
    );
    assert_eq!(outlook.forecast_of("v:new/1", zone).unwrap_err().status, 404);
}

#[test]
fn what_runs_out_first_stands_on_top_and_what_is_not_known_says_so() {
    let answer = table(&shop());
    assert_eq!(&ids(&answer)[..2], ["v:mug/1", "v:tee/2"]);
    let mug = item(&answer, "v:mug/1");
    assert_eq!((mug.stockout, mug.cover.unwrap().mean, mug.value), (Some(1.0), Some(0.0), Some(0)));
    // What is owed is ordered, too.
    assert_eq!(mug.order_now.unwrap(), mug.reorder_point.unwrap() + 2);
    let hat = item(&answer, "v:hat/1");
    assert_eq!((hat.on_hand, hat.order_now, hat.stockout, hat.cover), (None, None, None, None));
    assert!(hat.reorder_point.unwrap() > 0);
    let (old, new, gone) = (item(&answer, "v:old/1"), item(&answer, "v:new/1"), item(&answer, "v:gone/1"));
    assert_eq!((old.dead, new.dead, new.kind.as_str(), new.last_sale.as_deref()), (true, true, "nothing", None));
    assert_eq!((gone.left_out.as_deref(), gone.dead, gone.daily), (Some("not_on_sale"), false, None));
    let totals = &answer.totals;
    assert_eq!(
        (totals.variants, totals.unknown, totals.dead, totals.dead_units, totals.dead_value),
        (8, 2, 2, 45, 450)
    );
    assert_eq!((totals.left_out, totals.left_out_units), (1, 90));
    assert_eq!(totals.value, 100 * 500 + 3 * 500 + 40 * 10 + 5 * 10 + 7 * 10);
    assert_eq!(totals.order_units, answer.rows.iter().filter_map(|row| row.order_now).sum::<i64>());
    assert!(answer.rows.iter().all(|row| row.order_now.unwrap_or_default() >= 0));
}

#[test]
fn the_list_is_searched_sorted_and_paged() {
    let outlook = shop();
    let of = |change: fn(&mut Ask)| {
        let mut ask = ask();
        change(&mut ask);
        outlook.table(&ask, "EUR", "study").unwrap()
    };
    assert_eq!(ids(&of(|ask| ask.search = "TEE-2".into())), ["v:tee/2"]);
    assert_eq!(ids(&of(|ask| ask.show = Show::LeftOut)), ["v:gone/1"]);
    assert_eq!(of(|ask| ask.show = Show::Dead).matching, 2);
    let paces = |answer: Answer| -> Vec<Option<f64>> {
        answer.rows.iter().map(|row| row.daily.map(|daily| daily.mean)).collect()
    };
    let down = paces(of(|ask| ask.sort = Sort::Demand));
    let up = paces(of(|ask| (ask.sort, ask.reverse) = (Sort::Demand, true)));
    assert!(
        down[..6].is_sorted_by(|a, b| a >= b) && up[..6].is_sorted() && down[6..] == [None; 2] && up[6..] == [None; 2]
    );
    let whole = table(&outlook);
    let mut paged = Vec::new();
    let mut cursor = None;
    loop {
        let answer = outlook.table(&Ask { limit: 3, cursor, ..ask() }, "EUR", "study").unwrap();
        paged.extend(ids(&answer).into_iter().map(str::to_owned));
        assert_eq!((answer.matching, &answer.totals), (8, &whole.totals));
        cursor = answer.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(paged, ids(&whole));
    let field = |ask: Ask| outlook.table(&ask, "EUR", "study").unwrap_err().errors[0].field.clone();
    assert_eq!(field(Ask { cursor: Some("earlier~3".into()), ..ask() }), "cursor");
    assert_eq!(field(Ask { terms: Terms { lead_days: 181, ..Terms::default() }, ..ask() }), "lead_days");
    assert_eq!(field(Ask { terms: Terms { service_level: 1.0, ..Terms::default() }, ..ask() }), "service_level");
}

#[test]
fn beyond_the_most_those_that_sell_least_are_named_and_still_count() {
    let count = i64::try_from(MOST_FORECAST).unwrap() + 3;
    let sales =
        (0..count).map(|at| sold(&format!("s{at:04}"), [(0, 1), (99, i64::from(at >= 3))].into_iter())).collect();
    let outlook = done(read(100, Vec::new(), sales));
    let answer = outlook.table(&Ask { show: Show::LeftOut, ..ask() }, "EUR", "study").unwrap();
    assert_eq!(ids(&answer), ["l:s0000", "l:s0001", "l:s0002"]);
    assert!(answer.rows.iter().all(|row| row.left_out.as_deref() == Some("sells_least")));
    let shop = outlook.forecast_of("shop", Zone::parse("UTC").unwrap()).unwrap();
    assert_eq!(shop.parts.len(), MOST_FORECAST + 1);
    assert!(shop.parts.iter().any(|part| part.id == "rest"));
}

#[test]
fn few_days_are_no_promise_and_nothing_sold_is_refused() {
    // One sold yesterday, for the first time: one a day, but nobody knows; independent buyers vary as much as they are.
    let outlook = done(read(1, vec![variant("new", 1, Some(21), None)], vec![sold("new-1", std::iter::once((0, 1)))]));
    let answer = table(&outlook);
    let new = item(&answer, "v:new/1");
    assert!(new.reorder_point.unwrap() > 30 && !new.dead, "{new:?}");
    let nothing = Outlook::new(Question::default(), read(10, vec![variant("new", 1, Some(1), None)], Vec::new()));
    assert_eq!(nothing.unwrap_err().status, 409);
    assert_eq!(Question { horizon_days: 200 }.check().unwrap_err().errors[0].field, "/horizon_days");
}
