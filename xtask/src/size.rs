//! `cargo xtask size`: the bytes people and edge locations load, against their budgets.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, bail};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use crate::bundle::{self, Worker};
use crate::command::heading;
use crate::project::Project;
use crate::{pixel, setup};

/// The pixel, gzipped.
const PIXEL_BUDGET: usize = 1024;
/// The JavaScript of the site's first route, gzipped.
const FIRST_ROUTE_BUDGET: usize = 228 * 1024;
/// What a first visit to `/` loads beside the entry: the frame and the page in it.
const FIRST_ROUTE: [&str; 2] = ["src/features/shell/", "src/features/dashboard/"];

/// A Worker's wasm, gzipped. Cloudflare takes 3 MB of a script on the free plan and 10 MB on the paid one, and has it
/// start within a second of CPU; `collect` runs at every edge location, on the way of every hit. The others' budgets are
/// what they were when last looked into (docs/performance.md) and a fifteenth more, so that growth is noticed.
const fn budget(worker: Worker) -> usize {
    let kib = match worker {
        Worker::Api => 2_720,
        Worker::Collect => 180,
        Worker::Agents => 920,
        Worker::Connectors => 1_040,
        Worker::Cron => 800,
        Worker::Durable => 700,
        Worker::Science => 1_140,
        Worker::Sandbox => 650,
    };
    kib * 1024
}

struct Row {
    name: String,
    raw: usize,
    gzipped: usize,
    budget: Option<usize>,
}

/// Builds what changed, prints the table, fails over budget.
///
/// # Errors
/// Set-up or build fails, or a budget is exceeded.
pub(crate) fn run(project: &Project) -> Result<()> {
    heading("Setting up");
    let ready = setup::ensure(project)?;
    heading("Building");
    bundle::everything(project, &ready)?;

    let mut rows = vec![row("pixel p.js", &[pixel::minified(project)], Some(PIXEL_BUDGET))?];
    for worker in Worker::ALL {
        rows.push(row(&format!("{worker} wasm"), &[worker.wasm(project)], Some(budget(worker)))?);
        rows.push(row(&format!("{worker} script"), &[worker.script(project)], None)?);
    }
    let dist = project.site().join("dist");
    let manifest = fs::read_to_string(dist.join(".vite/manifest.json")).context("reading the site's manifest")?;
    let manifest: Value = serde_json::from_str(&manifest).context("reading the site's manifest")?;
    let first: Vec<_> = first_route(&manifest).iter().map(|file| dist.join(file)).collect();
    rows.push(row("site first route, JavaScript", &first, Some(FIRST_ROUTE_BUDGET))?);
    let all: BTreeSet<_> = entries(&manifest)
        .filter_map(|(_, chunk)| chunk["file"].as_str())
        .filter(|file| file.ends_with(".js"))
        .map(|file| dist.join(file))
        .collect();
    rows.push(row("site all JavaScript", &all.into_iter().collect::<Vec<_>>(), None)?);

    println!("\n{:<30} {:>12} {:>12} {:>12}", "", "raw", "gzip", "budget");
    for row in &rows {
        let budget = row.budget.map(|bytes| format!("{bytes} B")).unwrap_or_default();
        let raw = format!("{} B", row.raw);
        let gzipped = format!("{} B", row.gzipped);
        println!("{:<30} {raw:>12} {gzipped:>12} {budget:>12}", row.name);
    }
    let over: Vec<&str> = rows
        .iter()
        .filter(|row| row.budget.is_some_and(|budget| row.gzipped > budget))
        .map(|row| row.name.as_str())
        .collect();
    if !over.is_empty() {
        bail!("over budget: {}", over.join(", "));
    }
    Ok(())
}

/// Several files are measured one by one, as they are loaded.
fn row(name: &str, files: &[impl AsRef<Path>], budget: Option<usize>) -> Result<Row> {
    let mut row = Row { name: name.to_owned(), raw: 0, gzipped: 0, budget };
    for file in files {
        let file = file.as_ref();
        let bytes = fs::read(file).with_context(|| format!("reading {}", file.display()))?;
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&bytes)?;
        row.raw += bytes.len();
        row.gzipped += encoder.finish()?.len();
    }
    Ok(row)
}

fn entries(manifest: &Value) -> impl Iterator<Item = (&String, &Value)> {
    manifest.as_object().into_iter().flatten()
}

/// The scripts of the entry and of the first route's parts, with everything they import.
fn first_route(manifest: &Value) -> BTreeSet<String> {
    let mut waiting: Vec<&str> = entries(manifest)
        .filter(|(key, chunk)| chunk["isEntry"] == true || FIRST_ROUTE.iter().any(|part| key.starts_with(part)))
        .map(|(key, _)| key.as_str())
        .collect();
    let mut seen = BTreeSet::new();
    let mut files = BTreeSet::new();
    while let Some(key) = waiting.pop() {
        if !seen.insert(key) {
            continue;
        }
        let chunk = &manifest[key];
        if let Some(file) = chunk["file"].as_str().filter(|file| file.ends_with(".js")) {
            files.insert(file.to_owned());
        }
        waiting.extend(chunk["imports"].as_array().into_iter().flatten().filter_map(Value::as_str));
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_first_route_is_the_entry_its_page_and_their_imports() {
        let manifest = json!({
            "index.html": {"file": "a/index.js", "isEntry": true, "imports": ["_react.js"]},
            "_react.js": {"file": "a/react.js"},
            "_chart.js": {"file": "a/chart.js", "imports": ["_react.js"]},
            "src/features/dashboard/page.tsx": {"file": "a/dashboard.js", "imports": ["_chart.js", "index.html"]},
            "src/features/live/page.tsx": {"file": "a/live.js", "imports": ["_react.js"]},
            "style.css": {"file": "a/style.css"},
        });
        let files: Vec<String> = first_route(&manifest).into_iter().collect();
        assert_eq!(files, ["a/chart.js", "a/dashboard.js", "a/index.js", "a/react.js"]);
    }
}
