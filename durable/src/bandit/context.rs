//! What an experiment's context is read from, and how its segments are told.

use bandit::Arm;
use bandit::contextual::{Feature, Features, OTHER, Segment, part_of_day};
use event::{device, enrich};
use platform::bandit_object::{self, Expected, Seen};

/// What bounds of a segment's rates leave out.
const ALPHA: f64 = 0.05;

/// The visitor's level of each feature.
pub(super) fn levels(features: Features, seen: Option<&Seen>) -> Vec<(Feature, String)> {
    let unknown = Seen::default();
    let seen = seen.unwrap_or(&unknown);
    let level = |feature| match feature {
        Feature::Device => match device::read(&seen.user_agent).class {
            "" => OTHER.to_owned(),
            class => class.to_owned(),
        },
        Feature::Country => {
            let known = seen.country.len() == 2 && seen.country.bytes().all(|byte| byte.is_ascii_alphabetic());
            if known { seen.country.to_ascii_uppercase() } else { OTHER.to_owned() }
        }
        Feature::Visitor => if seen.returning { "returning" } else { "new" }.to_owned(),
        Feature::Channel => enrich::channel_of(&seen.page, &seen.referrer),
        Feature::Hour => part_of_day(seen.hour).to_owned(),
    };
    features.iter().map(|feature| (feature, level(feature))).collect()
}

/// Segments with the names of their levels, which are known by column. A rate is between 0 and 1, which a linear model
/// does not know.
pub(super) fn told(
    segments: &[Segment],
    levels: &[(usize, Feature, String)],
    arms: &[Arm],
) -> Vec<bandit_object::Segment> {
    let of = |segment: &Segment| {
        let (_, feature, level) = levels.iter().find(|(column, ..)| *column == segment.column)?;
        let arms = segment.beliefs.iter().zip(segment.standings(arms)).map(|(belief, standing)| {
            let (low, high) = belief.interval(ALPHA);
            Expected {
                rate: belief.mean().clamp(0.0, 1.0),
                low: low.clamp(0.0, 1.0),
                high: high.clamp(0.0, 1.0),
                p_best: standing.map(|standing| standing.p_best),
            }
        });
        Some(bandit_object::Segment {
            feature: *feature,
            level: level.clone(),
            visitors: segment.visitors,
            arms: arms.collect(),
        })
    };
    let mut told: Vec<_> = segments.iter().filter_map(of).collect();
    told.sort_by(|a, b| a.feature.cmp(&b.feature).then(b.visitors.total_cmp(&a.visitors)));
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visitor_has_one_level_of_each_feature_and_unknown_is_one() {
        let seen = Seen {
            user_agent:
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                         Version/18.0 Mobile/15E148 Safari/604.1"
                    .to_owned(),
            country: "de".to_owned(),
            page: "https://shop.test/?utm_source=newsletter&utm_medium=email".to_owned(),
            referrer: String::new(),
            returning: true,
            hour: 19,
        };
        let all = Features::from(Feature::ALL.to_vec());
        let names = |seen| levels(all, seen).into_iter().map(|(_, level)| level).collect::<Vec<_>>();
        assert_eq!(names(Some(&seen)), ["mobile", "DE", "returning", "Email", "evening"]);
        assert_eq!(names(None), ["other", "other", "new", "Direct", "night"]);
        assert!(levels(Features::NONE, Some(&seen)).is_empty());
    }
}
