//! Forecasts of parts and of wholes that add up: SKU → product → shop.

use std::collections::{BTreeMap, HashMap};

/// A forecast of a node, before reconciliation.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Its name, once in the tree.
    pub name: String,
    /// The node it is a part of; `None` for the one whole.
    pub parent: Option<String>,
    /// Its own forecast, a value for each period ahead.
    pub forecast: Vec<f64>,
    /// How wrong such forecasts were: mean absolute error of its backtest, in its unit; a node with a smaller error is
    /// changed less.
    pub error: f64,
}

/// Why forecasts are not reconciled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the hierarchy cannot be reconciled: {reason}")]
pub struct BadTree {
    /// What is wrong with it.
    pub reason: String,
}

/// Least of an error that is believed, as a part of the largest: a forecast that was never wrong is not therefore right.
const SUREST: f64 = 1e-3;

/// What is known of a node while the tree is walked.
struct Place {
    parent: Option<usize>,
    /// The node's own forecast, then what it and all below it say together.
    path: Vec<f64>,
    /// The square of its error, then that of what they say together.
    variance: f64,
    /// The sum of what the parts say.
    parts: Vec<f64>,
    /// The sum of the parts' variances; zero for a leaf.
    parts_variance: f64,
}

/// Changes the forecasts as little as their errors allow so that every node is the sum of its parts: trace minimisation
/// with the errors' variances as weights (MinT-WLS; Wickramasuriya, Athanasopoulos & Hyndman 2019). On a tree these least
/// squares are solved exactly by one walk up, in which each node's own forecast and the sum of its parts are averaged by
/// their precision, and one walk down, in which what a node gained or lost is shared among its parts by their variances:
/// time and memory are linear in the nodes. Where no forecast among the parts is negative, none comes out negative: the
/// parts are cut at zero and summed again.
///
/// # Errors
/// The nodes are no tree with one root, names repeat, or horizons differ.
pub fn reconcile(nodes: &[Node]) -> Result<BTreeMap<String, Vec<f64>>, BadTree> {
    let bad = |reason: String| BadTree { reason };
    let names: HashMap<&str, usize> = nodes.iter().zip(0..).map(|(node, at)| (node.name.as_str(), at)).collect();
    if names.len() != nodes.len() {
        return Err(bad("a name stands twice".to_owned()));
    }
    let mut parts: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut roots = Vec::new();
    let horizon = nodes.first().map_or(0, |node| node.forecast.len());
    for node in nodes {
        match node.parent.as_deref() {
            Some(parent) if !names.contains_key(parent) => return Err(bad(format!("{parent:?} is no node"))),
            Some(parent) => parts.entry(parent).or_default().push(&node.name),
            None => roots.push(node.name.as_str()),
        }
        if node.forecast.iter().any(|value| !value.is_finite()) {
            return Err(bad(format!("{:?} has a value that is no number", node.name)));
        }
        if node.forecast.len() != horizon {
            return Err(bad(format!("{:?} has another horizon", node.name)));
        }
    }
    let [root] = roots.as_slice() else { return Err(bad(format!("{} nodes have no parent", roots.len()))) };
    let order: Vec<usize> = downwards(root, &parts).iter().filter_map(|name| names.get(name).copied()).collect();
    if order.len() != nodes.len() {
        return Err(bad("not every node is below the root".to_owned()));
    }
    let largest = nodes.iter().map(|node| node.error).fold(0.0, f64::max);
    let unit = if largest > 0.0 { largest } else { 1.0 };
    let mut places: Vec<Place> = nodes
        .iter()
        .map(|node| Place {
            parent: node.parent.as_deref().and_then(|parent| names.get(parent).copied()),
            path: node.forecast.clone(),
            variance: (node.error / unit).max(SUREST).powi(2),
            parts: vec![0.0; horizon],
            parts_variance: 0.0,
        })
        .collect();
    for at in order.iter().rev() {
        let Some(place) = places.get_mut(*at) else { continue };
        place.hear();
        let (path, variance, parent) = (place.path.clone(), place.variance, place.parent);
        if let Some(parent) = parent.and_then(|parent| places.get_mut(parent)) {
            add(&mut parent.parts, &path);
            parent.parts_variance += variance;
        }
    }
    for at in &order {
        let Some(parent) = places.get(*at).and_then(|place| places.get(place.parent?)) else { continue };
        let gained: Vec<f64> = parent.path.iter().zip(&parent.parts).map(|(path, parts)| path - parts).collect();
        let whole = parent.parts_variance;
        if let Some(place) = places.get_mut(*at) {
            let share = place.variance / whole;
            place.path.iter_mut().zip(gained).for_each(|(value, gained)| *value += share * gained);
        }
    }
    let mut reconciled: BTreeMap<String, Vec<f64>> =
        nodes.iter().zip(places).map(|(node, place)| (node.name.clone(), place.path)).collect();
    let leaves = || nodes.iter().filter(|node| !parts.contains_key(node.name.as_str()));
    if leaves().all(|leaf| leaf.forecast.iter().all(|value| *value >= 0.0)) {
        for leaf in leaves() {
            for value in reconciled.get_mut(&leaf.name).into_iter().flatten() {
                *value = value.max(0.0);
            }
        }
    }
    sum(root, &parts, &mut reconciled);
    Ok(reconciled)
}

impl Place {
    /// Averages its own forecast and the sum of its parts, each weighing as much as it is sure.
    fn hear(&mut self) {
        if self.parts_variance > 0.0 {
            let weight = self.parts_variance / (self.variance + self.parts_variance);
            self.path
                .iter_mut()
                .zip(&self.parts)
                .for_each(|(own, parts)| *own = weight * *own + (1.0 - weight) * parts);
            self.variance *= weight;
        }
    }
}

fn add(total: &mut [f64], path: &[f64]) {
    total.iter_mut().zip(path).for_each(|(total, value)| *total += value);
}

/// The nodes from the root down, each before its parts.
fn downwards<'a>(root: &'a str, parts: &BTreeMap<&'a str, Vec<&'a str>>) -> Vec<&'a str> {
    let mut order = vec![root];
    let mut next = 0;
    while let Some(name) = order.get(next).copied() {
        order.extend(parts.get(name).into_iter().flatten());
        next += 1;
    }
    order
}

/// Sets every node above the leaves to the sum of its parts, the deepest first.
fn sum(root: &str, parts: &BTreeMap<&str, Vec<&str>>, values: &mut BTreeMap<String, Vec<f64>>) {
    for name in downwards(root, parts).into_iter().rev() {
        let Some(children) = parts.get(name) else { continue };
        let mut total: Vec<f64> = Vec::new();
        for path in children.iter().filter_map(|child| values.get(*child)) {
            total.resize(path.len(), 0.0);
            add(&mut total, path);
        }
        values.insert(name.to_owned(), total);
    }
}

#[cfg(test)]
mod tests {
    use super::{Node, reconcile};

    fn node(name: &str, parent: Option<&str>, forecast: f64, error: f64) -> Node {
        Node { name: name.to_owned(), parent: parent.map(str::to_owned), forecast: vec![forecast], error }
    }

    #[test]
    fn parts_add_up_and_the_surer_forecast_moves_less() {
        let nodes = [
            node("shop", None, 100.0, 1.0),
            node("tea", Some("shop"), 50.0, 1.0),
            node("cups", Some("shop"), 60.0, 3.0),
        ];
        let got = reconcile(&nodes).unwrap();
        let at = |name: &str| got[name][0];
        assert!((at("shop") - at("tea") - at("cups")).abs() < 1e-9);
        // Weights 1, 1, 9 share the gap of 10 as 1 : 1 : 9 of 11 (the least squares by hand).
        assert!((at("tea") - (50.0 - 10.0 / 11.0)).abs() < 1e-6, "{got:?}");
        assert!((at("cups") - (60.0 - 90.0 / 11.0)).abs() < 1e-6, "{got:?}");
        assert!((at("shop") - (100.0 + 10.0 / 11.0)).abs() < 1e-6, "{got:?}");
    }

    /// Least squares by the normal equations, dense: x = S(SᵀW⁻¹S)⁻¹SᵀW⁻¹f for two products of two and one variants.
    #[test]
    fn the_walk_solves_the_least_squares() {
        let nodes = [
            node("shop", None, 31.0, 2.0),
            node("tea", Some("shop"), 18.0, 1.5),
            node("green", Some("tea"), 9.0, 1.0),
            node("black", Some("tea"), 7.0, 3.0),
            node("cups", Some("shop"), 10.0, 2.5),
        ];
        let got = reconcile(&nodes).unwrap();
        let value = |leaf: [f64; 3]| [leaf[0] + leaf[1] + leaf[2], leaf[0] + leaf[1], leaf[0], leaf[1], leaf[2]];
        let cost = |leaf: [f64; 3]| -> f64 {
            let off = |(node, value): (&Node, f64)| ((value - node.forecast[0]) / node.error).powi(2);
            nodes.iter().zip(value(leaf)).map(off).sum()
        };
        let found = [got["green"][0], got["black"][0], got["cups"][0]];
        // The cost is a bowl: where no small step along any leaf lowers it to second order, it is at its bottom.
        for at in 0..3 {
            let step = |by: f64| {
                let mut leaf = found;
                leaf[at] += by;
                cost(leaf)
            };
            assert!(((step(1e-3) - step(-1e-3)) / 2e-3).abs() < 1e-9, "{got:?}");
        }
        assert!((got["shop"][0] - found.iter().sum::<f64>()).abs() < 1e-12);
    }

    #[test]
    fn three_levels_stay_non_negative() {
        let nodes = [
            node("shop", None, 1.0, 0.1),
            node("tea", Some("shop"), 30.0, 5.0),
            node("cups", Some("shop"), 2.0, 5.0),
            node("green", Some("tea"), 10.0, 4.0),
            node("black", Some("tea"), 3.0, 9.0),
        ];
        let got = reconcile(&nodes).unwrap();
        assert!(got.values().flatten().all(|value| *value >= 0.0), "{got:?}");
        assert!((got["shop"][0] - got["tea"][0] - got["cups"][0]).abs() < 1e-9);
        assert!((got["tea"][0] - got["green"][0] - got["black"][0]).abs() < 1e-9);
    }

    #[test]
    fn what_is_no_tree_is_refused() {
        assert!(reconcile(&[node("a", None, 1.0, 1.0), node("b", None, 1.0, 1.0)]).is_err());
        assert!(reconcile(&[node("a", None, 1.0, 1.0), node("b", Some("c"), 1.0, 1.0)]).is_err());
        assert!(
            reconcile(&[node("r", None, 1.0, 1.0), node("a", Some("b"), 1.0, 1.0), node("b", Some("a"), 1.0, 1.0)])
                .is_err()
        );
    }
}
