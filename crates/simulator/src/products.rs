//! What the shop sells.

use crate::dice::Dice;
use serde_json::{Value, json};

/// A product.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Product {
    pub(crate) sku: &'static str,
    pub(crate) slug: &'static str,
    pub(crate) name: &'static str,
    pub(crate) category: &'static str,
    /// Cents.
    pub(crate) price: i64,
    popularity: f64,
}

const fn product(
    sku: &'static str,
    slug: &'static str,
    name: &'static str,
    category: &'static str,
    price: i64,
    popularity: f64,
) -> Product {
    Product { sku, slug, name, category, price, popularity }
}

const PRODUCTS: [Product; 24] = [
    product("NP-101", "merino-beanie", "Merino beanie", "clothing", 2_990, 9.0),
    product("NP-102", "merino-base-layer", "Merino base layer 200", "clothing", 7_490, 8.0),
    product("NP-103", "fleece-jacket", "Fleece jacket Harz", "clothing", 8_990, 4.0),
    product("NP-104", "rain-shell", "Rain shell Sylt", "clothing", 15_990, 2.4),
    product("NP-105", "down-vest", "Down vest Allgäu", "clothing", 12_990, 2.0),
    product("NP-106", "hiking-socks", "Hiking socks, 2 pairs", "clothing", 2_490, 11.0),
    product("NP-107", "trail-gloves", "Trail gloves", "clothing", 3_490, 5.0),
    product("NP-201", "daypack-22", "Daypack 22 l", "packs", 7_990, 6.0),
    product("NP-202", "trekking-pack-48", "Trekking pack 48 l", "packs", 17_990, 1.2),
    product("NP-203", "hip-bag", "Hip bag 3 l", "packs", 3_990, 5.0),
    product("NP-204", "dry-bag-set", "Dry bags, set of 3", "packs", 3_290, 4.0),
    product("NP-301", "steel-bottle", "Steel bottle 0.75 l", "camp", 2_790, 9.0),
    product("NP-302", "titanium-mug", "Titanium mug", "camp", 3_490, 6.0),
    product("NP-303", "gas-stove", "Gas stove Mikro", "camp", 4_990, 4.0),
    product("NP-304", "headlamp-400", "Headlamp 400", "camp", 4_490, 7.0),
    product("NP-305", "sleeping-mat", "Sleeping mat R4", "camp", 9_990, 2.4),
    product("NP-306", "sleeping-bag-5", "Sleeping bag +5 °C", "camp", 13_990, 1.4),
    product("NP-307", "tent-2p", "Tent 2P Fjord", "camp", 32_900, 0.3),
    product("NP-401", "trail-shoes", "Trail shoes Brocken", "shoes", 12_990, 2.6),
    product("NP-402", "hiking-boots", "Hiking boots Watzmann", "shoes", 18_990, 1.4),
    product("NP-403", "camp-slippers", "Camp slippers", "shoes", 3_990, 3.0),
    product("NP-501", "trekking-poles", "Trekking poles, pair", "gear", 6_990, 3.5),
    product("NP-502", "first-aid-kit", "First-aid kit", "gear", 2_490, 4.0),
    product("NP-503", "gift-card", "Gift card", "gear", 5_000, 2.5),
];

/// Categories with a page of their own.
pub(crate) const CATEGORIES: [&str; 5] = ["clothing", "packs", "camp", "shoes", "gear"];

/// Below this value of goods an order pays for shipping, cents.
const FREE_SHIPPING_FROM: i64 = 7_500;
/// Shipping, cents.
const SHIPPING: i64 = 490;

pub(crate) fn any(dice: &mut Dice) -> &'static Product {
    static FIRST: Product = PRODUCTS[0];
    static ALL: [Product; 24] = PRODUCTS;
    dice.pick(&ALL, |product| product.popularity).unwrap_or(&FIRST)
}

/// What lies in a cart.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cart {
    lines: Vec<(&'static Product, i64)>,
}

impl Cart {
    pub(crate) fn add(&mut self, product: &'static Product, quantity: i64) {
        self.lines.push((product, quantity));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Cents, without shipping.
    pub(crate) fn goods(&self) -> i64 {
        self.lines.iter().map(|(product, quantity)| product.price * quantity).sum()
    }

    /// What is charged, cents, for a discount in percent.
    pub(crate) fn total(&self, discount_percent: i64) -> i64 {
        let goods = self.goods() * (100 - discount_percent) / 100;
        if goods < FREE_SHIPPING_FROM { goods + SHIPPING } else { goods }
    }

    pub(crate) fn items(&self) -> Value {
        self.lines
            .iter()
            .map(|(product, quantity)| {
                json!({ "sku": product.sku, "name": product.name, "price": major(product.price), "quantity": quantity })
            })
            .collect()
    }
}

/// Cents as people write them: `12.9`.
pub(crate) fn major(cents: i64) -> Value {
    #[expect(clippy::cast_precision_loss, reason = "prices are far below 2^52")]
    let amount = cents as f64 / 100.0;
    json!(amount)
}
