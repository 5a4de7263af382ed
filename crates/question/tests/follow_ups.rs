//! Questions that follow another: what they become, and that every plan can be said in words again.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop where it fails")]

use question::{NotUnderstood, Plan, Vocabulary, follow_up, understand};

/// 2026-11-20, a Friday.
const TODAY: i64 = 20_777;

fn vocabulary() -> Vocabulary {
    Vocabulary {
        campaigns: vec!["spring_sale".into(), "Black-Friday".into(), "summer_2026".into()],
        sources: vec!["newsletter".into(), "partner blog".into()],
    }
}

fn plan(question: &str) -> Plan {
    understand(question, &vocabulary(), TODAY).unwrap_or_else(|error| panic!("{question}: {error}"))
}

fn followed(before: &str, next: &str) -> String {
    match follow_up(before, next, &vocabulary(), TODAY) {
        Ok(Some(question)) => question,
        other => panic!("{before} → {next}: {other:?}"),
    }
}

#[test]
fn every_golden_question_can_be_said_from_its_plan() {
    let mut said = 0;
    for question in include_str!("golden_questions.txt").lines().filter(|line| !line.is_empty()) {
        let plan = plan(question);
        let again = plan.question().unwrap_or_else(|| panic!("{question}: no words for {}", plan.words()));
        match understand(&again, &vocabulary(), TODAY) {
            Ok(other) => assert!(other.means(&plan), "{question}\n→ {again}\n{}\n{}", plan.words(), other.words()),
            Err(error) => panic!("{question} → {again}: {error}"),
        }
        said += 1;
    }
    assert!(said >= 120);
}

#[test]
fn a_question_that_follows_edits_the_one_before() {
    for (before, next, expected) in [
        ("What was revenue last week?", "and by device?", "Revenue by device, last week"),
        ("What was revenue last week?", "And by day?", "Revenue by day, last week"),
        ("What was revenue last week?", "and orders?", "Orders, last week"),
        ("What was revenue last week?", "and last month?", "Revenue, last month"),
        ("What was revenue last week?", "what about yesterday", "Revenue, yesterday"),
        ("What was revenue last week?", "only mobile", "Revenue, device mobile, last week"),
        ("revenue by device last week", "only mobile", "Revenue, device mobile, last week"),
        ("revenue by channel last week", "only mobile", "Revenue by channel, device mobile, last week"),
        ("revenue by channel last week", "without email", "Revenue by channel, channel not Email, last week"),
        ("revenue by channel last week", "by country", "Revenue by country, last week"),
        ("revenue on mobile last week", "and desktop?", "Revenue, device desktop, last week"),
        (
            "What was revenue last week?",
            "compared with the week before",
            "Revenue, last week, compared with the period before",
        ),
        (
            "revenue by channel last month",
            "and the month before?",
            "Revenue by channel, last month, compared with the period before",
        ),
        ("revenue last week", "compared with last month", "Revenue, last week, compared with last month"),
        ("revenue last week", "vs the previous period", "Revenue, last week, compared with the period before"),
        ("orders this month", "year over year", "Orders, this month, compared with a year before"),
        ("revenue by day last week", "vs the previous period", "Revenue, last week, compared with the period before"),
        ("revenue this month vs last month", "and by day", "Revenue by day, this month"),
        ("revenue this month vs last month", "and last week", "Revenue, last week"),
        ("revenue by campaign last month", "only the top 5", "Revenue by campaign, the 5 highest, last month"),
        ("top 5 campaigns by revenue last month", "and by channel", "Revenue by channel, last month"),
        ("which day had the most orders last month?", "and this month?", "Orders by day, the highest, this month"),
        ("add_to_cart events in the last 7 days", "by day", "Events named \"add_to_cart\" by day, last 7 days"),
        ("spend on campaign black-friday", "and last month", "Ad spend, campaign black-friday, last month"),
        ("revenue from campaigns last 30 days", "by device", "Revenue by device, with a campaign, last 30 days"),
        ("revenue since 2026-11-01", "and by channel", "Revenue by channel, since 2026-11-01"),
    ] {
        let whole = followed(before, next);
        assert_eq!(plan(&whole).words(), expected, "{before} → {next} = {whole}");
    }
}

#[test]
fn one_edit_follows_another() {
    let mut question = "How much revenue did we make last week?".to_owned();
    for next in ["and by device?", "only from google", "compared with the week before", "and orders?"] {
        question = followed(&question, next);
    }
    assert_eq!(plan(&question).words(), "Orders by device, source google, last week, compared with the period before");
}

#[test]
fn what_stands_by_itself_is_not_edited() {
    for next in
        ["revenue by device last month", "How are our campaigns performing?", "top 5 campaigns by orders", "hello"]
    {
        assert_eq!(follow_up("sessions last week", next, &vocabulary(), TODAY), Ok(None), "{next}");
    }
    // After nothing that is understood there is nothing to edit.
    assert_eq!(follow_up("tell me a story", "and by device", &vocabulary(), TODAY), Ok(None));
    assert_eq!(follow_up("", "and by device", &vocabulary(), TODAY), Ok(None));
}

#[test]
fn what_does_not_fit_the_question_before_is_refused_in_words() {
    for (before, next, reason) in [
        ("revenue last week", "and by unicorn", "unicorn"),
        ("spend by channel last month", "and by device", "broken down by device"),
        ("revenue last 30 days", "compared with the week before", "the week before is asked for"),
        ("new customers last month", "by channel", "cannot be broken down"),
        ("revenue last week", "top 5", "what is ranked"),
    ] {
        match follow_up(before, next, &vocabulary(), TODAY) {
            Err(error @ (NotUnderstood::Words { .. } | NotUnderstood::Together { .. })) => {
                assert!(error.to_string().contains(reason), "{before} → {next}: {error}");
                assert!(!error.suggestions().is_empty());
            }
            other => panic!("{before} → {next}: {other:?}"),
        }
    }
}
