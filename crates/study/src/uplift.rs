//! Whom a variant of an experiment moves: the question with its counts by context, and the answer people read. The models
//! and their measures are crate `customer`'s (`uplift`, `crossfit`); counts come from the experiment's object, each with
//! the weight that makes up for shares which were not even.

use ::experiment::rate::jeffreys;
use customer::crossfit::{self, Group, Measured, cross_fitted};
use customer::uplift::Uplift as Model;
use problem::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::experiment::ALPHA;

/// Conversions of each variant below which nothing is said. With fewer the standard error of a rate is above a seventh of
/// it (1 / √50), and a fold has fewer than ten to check scores by.
pub const LEAST_CONVERSIONS: u64 = 50;
/// Steps of the curve.
const STEPS: u32 = 40;
/// Folds and bounds are drawn: the same counts, the same answer.
const SEED: u64 = 1;

/// Whom does a variant move?
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// What it is held against.
    pub control: Named,
    /// The variant.
    pub treated: Named,
    /// What the columns of a context stand for.
    pub levels: Vec<Level>,
    /// Visitors whose outcome is known, by context.
    pub counts: Vec<Count>,
    /// Visitors of the two whose outcome is not known yet.
    pub unsettled: u64,
    /// Visitors left out because their contexts are the rarest of too many.
    pub left_out: u64,
    /// Decisions for any variant that are no longer kept, being the oldest.
    pub forgotten: u64,
}

/// A variant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// Its key.
    pub key: String,
    /// What people call it.
    pub name: String,
}

/// A level of a feature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Level {
    /// The column it has.
    pub column: usize,
    /// The feature.
    pub feature: String,
    /// The level.
    pub level: String,
}

/// Visitors who are alike.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Count {
    /// The columns of their context.
    pub columns: Vec<usize>,
    /// Whether they were shown the variant, and not the control.
    pub treated: bool,
    /// Whether they converted.
    pub converted: bool,
    /// How many.
    pub visitors: u64,
    /// Sum of their weights, one over the probability they were shown it with.
    pub weight: f64,
    /// Sum of the squares.
    pub squares: f64,
}

/// Whom a variant moves.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = ExperimentUplift)]
pub struct Uplift {
    /// Key of the variant it is held against.
    pub control: String,
    /// Key of the variant.
    pub variant: String,
    /// Whether it moves some more than others.
    pub verdict: Verdict,
    /// The verdict in words, and why.
    pub said: String,
    /// What the intervals hold.
    pub level: f64,
    /// Visitors of both whose outcome is known: what everything here is of.
    pub visitors: u64,
    /// Visitors of both whose outcome is not known yet.
    pub unsettled: u64,
    /// Visitors left out because their contexts are the rarest of too many.
    pub left_out: u64,
    /// Decisions for any variant that are no longer kept, being the oldest.
    pub forgotten: u64,
    /// Conversions of who was shown the variant.
    pub conversions_with: u64,
    /// Conversions of who was shown the control.
    pub conversions_without: u64,
    /// Fewest of each from which something is said.
    pub least_conversions: u64,
    /// The rates of all, and what the variant changes.
    pub overall: Compared,
    /// How well two models order visitors; null where nothing can be learnt. The verdict goes by its Qini.
    pub two_models: Option<Scores>,
    /// How well class transformation does; null where nothing can be learnt.
    pub class_transformation: Option<Scores>,
    /// What showing the variant only to the first share of visitors gains, ordered by two models; empty where nothing can
    /// be learnt.
    pub curve: Vec<CurvePoint>,
    /// The same comparison within each level of each feature, most visitors first within a feature.
    pub segments: Vec<SegmentUplift>,
}

/// Whether a variant moves some more than others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ExperimentUpliftVerdict)]
pub enum Verdict {
    /// It does.
    Differs,
    /// It cannot be told from moving all alike.
    CannotTell,
}

/// How well scores order visitors by what the variant changes: 0 as chance, 1 the best possible.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = ExperimentUpliftScores)]
pub struct Scores {
    /// By the Qini curve.
    pub qini: Bounded,
    /// By the uplift curve.
    pub auuc: Bounded,
}

/// A figure with its bounds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
#[schema(as = ExperimentUpliftBounded)]
pub struct Bounded {
    /// The figure.
    pub value: f64,
    /// Lower bound.
    pub low: f64,
    /// Upper bound.
    pub high: f64,
}

/// A point of the curve.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = ExperimentUpliftPoint)]
pub struct CurvePoint {
    /// Share of visitors shown the variant, those who are moved most first.
    pub share: f64,
    /// Conversions that gains, over all visitors.
    pub gain: Bounded,
    /// The same where they are taken by chance.
    pub random: f64,
}

/// Rates with and without a variant.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = ExperimentUpliftCompared)]
pub struct Compared {
    /// Visitors of both.
    pub visitors: u64,
    /// Conversions a visitor who was shown the variant; null where nobody was.
    pub rate_with: Option<f64>,
    /// Conversions a visitor who was shown the control; null where nobody was.
    pub rate_without: Option<f64>,
    /// Their difference; null where one is missing.
    pub difference: Option<Bounded>,
}

/// What a variant changes for who has one level of a feature in common.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = ExperimentUpliftSegment)]
pub struct SegmentUplift {
    /// The feature.
    pub feature: String,
    /// Its level.
    pub level: String,
    /// Rates with and without the variant.
    pub compared: Compared,
}

/// Tells whom a variant moves.
///
/// # Errors
/// 500 where a count says what none can.
pub fn answer(question: &Question) -> Result<Uplift, Problem> {
    let bad = |count: &&Count| {
        let (n, weight) = (count.visitors as f64, count.weight);
        !(weight.is_finite() && count.squares.is_finite() && (n == 0.0 || (weight > 0.0 && count.squares > 0.0)))
    };
    if let Some(bad) = question.counts.iter().find(bad) {
        return Err(Problem::internal(format!("a count without a weight: {bad:?}")));
    }
    let conversions = |treated: bool| {
        let of = question.counts.iter().filter(|count| count.treated == treated && count.converted);
        of.map(|count| count.visitors).sum::<u64>()
    };
    let (conversions_with, conversions_without) = (conversions(true), conversions(false));
    let segments = segments(question);
    let enough = conversions_with.min(conversions_without) >= LEAST_CONVERSIONS;
    let groups = if enough { groups(question) } else { Vec::new() };
    let shares: Vec<f64> = (0..=STEPS).map(|step| f64::from(step) / f64::from(STEPS)).collect();
    let differ = groups.first().is_some_and(|group| !group.features.is_empty());
    let measured = |learn: fn(&[customer::uplift::Case]) -> Result<Model, customer::Error>| {
        if differ { cross_fitted(&groups, learn, &shares, SEED).ok() } else { None }
    };
    let two_models = measured(Model::two_models);
    let class_transformation = measured(Model::class_transformation);
    let overall = compared(question.counts.iter());
    let verdict = match &two_models {
        Some(measured) if measured.qini.low > 0.0 => Verdict::Differs,
        _ => Verdict::CannotTell,
    };
    let said = match &two_models {
        _ if !enough => too_few(question, conversions_with, conversions_without),
        None if differ => {
            format!("It cannot be told whom {} moves: some groups are too small to learn from.", question.treated.name)
        }
        None => format!(
            "It cannot be told whom {} moves: nothing that is known of visitors tells one from another.",
            question.treated.name
        ),
        Some(measured) => in_words(question, verdict, measured, &segments),
    };
    let curve = two_models.iter().flat_map(|measured| {
        let all = measured.gains.last().map_or(0.0, |gain| gain.value);
        shares.iter().zip(&measured.gains).map(move |(share, gain)| CurvePoint {
            share: *share,
            gain: Bounded::from(*gain),
            random: share * all,
        })
    });
    Ok(Uplift {
        control: question.control.key.clone(),
        variant: question.treated.key.clone(),
        verdict,
        said,
        level: 1.0 - ALPHA,
        visitors: question.counts.iter().map(|count| count.visitors).sum(),
        unsettled: question.unsettled,
        left_out: question.left_out,
        forgotten: question.forgotten,
        conversions_with,
        conversions_without,
        least_conversions: LEAST_CONVERSIONS,
        overall,
        curve: curve.collect(),
        two_models: two_models.as_ref().map(scores),
        class_transformation: class_transformation.as_ref().map(scores),
        segments,
    })
}

fn scores(measured: &Measured) -> Scores {
    Scores { qini: measured.qini.into(), auuc: measured.auuc.into() }
}

impl From<crossfit::Bounded> for Bounded {
    fn from(found: crossfit::Bounded) -> Self {
        Self { value: found.value, low: found.low, high: found.high }
    }
}

/// Counts with a column for each level that some visitors have and others have not.
fn groups(question: &Question) -> Vec<Group> {
    let has = |level: &Level| {
        let with = question.counts.iter().filter(|count| count.columns.contains(&level.column)).count();
        with > 0 && with < question.counts.len()
    };
    let columns: Vec<usize> = question.levels.iter().filter(|level| has(level)).map(|level| level.column).collect();
    let features =
        |count: &Count| columns.iter().map(|column| f64::from(u8::from(count.columns.contains(column)))).collect();
    let group = |count: &Count| Group {
        features: features(count),
        treated: count.treated,
        responded: count.converted,
        count: count.visitors,
        weight: count.weight,
        squares: count.squares,
    };
    question.counts.iter().map(group).collect()
}

fn segments(question: &Question) -> Vec<SegmentUplift> {
    let of = |level: &Level| SegmentUplift {
        feature: level.feature.clone(),
        level: level.level.clone(),
        compared: compared(question.counts.iter().filter(|count| count.columns.contains(&level.column))),
    };
    let mut segments: Vec<_> = question.levels.iter().map(of).filter(|one| one.compared.visitors > 0).collect();
    let place = |feature: &str| question.levels.iter().position(|level| level.feature == feature);
    segments
        .sort_by(|a, b| place(&a.feature).cmp(&place(&b.feature)).then(b.compared.visitors.cmp(&a.compared.visitors)));
    segments
}

/// Weighted rates and their difference. The bounds are made of each rate's Jeffreys interval over as many visitors as its
/// weights are worth, (Σw)² / Σw², by the method of variance estimates recovery (Newcombe 1998; Zou & Donner 2008).
fn compared<'a>(counts: impl Iterator<Item = &'a Count>) -> Compared {
    let mut visitors = 0;
    // Weight, weight of conversions and squares, without the variant and with it.
    let mut sums = [[0.0; 3]; 2];
    for count in counts {
        visitors += count.visitors;
        let [without, with] = &mut sums;
        let [weight, converted, squares] = if count.treated { with } else { without };
        *weight += count.weight;
        *converted += if count.converted { count.weight } else { 0.0 };
        *squares += count.squares;
    }
    let rate = |[weight, converted, squares]: [f64; 3]| {
        if weight <= 0.0 {
            return None;
        }
        let (rate, worth) = ((converted / weight).clamp(0.0, 1.0), weight * weight / squares);
        let bounds = jeffreys(rate * worth, worth, ALPHA).ok()?;
        Some((rate, bounds.low.unwrap_or(0.0).min(rate), bounds.high.unwrap_or(1.0).max(rate)))
    };
    let [without, with] = sums.map(rate);
    let difference = with.zip(without).map(|((a, a_low, a_high), (b, b_low, b_high))| Bounded {
        value: a - b,
        low: a - b - (a - a_low).hypot(b_high - b),
        high: a - b + (a_high - a).hypot(b - b_low),
    });
    Compared { visitors, rate_with: with.map(|rate| rate.0), rate_without: without.map(|rate| rate.0), difference }
}

fn too_few(question: &Question, with: u64, without: u64) -> String {
    format!(
        "It cannot be told yet whom {} moves: it has {with} conversions whose time is over, {} has {without}, and it takes \
         {LEAST_CONVERSIONS} of each. With fewer a rate is known too loosely to divide it among groups.",
        question.treated.name, question.control.name
    )
}

fn in_words(question: &Question, verdict: Verdict, measured: &Measured, segments: &[SegmentUplift]) -> String {
    let name = &question.treated.name;
    let qini = measured.qini;
    let bounds = format!("Qini {:.2}, 95 % from {:.2} to {:.2}", qini.value, qini.low, qini.high);
    if verdict == Verdict::CannotTell {
        return format!(
            "It cannot be told whom {name} moves: scores order visitors whom they were not learnt from no better than chance \
             might ({bounds}, which is not above 0). It may move all alike, or there are too few visitors to see it."
        );
    }
    let surest = segments.iter().filter_map(|one| Some((one, one.compared.difference?)));
    let most = surest.filter(|(_, difference)| difference.low > 0.0).max_by(|a, b| a.1.low.total_cmp(&b.1.low));
    let most = most.map_or_else(String::new, |(one, difference)| {
        let points = |share: f64| share * 100.0;
        format!(
            " Surest with {} {}: {:+.1} points, 95 % from {:+.1} to {:+.1}.",
            one.feature,
            one.level,
            points(difference.value),
            points(difference.low),
            points(difference.high)
        )
    });
    format!("{name} moves some visitors more than others ({bounds}, above 0).{most}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// Uniform numbers between 0 and 1 (Steele and others, "SplitMix", 2014).
    struct Numbers(u64);

    impl Numbers {
        fn next(&mut self) -> f64 {
            self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
        }
    }

    /// Visitors of two devices, new or not, from four countries; shown the variant with a probability and converting with
    /// a rate, each by whether they are mobile; and treated or not.
    fn question(seed: u64, many: u32, shown: fn(bool) -> f64, rate: fn(bool, bool) -> f64) -> Question {
        let mut numbers = Numbers(seed << 32);
        let mut counts: BTreeMap<_, (u64, f64, f64)> = BTreeMap::new();
        for _ in 0..many {
            let mobile = numbers.next() < 0.5;
            let new = numbers.next() < 0.7;
            let country = (numbers.next() * 4.0) as usize;
            let treated = numbers.next() < shown(mobile);
            let converted = numbers.next() < rate(mobile, treated);
            let weight = 1.0 / if treated { shown(mobile) } else { 1.0 - shown(mobile) };
            let columns = vec![1 + usize::from(mobile), 3 + usize::from(new), 5 + country];
            let of = counts.entry((columns, treated, converted)).or_default();
            *of = (of.0 + 1, of.1 + weight, of.2 + weight * weight);
        }
        let named = |key: &str| Named { key: key.to_owned(), name: key.to_uppercase() };
        let level =
            |column, feature: &str, level: &str| Level { column, feature: feature.to_owned(), level: level.to_owned() };
        let countries = ["DE", "NO", "FR", "AT"].into_iter().zip(5..).map(|(name, at)| level(at, "country", name));
        let levels = [("device", "desktop"), ("device", "mobile"), ("visitor", "returning"), ("visitor", "new")];
        Question {
            control: named("a"),
            treated: named("b"),
            levels: levels.into_iter().zip(1..).map(|((f, l), at)| level(at, f, l)).chain(countries).collect(),
            counts: counts
                .into_iter()
                .map(|((columns, treated, converted), (visitors, weight, squares))| Count {
                    columns,
                    treated,
                    converted,
                    visitors,
                    weight,
                    squares,
                })
                .collect(),
            unsettled: 3,
            left_out: 0,
            forgotten: 0,
        }
    }

    fn planted(mobile: bool, treated: bool) -> f64 {
        if mobile && treated { 0.10 } else { 0.06 }
    }

    fn segment<'a>(found: &'a Uplift, level: &str) -> &'a Compared {
        &found.segments.iter().find(|one| one.level == level).unwrap().compared
    }

    #[test]
    fn a_variant_that_moves_phones_is_found_out() {
        let found = answer(&question(1, 20_000, |_| 0.5, planted)).unwrap();
        let qini = found.two_models.as_ref().unwrap().qini;
        assert!(found.verdict == Verdict::Differs && qini.low > 0.0 && qini.low < qini.value && qini.value < qini.high);
        assert!(found.said.starts_with("B moves some visitors more than others"), "{}", found.said);
        assert!(found.said.contains("Surest with device mobile: +"), "{}", found.said);
        let (mobile, desktop) = (segment(&found, "mobile"), segment(&found, "desktop"));
        let (mobile, desktop) = (mobile.difference.unwrap(), desktop.difference.unwrap());
        assert!(mobile.low > 0.0 && mobile.low < 0.04 && 0.04 < mobile.high, "{mobile:?}");
        assert!(desktop.low < 0.0 && 0.0 < desktop.high, "{desktop:?}");
        // Nobody shown it gains nothing; everybody, what it changes overall; in between more than by chance.
        assert_eq!(found.curve.len(), 41);
        let (first, half, last) = (&found.curve[0], &found.curve[20], &found.curve[40]);
        assert_eq!((first.share, first.gain.value, last.share), (0.0, 0.0, 1.0));
        assert!(
            (last.gain.value - found.overall.difference.unwrap().value).abs() < 1e-9 && last.random == last.gain.value
        );
        assert!(half.gain.low > half.random && half.gain.value > 0.8 * last.gain.value, "{half:?}");
        assert_eq!(found.visitors, 20_000);
        assert_eq!(answer(&question(1, 20_000, |_| 0.5, planted)).unwrap(), found);
    }

    #[test]
    fn a_planted_effect_is_mostly_found_and_covered() {
        let (mut found, mut covered) = (0, 0);
        for seed in 0..40 {
            let one = answer(&question(seed, 20_000, |_| 0.5, planted)).unwrap();
            found += u32::from(one.verdict == Verdict::Differs);
            let mobile = segment(&one, "mobile").difference.unwrap();
            covered += u32::from(mobile.low < 0.04 && 0.04 < mobile.high);
        }
        eprintln!("uplift of 4 points for phones: found in {found} of 40, within the bounds in {covered}");
        assert!(found >= 36 && covered >= 35, "{found} {covered}");
    }

    /// Shares that follow the device: unweighted, the mix of devices would pass for an effect.
    #[test]
    fn weights_make_up_for_shares_that_were_not_even() {
        let shown = |mobile: bool| if mobile { 0.8 } else { 0.2 };
        let question = question(7, 40_000, shown, |mobile, _| if mobile { 0.12 } else { 0.04 });
        let overall = |question: &Question| answer(question).unwrap().overall.difference.unwrap();
        let weighted = overall(&question);
        assert!(weighted.low < 0.0 && 0.0 < weighted.high, "{weighted:?}");
        let mut plain = question;
        for count in &mut plain.counts {
            (count.weight, count.squares) = (count.visitors as f64, count.visitors as f64);
        }
        assert!(overall(&plain).low > 0.03);
    }

    #[test]
    fn where_it_moves_all_alike_nothing_is_told() {
        let told = |rate: fn(bool, bool) -> f64, shown: fn(bool) -> f64, many| {
            let tells =
                |seed: &u64| answer(&question(*seed, many, shown, rate)).unwrap().verdict == Verdict::CannotTell;
            (0..100).filter(tells).count()
        };
        let nothing = told(|_, _| 0.08, |_| 0.5, 4_000);
        let alike = told(|_, treated| if treated { 0.11 } else { 0.08 }, |_| 0.5, 4_000);
        let uneven = told(|mobile, _| if mobile { 0.12 } else { 0.06 }, |mobile| if mobile { 0.7 } else { 0.3 }, 8_000);
        eprintln!(
            "cannot tell: {nothing} of 100 without an effect, {alike} with one for all, {uneven} by uneven shares"
        );
        assert!(nothing.min(alike).min(uneven) >= 90, "{nothing} {alike} {uneven}");
    }

    #[test]
    fn too_few_conversions_are_said_and_segments_told_all_the_same() {
        let found = answer(&question(1, 800, |_| 0.5, planted)).unwrap();
        assert_eq!((found.verdict, found.two_models, found.curve.len()), (Verdict::CannotTell, None, 0));
        assert!(found.said.contains("it takes 50 of each"), "{}", found.said);
        assert!(found.segments.len() == 8 && found.segments[0].compared.difference.is_some());
        let nobody = answer(&question(1, 0, |_| 0.5, planted)).unwrap();
        assert!(nobody.segments.is_empty() && nobody.overall.difference.is_none() && nobody.visitors == 0);
    }

    #[test]
    fn contexts_that_are_one_tell_nothing() {
        let mut one = question(1, 4_000, |_| 0.5, |_, _| 0.1);
        one.counts.iter_mut().for_each(|count| count.columns = vec![1]);
        let found = answer(&one).unwrap();
        assert!(found.two_models.is_none() && found.said.contains("nothing that is known"), "{}", found.said);
        one.counts[0].weight = f64::NAN;
        assert_eq!(answer(&one).unwrap_err().status, 500);
    }

    #[test]
    fn bounds_of_a_difference_are_newcombes_where_all_weigh_the_same() {
        // 56 of 70 and 48 of 80, the example of Newcombe 1998: 0.2, by Wilson's bounds 0.0524 to 0.3339. Jeffreys' are close.
        let count = |treated, converted, visitors: u64| Count {
            columns: vec![1],
            treated,
            converted,
            visitors,
            weight: 2.0 * visitors as f64,
            squares: 4.0 * visitors as f64,
        };
        let counts = [count(true, true, 56), count(true, false, 14), count(false, true, 48), count(false, false, 32)];
        let found = compared(counts.iter()).difference.unwrap();
        assert!((found.value - 0.2).abs() < 1e-12);
        assert!((found.low - 0.0524).abs() < 0.005 && (found.high - 0.3339).abs() < 0.005, "{found:?}");
    }
}
