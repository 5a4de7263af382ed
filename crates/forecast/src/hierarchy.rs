//! Forecasts of parts and of wholes that add up: SKU → product → shop.

use std::collections::{BTreeMap, HashMap};

use anofox_forecast::hierarchy::{HierarchyTree, ReconciliationMethod};

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

/// Changes the forecasts as little as their errors allow so that every node is the sum of its parts: trace minimisation
/// with the errors' variances as weights (MinT-WLS; Wickramasuriya, Athanasopoulos & Hyndman 2019). Where no forecast
/// among the parts is negative, none comes out negative: the parts are cut at zero and summed again.
///
/// # Errors
/// The nodes are no tree with one root, names repeat, or horizons differ.
pub fn reconcile(nodes: &[Node]) -> Result<BTreeMap<String, Vec<f64>>, BadTree> {
    let bad = |reason: String| BadTree { reason };
    let names: HashMap<&str, &Node> = nodes.iter().map(|node| (node.name.as_str(), node)).collect();
    if names.len() != nodes.len() {
        return Err(bad("a name stands twice".to_owned()));
    }
    let mut parts: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut roots = Vec::new();
    for node in nodes {
        match node.parent.as_deref() {
            Some(parent) if !names.contains_key(parent) => return Err(bad(format!("{parent:?} is no node"))),
            Some(parent) => parts.entry(parent).or_default().push(&node.name),
            None => roots.push(node.name.as_str()),
        }
        if node.forecast.iter().any(|value| !value.is_finite()) {
            return Err(bad(format!("{:?} has a value that is no number", node.name)));
        }
    }
    let [root] = roots.as_slice() else { return Err(bad(format!("{} nodes have no parent", roots.len()))) };
    if reached(root, &parts) != nodes.len() {
        return Err(bad("not every node is below the root".to_owned()));
    }
    if parts.is_empty() {
        return Ok(nodes.iter().map(|node| (node.name.clone(), node.forecast.clone())).collect());
    }
    let edges = parts.iter().map(|(parent, children)| (*parent, children.as_slice())).collect();
    let mut tree = HierarchyTree::new(edges).map_err(|error| bad(error.to_string()))?;
    // The library takes residuals; two of ± e·√(1/2) have the variance e².
    let largest = nodes.iter().map(|node| node.error).fold(0.0, f64::max);
    let unit = if largest > 0.0 { largest } else { 1.0 };
    let residuals = nodes
        .iter()
        .map(|node| {
            let error = (node.error / unit).max(1e-3) * std::f64::consts::FRAC_1_SQRT_2;
            (node.name.clone(), vec![error, -error])
        })
        .collect();
    tree.set_residuals(residuals);
    let base: Vec<(String, Vec<f64>)> = nodes.iter().map(|node| (node.name.clone(), node.forecast.clone())).collect();
    let reconciled =
        tree.reconcile(&base, ReconciliationMethod::MinTraceVariance).map_err(|error| bad(error.to_string()))?;
    let mut reconciled: BTreeMap<String, Vec<f64>> = reconciled.into_iter().collect();
    let leaves = || nodes.iter().filter(|node| !parts.contains_key(node.name.as_str()));
    if leaves().all(|leaf| leaf.forecast.iter().all(|value| *value >= 0.0)) {
        for leaf in leaves() {
            for value in reconciled.get_mut(&leaf.name).into_iter().flatten() {
                *value = value.max(0.0);
            }
        }
        sum(root, &parts, &mut reconciled);
    }
    Ok(reconciled)
}

fn reached(root: &str, parts: &BTreeMap<&str, Vec<&str>>) -> usize {
    let mut open = vec![root];
    let mut count = 0;
    while let Some(name) = open.pop() {
        count += 1;
        open.extend(parts.get(name).into_iter().flatten());
    }
    count
}

/// Sets every node above the leaves to the sum of its parts, the deepest first.
fn sum(root: &str, parts: &BTreeMap<&str, Vec<&str>>, values: &mut BTreeMap<String, Vec<f64>>) {
    let mut order = vec![root];
    let mut next = 0;
    while let Some(name) = order.get(next).copied() {
        order.extend(parts.get(name).into_iter().flatten());
        next += 1;
    }
    for name in order.into_iter().rev() {
        let Some(children) = parts.get(name) else { continue };
        let mut total: Vec<f64> = Vec::new();
        for path in children.iter().filter_map(|child| values.get(*child)) {
            total.resize(path.len(), 0.0);
            total.iter_mut().zip(path).for_each(|(total, value)| *total += value);
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
