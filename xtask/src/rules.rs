//! Who may depend on whom: the rules of ARCHITECTURE.md, checked against `cargo metadata` and the sources.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::project::Project;
use crate::stamp;

/// The runtime's crates. A crate that names one cannot be tested by plain `cargo test`.
const RUNTIME: [&str; 6] = ["worker", "js-sys", "web-sys", "wasm-bindgen", "wasm-bindgen-futures", "getrandom"];
/// What in a source reads a clock or touches the outside.
const IMPURE: [&str; 9] = [
    "SystemTime::now",
    "Instant::now",
    "Utc::now",
    "Local::now",
    "std::env::",
    "std::fs::",
    "TcpStream",
    "UdpSocket",
    "std::process::",
];

/// Which rules a package is under, by its folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Room {
    /// `crates/*`: pure.
    Crate,
    /// `platform/`: the only glue over the runtime.
    Platform,
    /// `durable/`.
    Durable,
    /// `workers/*`.
    Worker,
    /// `xtask/` and `science/`: native.
    Tool,
}

/// A dependency as its Cargo.toml states it.
#[derive(Clone, Debug)]
pub(crate) struct Dependency {
    /// The crate's name.
    pub(crate) name: String,
    /// `None` is an ordinary one; else `dev` or `build`.
    kind: Option<String>,
    features: Vec<String>,
    default_features: bool,
}

/// A member of the workspace.
#[derive(Clone, Debug)]
pub(crate) struct Package {
    /// Its name.
    pub(crate) name: String,
    /// Its folder.
    pub(crate) folder: PathBuf,
    dependencies: Vec<Dependency>,
}

impl Package {
    /// What its bytes come from: all dependencies but those of tests.
    pub(crate) fn built_on(&self) -> impl Iterator<Item = &Dependency> {
        self.dependencies.iter().filter(|dependency| dependency.kind.as_deref() != Some("dev"))
    }

    /// Its room.
    pub(crate) fn room(&self, project: &Project) -> Room {
        let inside = self.folder.strip_prefix(&project.root).unwrap_or(&self.folder);
        if inside.starts_with("crates") {
            Room::Crate
        } else if inside.starts_with("workers") {
            Room::Worker
        } else if inside.starts_with("durable") {
            Room::Durable
        } else if inside.starts_with("platform") {
            Room::Platform
        } else {
            Room::Tool
        }
    }
}

/// All members of the workspace.
///
/// # Errors
/// `cargo metadata` fails.
pub(crate) fn packages(project: &Project) -> Result<Vec<Package>> {
    let output = Command::new("cargo")
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(&project.root)
        .output()
        .context("starting cargo metadata")?;
    if !output.status.success() {
        anyhow::bail!("cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    let metadata: Value = serde_json::from_slice(&output.stdout).context("reading cargo metadata")?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    Ok(list(metadata.get("packages").unwrap_or(&Value::Null))
        .iter()
        .map(|package| Package {
            name: text(&package["name"]),
            folder: PathBuf::from(text(&package["manifest_path"])).parent().map(PathBuf::from).unwrap_or_default(),
            dependencies: list(&package["dependencies"])
                .iter()
                .map(|dependency| Dependency {
                    name: text(&dependency["name"]),
                    kind: dependency["kind"].as_str().map(str::to_owned),
                    features: list(&dependency["features"]).iter().map(text).collect(),
                    default_features: dependency["uses_default_features"].as_bool().unwrap_or(true),
                })
                .collect(),
        })
        .collect())
}

/// Every broken rule, as a sentence.
///
/// # Errors
/// The workspace or a source cannot be read.
pub(crate) fn broken(project: &Project) -> Result<Vec<String>> {
    let packages = packages(project)?;
    let mut broken = Vec::new();
    for package in &packages {
        let room = package.room(project);
        for dependency in package.built_on() {
            let other = packages.iter().find(|other| other.name == dependency.name).map(|other| other.room(project));
            if let Some(why) = refusal(room, dependency, other) {
                broken.push(format!("{} may not depend on {}: {why}", package.name, dependency.name));
            }
        }
        if room == Room::Crate {
            broken.extend(impurities(project, package)?);
        }
    }
    Ok(broken)
}

fn refusal(room: Room, dependency: &Dependency, other: Option<Room>) -> Option<&'static str> {
    let clock = dependency.name == "chrono"
        && (dependency.default_features
            || dependency.features.iter().any(|feature| feature == "clock" || feature == "now"));
    match (room, other) {
        (Room::Crate, Some(Room::Crate)) => None,
        (Room::Crate, Some(_)) => Some("crates/* build on crates/* only"),
        (Room::Crate, None) if RUNTIME.contains(&dependency.name.as_str()) => {
            Some("crates/* are pure: no runtime, no randomness")
        }
        (Room::Crate, None) if clock => {
            Some("crates/* read no clock: take chrono without its default features, `clock` and `now`")
        }
        (Room::Platform, Some(Room::Crate)) | (_, None) => None,
        (Room::Platform, Some(_)) => Some("platform builds on crates/* only"),
        (Room::Worker | Room::Durable, Some(Room::Worker)) => {
            Some("a Worker is a script of its own; what two share belongs in crates/ or platform/")
        }
        (Room::Worker | Room::Durable, Some(Room::Durable)) => {
            Some("objects are called by binding; the call and its body types belong in platform/ or crates/")
        }
        (Room::Tool, Some(Room::Crate)) => None,
        (Room::Tool, Some(_)) => Some("a native tool builds on crates/* only"),
        (Room::Worker | Room::Durable, Some(_)) => None,
    }
}

/// Places in a crate's sources, outside tests, that are not pure.
fn impurities(project: &Project, package: &Package) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for path in stamp::files(&package.folder.join("src"))? {
        if path.file_stem().is_some_and(|name| name == "tests") {
            continue;
        }
        let source = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
        let shown = path.strip_prefix(&project.root).unwrap_or(&path).display().to_string();
        for (number, line) in source.lines().enumerate() {
            if line.starts_with("#[cfg(test)]") {
                break;
            }
            let code = line.trim_start();
            if code.starts_with("//") {
                continue;
            }
            for word in IMPURE.iter().filter(|word| code.contains(**word)) {
                found.push(format!("{shown}:{}: `{word}` in a pure crate; take its result as an argument", number + 1));
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dependency(name: &str, features: &[&str], default_features: bool) -> Dependency {
        Dependency {
            name: name.to_owned(),
            kind: None,
            features: features.iter().map(|feature| (*feature).to_owned()).collect(),
            default_features,
        }
    }

    #[test]
    fn crates_are_pure() {
        for name in RUNTIME {
            assert!(refusal(Room::Crate, &dependency(name, &[], true), None).is_some(), "{name}");
            assert!(refusal(Room::Platform, &dependency(name, &[], true), None).is_none(), "{name}");
        }
        assert!(refusal(Room::Crate, &dependency("chrono", &["alloc"], false), None).is_none());
        assert!(refusal(Room::Crate, &dependency("chrono", &["clock"], false), None).is_some());
        assert!(refusal(Room::Crate, &dependency("chrono", &[], true), None).is_some());
        assert!(refusal(Room::Crate, &dependency("serde", &[], true), None).is_none());
    }

    #[test]
    fn rooms_depend_downwards() {
        let ours = dependency("ours", &[], true);
        let allowed = [
            (Room::Crate, Room::Crate),
            (Room::Platform, Room::Crate),
            (Room::Durable, Room::Crate),
            (Room::Durable, Room::Platform),
            (Room::Worker, Room::Crate),
            (Room::Worker, Room::Platform),
            (Room::Tool, Room::Crate),
        ];
        let rooms = [Room::Crate, Room::Platform, Room::Durable, Room::Worker, Room::Tool];
        for from in rooms {
            for to in rooms {
                let refused = refusal(from, &ours, Some(to)).is_some();
                let expected = !allowed.contains(&(from, to)) && to != Room::Tool;
                if to != Room::Tool {
                    assert_eq!(refused, expected, "{from:?} on {to:?}");
                }
            }
        }
    }
}
