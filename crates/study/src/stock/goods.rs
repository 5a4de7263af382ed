//! Which sales belong to which variant.
//!
//! A line of an order names a variant by its SKU, or, in shops that keep none, by its name as on the invoice: `Product`
//! or `Product - Red / Large`. What is sold under a name that no variant has (a product that was deleted, or was never
//! imported) is a good of its own, with nothing known of its stock.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

/// What Shopify calls the only variant of a product without options.
const DEFAULT: &str = "Default Title";

/// A variant as stored.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Variant {
    /// The product's.
    pub handle: String,
    /// Which of the product's, from 1.
    pub position: i64,
    /// May be empty.
    pub sku: String,
    /// Option values by option name, JSON.
    pub options: String,
    /// Minor units.
    pub cost: Option<i64>,
    /// Units.
    pub stock: Option<i64>,
    /// The product's name.
    pub title: String,
    /// The product's maker.
    pub vendor: String,
    /// `active`, `draft` or `archived`.
    pub status: String,
}

/// What was sold under a name.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Sold {
    /// May be empty.
    pub sku: String,
    /// As on the invoice.
    pub product: String,
    /// `day:units` separated by commas, in any order.
    pub days: String,
}

/// A variant, or what is sold without being one, with its sales.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Good {
    pub(super) id: String,
    pub(super) sku: String,
    /// Empty where no product is known.
    pub(super) handle: String,
    pub(super) product: String,
    pub(super) variant: String,
    pub(super) vendor: String,
    pub(super) on_sale: bool,
    pub(super) stock: Option<i64>,
    pub(super) cost: Option<i64>,
    /// Units by day, days counted from the first one read; days without sale are missing.
    pub(super) sold: Vec<(i64, i64)>,
}

impl Good {
    /// Units sold in the days read.
    pub(super) fn units(&self) -> i64 {
        self.sold.iter().map(|(_, units)| units).sum()
    }

    /// As people call it.
    pub(super) fn name(&self) -> String {
        if self.variant.is_empty() { self.product.clone() } else { format!("{}, {}", self.product, self.variant) }
    }
}

/// Every variant, and what was sold without being one, with what each sold from `first_day` to `last_day`.
pub(super) fn of(variants: Vec<Variant>, sold: &[Sold], first_day: i64, last_day: i64) -> Vec<Good> {
    let mut by_sku: HashMap<String, Vec<usize>> = HashMap::new();
    let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
    let mut goods: Vec<Good> = Vec::with_capacity(variants.len());
    for variant in variants {
        let at = goods.len();
        let options: BTreeMap<String, String> = serde_json::from_str(&variant.options).unwrap_or_default();
        let options: Vec<String> =
            options.into_values().filter(|value| !value.is_empty() && value != DEFAULT).collect();
        if !variant.sku.is_empty() {
            by_sku.entry(variant.sku.clone()).or_default().push(at);
        }
        for name in names(&variant.title, &options) {
            by_name.entry(name).or_default().push(at);
        }
        goods.push(Good {
            id: format!("v:{}/{}", variant.handle, variant.position),
            sku: variant.sku,
            handle: variant.handle,
            product: variant.title,
            variant: options.join(" / "),
            vendor: variant.vendor,
            on_sale: matches!(variant.status.as_str(), "" | "active"),
            stock: variant.stock,
            cost: variant.cost,
            sold: Vec::new(),
        });
    }
    let mut days: Vec<BTreeMap<i64, i64>> = vec![BTreeMap::new(); goods.len()];
    for sale in sold {
        let (sku, product) = (sale.sku.trim(), sale.product.trim());
        let named = by_name.get(product).map(Vec::as_slice).unwrap_or_default();
        let coded = if sku.is_empty() { None } else { by_sku.get(sku) };
        // A SKU that several variants share says no more than one of them: the name tells which.
        let of_both = || coded?.iter().find(|at| named.contains(at)).copied();
        let known = of_both().or_else(|| coded?.first().copied()).or_else(|| named.first().copied());
        let at = known.unwrap_or_else(|| {
            let (at, key) = (goods.len(), if sku.is_empty() { product } else { sku });
            if sku.is_empty() { &mut by_name } else { &mut by_sku }.entry(key.to_owned()).or_default().push(at);
            goods.push(Good {
                id: format!("l:{key}"),
                sku: sku.to_owned(),
                handle: String::new(),
                product: if product.is_empty() { key } else { product }.to_owned(),
                variant: String::new(),
                vendor: String::new(),
                on_sale: true,
                stock: None,
                cost: None,
                sold: Vec::new(),
            });
            days.push(BTreeMap::new());
            at
        });
        let Some(own) = days.get_mut(at) else { continue };
        for (day, units) in read(&sale.days).filter(|(day, _)| (first_day..=last_day).contains(day)) {
            *own.entry(day - first_day).or_default() += units;
        }
    }
    for (good, days) in goods.iter_mut().zip(days) {
        good.sold = days.into_iter().filter(|(_, units)| *units > 0).collect();
    }
    goods
}

fn read(days: &str) -> impl Iterator<Item = (i64, i64)> + '_ {
    days.split(',').filter_map(|pair| {
        let (day, units) = pair.split_once(':')?;
        Some((day.parse().ok()?, units.parse().ok()?))
    })
}

/// What an invoice may call a variant. The order of its options is not stored, so each is possible.
fn names(title: &str, options: &[String]) -> Vec<String> {
    let orders: &[&[usize]] = match options.len() {
        0 => return vec![title.to_owned()],
        1 => &[&[0]],
        2 => &[&[0, 1], &[1, 0]],
        _ => &[&[0, 1, 2], &[0, 2, 1], &[1, 0, 2], &[1, 2, 0], &[2, 0, 1], &[2, 1, 0]],
    };
    let name = |order: &&[usize]| {
        let values: Vec<&str> = order.iter().filter_map(|at| options.get(*at)).map(String::as_str).collect();
        format!("{title} - {}", values.join(" / "))
    };
    orders.iter().map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variant(handle: &str, position: i64, sku: &str, title: &str, options: &str) -> Variant {
        Variant {
            handle: handle.into(),
            position,
            sku: sku.into(),
            title: title.into(),
            options: options.into(),
            ..Variant::default()
        }
    }

    fn sold(sku: &str, product: &str, days: &str) -> Sold {
        Sold { sku: sku.into(), product: product.into(), days: days.into() }
    }

    #[test]
    fn a_sale_finds_its_variant_by_sku_else_by_name_else_stands_alone() {
        let variants = vec![
            variant("tee", 1, "TEE-S", "Tee", r#"{"Size":"S","Colour":"Red"}"#),
            variant("tee", 2, "TEE-L", "Tee", r#"{"Size":"L","Colour":"Red"}"#),
            variant("mug", 1, "", "Mug", r#"{"Title":"Default Title"}"#),
            variant("cap", 1, "CAP", "Cap", r#"{"Size":"S"}"#),
            variant("cap", 2, "CAP", "Cap", r#"{"Size":"L"}"#),
        ];
        let goods = of(
            variants,
            &[
                sold("TEE-L", "renamed since", "100:2,101:1"),
                sold("", "Tee - S / Red", "100:1"),
                sold("", "Tee - Red / S", "100:4"),
                sold("OLD-CODE", "Mug", "102:1,99:7,103:7"),
                sold("CAP", "Cap - L", "101:3"),
                sold("GONE", "Gone", "100:1"),
                sold("GONE", "Gone, renamed", "100:1"),
                sold("", "Nameless", "101:1"),
            ],
            100,
            102,
        );
        let found: Vec<(&str, &[(i64, i64)])> =
            goods.iter().map(|good| (good.id.as_str(), good.sold.as_slice())).collect();
        assert_eq!(
            found,
            [
                ("v:tee/1", [(0, 5)].as_slice()),
                ("v:tee/2", &[(0, 2), (1, 1)]),
                ("v:mug/1", &[(2, 1)]),
                ("v:cap/1", &[]),
                ("v:cap/2", &[(1, 3)]),
                ("l:GONE", &[(0, 2)]),
                ("l:Nameless", &[(1, 1)]),
            ]
        );
        assert_eq!((goods[1].name(), goods[2].name()), ("Tee, Red / L".to_owned(), "Mug".to_owned()));
    }
}
