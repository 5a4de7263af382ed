//! What tokens cost: a table of list prices, in millionths of a US dollar a million tokens. A model that is not listed
//! costs what its operator says, or is counted in tokens only.

use crate::Usage;

/// A price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// Millionths of a US dollar a million tokens read.
    pub tokens_in: i64,
    /// Millionths of a US dollar a million tokens written.
    pub tokens_out: i64,
}

/// List prices by the beginning of a model's name, the more specific name first. Prices as published by OpenAI for the
/// standard tier; caching and batch discounts are not taken into account.
const LISTED: [(&str, Price); 6] = [
    ("gpt-4o-mini", Price { tokens_in: 150_000, tokens_out: 600_000 }),
    ("gpt-4o", Price { tokens_in: 2_500_000, tokens_out: 10_000_000 }),
    ("gpt-4.1-nano", Price { tokens_in: 100_000, tokens_out: 400_000 }),
    ("gpt-4.1-mini", Price { tokens_in: 400_000, tokens_out: 1_600_000 }),
    ("gpt-4.1", Price { tokens_in: 2_000_000, tokens_out: 8_000_000 }),
    ("builtin", Price { tokens_in: 0, tokens_out: 0 }),
];

/// The listed price of a model.
#[must_use]
pub fn listed(model: &str) -> Option<Price> {
    LISTED.iter().find(|(name, _)| model.starts_with(name)).map(|(_, price)| *price)
}

/// What a usage costs, in millionths of a US dollar, rounded up.
#[must_use]
pub fn cost_micros(price: Option<Price>, usage: Usage) -> i64 {
    let Some(price) = price else { return 0 };
    let parts = i128::from(price.tokens_in) * i128::from(usage.tokens_in.max(0))
        + i128::from(price.tokens_out) * i128::from(usage.tokens_out.max(0));
    i64::try_from((parts + 999_999) / 1_000_000).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_tokens_each_way_cost_the_two_list_prices() {
        let usage = Usage { tokens_in: 1_000_000, tokens_out: 1_000_000 };
        assert_eq!(cost_micros(listed("gpt-4o-mini-2024-07-18"), usage), 750_000);
        assert_eq!(cost_micros(listed("builtin"), usage), 0);
        assert_eq!(cost_micros(listed("my-own-model"), usage), 0);
        assert_eq!(cost_micros(listed("gpt-4o-mini"), Usage { tokens_in: 1, tokens_out: 0 }), 1);
    }
}
