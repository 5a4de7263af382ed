//! What each model answers on journeys small enough to check by hand.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop where it fails")]

use attribution::{
    Attributed, AttributionError, Conversion, DEFAULT_MODEL, Descriptor, Journey, Model, Order, Parameters, Scorer,
    Touch, Touches, UNASSIGNED_CHANNEL, aggregate, attribute, model, models, split, window_ms,
};

const DAY: i64 = 86_400_000;

fn touch(id: &str, t: i64, channel: &str) -> (String, Touch) {
    let touch = Touch {
        id: id.to_owned(),
        t,
        number: 0,
        channel: channel.to_owned(),
        source: channel.to_lowercase(),
        medium: String::new(),
        campaign: String::new(),
        ..Touch::default()
    };
    ("anna".to_owned(), touch)
}

fn order(t: i64, value_minor: i64) -> Order {
    Order { id: "o1".to_owned(), person: "anna".to_owned(), t, value_minor }
}

fn touches(channels: &[&str]) -> Touches {
    channels.iter().enumerate().map(|(at, channel)| touch(&format!("t{at}"), at as i64 * DAY, channel)).collect()
}

fn values(id: &str, channels: &[&str], value_minor: i64) -> Vec<i64> {
    let orders = [order(10 * DAY, value_minor)];
    let touches = touches(channels);
    let answer = attribute(model(id).unwrap(), &Parameters::new(), &orders, &touches, 30 * DAY).unwrap();
    answer[0].credits.iter().map(|credit| credit.value_minor).collect()
}

#[test]
fn the_catalog_has_the_models_and_knows_its_default() {
    let ids: Vec<&str> = models().iter().map(|model| model.descriptor().id).collect();
    assert_eq!(
        ids,
        ["first_touch", "last_touch", "last_non_direct", "linear", "position_based", "time_decay", "shapley"]
    );
    assert!(model(DEFAULT_MODEL).is_ok());
    let refusal = model("markov").err().unwrap();
    assert_eq!(refusal.field(), "model");
    assert!(refusal.to_string().contains("time_decay"), "{refusal}");
}

#[test]
fn each_model_shares_a_journey_of_four_as_described() {
    let way = ["Email", "Direct", "Paid Search", "Direct"];
    assert_eq!(values("first_touch", &way, 1_000), [1_000, 0, 0, 0]);
    assert_eq!(values("last_touch", &way, 1_000), [0, 0, 0, 1_000]);
    assert_eq!(values("last_non_direct", &way, 1_000), [0, 0, 1_000, 0]);
    assert_eq!(values("linear", &way, 1_000), [250, 250, 250, 250]);
    assert_eq!(values("position_based", &way, 1_000), [400, 100, 100, 400]);
    // Half-life 7 days, a day apart: 2^(-3/7) : 2^(-2/7) : 2^(-1/7) : 1.
    assert_eq!(values("time_decay", &way, 1_000), [214, 237, 261, 288]);
}

#[test]
fn position_based_knows_the_short_journeys() {
    assert_eq!(values("position_based", &["Email"], 999), [999]);
    assert_eq!(values("position_based", &["Email", "Direct"], 999), [499, 500]);
    assert_eq!(values("position_based", &["A", "B", "C"], 1_000), [400, 200, 400]);
}

#[test]
fn last_non_direct_falls_back_to_direct_when_there_is_nothing_else() {
    assert_eq!(values("last_non_direct", &["Direct", "Direct"], 500), [0, 500]);
}

#[test]
fn left_over_units_go_to_the_later_touch() {
    assert_eq!(values("linear", &["A", "B", "C"], 100), [33, 33, 34]);
    assert_eq!(values("linear", &["A", "B", "C"], 101), [33, 34, 34]);
    assert_eq!(values("linear", &["A", "B", "C"], -101), [-33, -34, -34]);
    assert_eq!(values("linear", &["A", "B", "C"], 0), [0, 0, 0]);
}

#[test]
fn a_split_never_loses_a_unit_even_where_floats_hold_none() {
    let third = 1.0 / 3.0;
    for amount in [i64::MAX, i64::MIN, i64::MAX - 1, 1 << 53, (1 << 53) + 1, -1, 1] {
        let parts = split(amount, &[third, third, third]);
        assert_eq!(parts.iter().map(|part| i128::from(*part)).sum::<i128>(), i128::from(amount));
    }
    assert_eq!(split(7, &[0.0, 0.0]), [0, 7]);
    assert!(split(7, &[]).is_empty());
}

#[test]
fn the_window_includes_both_its_ends() {
    let at = |t| touch(&format!("t{t}"), t, "Email");
    let orders = [order(1_000, 90)];
    let touches: Touches = [at(499), at(500), at(1_000), at(1_001)].into_iter().collect();
    let answer = attribute(model("linear").unwrap(), &Parameters::new(), &orders, &touches, 500).unwrap();
    let times: Vec<i64> = answer[0].credits.iter().map(|credit| credit.touch.t).collect();
    assert_eq!(times, [500, 1_000]);
    assert_eq!(window_ms(30).unwrap(), 30 * DAY);
    for days in [0, -1, 366] {
        assert_eq!(window_ms(days).unwrap_err().field(), "window");
    }
}

#[test]
fn an_order_without_touches_is_whole_in_the_unassigned_bucket() {
    let orders = [order(100 * DAY, 1_234), {
        let mut other = order(5 * DAY, 66);
        other.person = "nobody".to_owned();
        other
    }];
    let touches = touches(&["Email"]);
    let answer = attribute(model("linear").unwrap(), &Parameters::new(), &orders, &touches, 30 * DAY).unwrap();
    let sums = aggregate(&answer, |touch| touch.map_or(UNASSIGNED_CHANNEL, |touch| touch.channel.as_str()));
    assert_eq!(sums.len(), 1);
    assert_eq!(sums[UNASSIGNED_CHANNEL].value_minor, 1_300);
    assert!((sums[UNASSIGNED_CHANNEL].conversions - 2.0).abs() < 1e-12);
}

#[test]
fn touches_at_one_instant_are_ordered_by_their_number() {
    let numbered = |id: &str, number, channel: &str| {
        let (person, mut touch) = touch(id, DAY, channel);
        touch.number = number;
        (person, touch)
    };
    let touches: Touches = [numbered("a", 2, "Second"), numbered("b", 1, "First")].into_iter().collect();
    let orders = [order(2 * DAY, 10)];
    let answer = attribute(model("last_touch").unwrap(), &Parameters::new(), &orders, &touches, 30 * DAY).unwrap();
    assert_eq!(answer[0].credits[1].touch.channel, "Second");
    assert_eq!(answer[0].credits[1].value_minor, 10);
}

#[test]
fn half_life_is_checked_and_used() {
    let decay = model("time_decay").unwrap();
    let orders = [order(10 * DAY, 300)];
    let touches = touches(&["A", "B"]);
    let credit = |parameters: &Parameters| -> Result<Vec<i64>, AttributionError> {
        Ok(attribute(decay, parameters, &orders, &touches, 30 * DAY)?[0]
            .credits
            .iter()
            .map(|credit| credit.value_minor)
            .collect())
    };
    assert_eq!(credit(&Parameters::new().with("half_life", 1.0)).unwrap(), [100, 200]);
    for wrong in [0.0, -1.0, 1e9, f64::NAN, f64::INFINITY] {
        let refusal = credit(&Parameters::new().with("half_life", wrong)).unwrap_err();
        assert_eq!(refusal.field(), "half_life");
    }
    let refusal = credit(&Parameters::new().with("halflife", 1.0)).unwrap_err();
    assert_eq!(refusal.field(), "halflife");
    // So short that 2^(-age/half-life) is 0 for all but the newest.
    assert_eq!(credit(&Parameters::new().with("half_life", 0.1)).unwrap(), [0, 300]);
}

/// A model that learns: a touch weighs as much as its channel's share of journeys that ended in an order.
struct ConversionRate;

struct Rates(Vec<(String, f64)>);

impl Model for ConversionRate {
    fn descriptor(&self) -> &Descriptor {
        &Descriptor {
            id: "conversion_rate",
            label: "Conversion rate",
            description: "By the conversion rate of journeys through the channel.",
            parameters: &[],
            data_driven: true,
        }
    }

    fn fit(&self, journeys: &[Journey<'_>], _: &Parameters) -> Box<dyn Scorer> {
        let mut channels: Vec<&str> =
            journeys.iter().flat_map(|journey| journey.touches.iter().map(|touch| touch.channel.as_str())).collect();
        channels.sort_unstable();
        channels.dedup();
        let rate = |channel: &str| {
            let through: Vec<Option<Conversion>> = journeys
                .iter()
                .filter(|journey| journey.touches.iter().any(|touch| touch.channel == channel))
                .map(|journey| journey.conversion)
                .collect();
            through.iter().flatten().count() as f64 / through.len() as f64
        };
        Box::new(Rates(channels.into_iter().map(|channel| (channel.to_owned(), rate(channel))).collect()))
    }
}

impl Scorer for Rates {
    fn weights(&self, journey: &Journey<'_>) -> Vec<f64> {
        journey
            .touches
            .iter()
            .map(|touch| self.0.iter().find(|(channel, _)| *channel == touch.channel).map_or(0.0, |(_, rate)| *rate))
            .collect()
    }
}

#[test]
fn a_data_driven_model_is_fitted_on_all_journeys_the_unconverted_included() {
    let mut rows = vec![touch("a1", 1, "Email"), touch("a2", 2, "Display")];
    for visitor in 0..3 {
        let (_, lost) = touch(&format!("lost{visitor}"), 3, "Display");
        rows.push((format!("visitor{visitor}"), lost));
    }
    let touches: Touches = rows.into_iter().collect();
    let orders = [order(10, 1_000)];
    let answer: Vec<Attributed<'_>> = attribute(&ConversionRate, &Parameters::new(), &orders, &touches, DAY).unwrap();
    // Email converts 1 of 1, Display 1 of 4.
    let values: Vec<i64> = answer[0].credits.iter().map(|credit| credit.value_minor).collect();
    assert_eq!(values, [800, 200]);
}
