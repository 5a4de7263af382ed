//! The Rust side of the set-up: a compiler for wasm, the panic strategy, `worker-build` and `wasm-bindgen`.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command::{answer, done, note, quiet, succeeds};
use crate::node::Node;
use crate::project::Project;

/// The target of every Worker.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";
/// `worker-build` goes with the `worker` crate of the same number.
const WORKER_BUILD: &str = "0.8.7";
/// Debian's packages of a compiler that can build the standard library for wasm.
const DEBIAN_PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld-22"];

/// How the Workers are compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strategy {
    /// Nightly with a standard library built for unwinding: a panic ends one request.
    Unwind,
    /// The default toolchain, panic = abort: a panic ends every request in its isolate.
    Abort,
    /// Debian's compiler with a standard library built here, panic = abort.
    Debian,
}

impl Strategy {
    const ALL: [Self; 3] = [Self::Unwind, Self::Abort, Self::Debian];

    fn name(self) -> &'static str {
        match self {
            Self::Unwind => "unwind",
            Self::Abort => "abort",
            Self::Debian => "debian",
        }
    }

    /// What the choice means, for people.
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Self::Unwind => "nightly with rust-src, panic=unwind: a panic ends one request only",
            Self::Abort => "the default toolchain, panic=abort: a panic ends every request of its isolate",
            Self::Debian => "Debian's rustc-web with its own standard library, panic=abort",
        }
    }

    /// Looks whether everything the strategy needs is there.
    pub(crate) fn is_usable(self) -> bool {
        match self {
            Self::Unwind => {
                has_wasm(&[])
                    && has_wasm(&["+nightly"])
                    && sysroot(&["+nightly"]).is_some_and(|root| root.join("lib/rustlib/src/rust/library/std").is_dir())
            }
            Self::Abort => has_wasm(&[]),
            Self::Debian => debian_is_installed(),
        }
    }
}

/// Finds or makes a way to compile for wasm and says which it is.
///
/// # Errors
/// No way works here; the message says what to install.
pub(crate) fn ensure(project: &Project) -> Result<Strategy> {
    let record = project.tools().join("strategy");
    if let Some(strategy) = recorded(&record)
        && strategy.is_usable()
    {
        return Ok(strategy);
    }
    let strategy = choose(project)?;
    fs::create_dir_all(project.tools()).context("creating the tools folder")?;
    fs::write(&record, strategy.name()).with_context(|| format!("writing {}", record.display()))?;
    done(&format!("compiler for {WASM}: {}", strategy.describe()));
    Ok(strategy)
}

/// The strategy in use, if one was chosen.
pub(crate) fn chosen(project: &Project) -> Option<Strategy> {
    recorded(&project.tools().join("strategy"))
}

/// Forgets the choice, so that an explicit set-up looks again for a better one.
pub(crate) fn forget(project: &Project) {
    // Nothing to forget is fine.
    let _ = fs::remove_file(project.tools().join("strategy"));
}

fn recorded(record: &Path) -> Option<Strategy> {
    let name = fs::read_to_string(record).ok()?;
    Strategy::ALL.into_iter().find(|strategy| strategy.name() == name.trim())
}

fn choose(project: &Project) -> Result<Strategy> {
    let rustup = succeeds(Command::new("rustup").arg("--version"));
    if !has_wasm(&[]) && rustup {
        let mut add = Command::new("rustup");
        add.args(["target", "add", WASM]);
        if let Err(error) = quiet(project, &format!("rustup target add {WASM}"), "rustup-target", &mut add) {
            note(&format!("rustup cannot add the target: {error:#}"));
        }
    }
    if !has_wasm(&[]) {
        return debian(project);
    }
    if !rustup {
        note("no rustup, hence no nightly: building with panic=abort");
        return Ok(Strategy::Abort);
    }
    match nightly(project) {
        Ok(()) => Ok(Strategy::Unwind),
        Err(error) => {
            note(&format!("no nightly with rust-src, hence panic=abort (`cargo xtask setup` tries again): {error:#}"));
            Ok(Strategy::Abort)
        }
    }
}

/// Makes nightly ready for `-Z build-std` on wasm. A nightly that is there is taken as it is.
fn nightly(project: &Project) -> Result<()> {
    if sysroot(&["+nightly"]).is_none_or(|root| !root.exists()) {
        let mut install = Command::new("rustup");
        install.args(["toolchain", "install", "nightly", "--profile", "minimal", "--no-self-update"]);
        quiet(project, "installing a nightly toolchain", "rustup-nightly", &mut install)?;
    }
    if !Strategy::Unwind.is_usable() {
        let mut component = Command::new("rustup");
        component.args(["component", "add", "rust-src", "--toolchain", "nightly"]);
        quiet(project, "adding rust-src to nightly", "rustup-rust-src", &mut component)?;
        let mut target = Command::new("rustup");
        target.args(["target", "add", WASM, "--toolchain", "nightly"]);
        quiet(project, &format!("adding {WASM} to nightly"), "rustup-nightly-target", &mut target)?;
    }
    let wanted = minor(env!("CARGO_PKG_RUST_VERSION"));
    let version = answer(Command::new("rustc").args(["+nightly", "--version"])).unwrap_or_default();
    let found = version.split_whitespace().nth(1).and_then(minor);
    if found < wanted {
        bail!("{version} is older than this project's Rust {}", env!("CARGO_PKG_RUST_VERSION"));
    }
    if !Strategy::Unwind.is_usable() {
        bail!("rustup reported success, yet rust-src or the wasm target is not there");
    }
    Ok(())
}

/// The middle number of `1.95.0`, as cargo writes versions.
fn minor(version: impl AsRef<str>) -> Option<u32> {
    version.as_ref().split('.').nth(1)?.parse().ok()
}

fn debian(project: &Project) -> Result<Strategy> {
    if !debian_is_installed() {
        install_packages(project, &DEBIAN_PACKAGES, "a Rust compiler for wasm")?;
    }
    Ok(Strategy::Debian)
}

fn debian_is_installed() -> bool {
    succeeds(Command::new("dpkg").arg("--status").args(DEBIAN_PACKAGES))
}

/// Installs the distribution's packages where that is possible, else says what to run.
///
/// # Errors
/// No apt-get, not root, or the installation fails.
pub(crate) fn install_packages(project: &Project, packages: &[&str], purpose: &str) -> Result<()> {
    let list = packages.join(" ");
    if !succeeds(Command::new("apt-get").arg("--version")) {
        bail!("{purpose} is missing and this is no Debian: install what your system calls {list}");
    }
    if answer(Command::new("id").arg("-u")).as_deref() != Some("0") {
        bail!("{purpose} is missing; run: sudo apt-get update && sudo apt-get install --yes {list}");
    }
    let mut update = Command::new("apt-get");
    update.arg("update");
    quiet(project, "apt-get update", "apt-update", &mut update)?;
    let mut install = Command::new("apt-get");
    install
        .env("DEBIAN_FRONTEND", "noninteractive")
        .args(["install", "--yes", "--no-install-recommends"])
        .args(packages);
    quiet(project, &format!("installing {list}"), "apt-install", &mut install)
}

fn sysroot(toolchain: &[&str]) -> Option<PathBuf> {
    answer(Command::new("rustc").args(toolchain).args(["--print", "sysroot"])).map(PathBuf::from)
}

fn has_wasm(toolchain: &[&str]) -> bool {
    answer(Command::new("rustc").args(toolchain).args(["--target", WASM, "--print", "target-libdir"]))
        .is_some_and(|folder| Path::new(&folder).is_dir())
}

/// Whether `worker-build` and the `wasm-bindgen` of Cargo.lock are installed.
pub(crate) fn tools_are_installed(project: &Project) -> Result<bool> {
    Ok(has_worker_build(project) && has_wasm_bindgen(project, &wasm_bindgen_version(project)?))
}

/// Installs `worker-build` and `wasm-bindgen-cli`, from source, into the project's tools folder.
///
/// # Errors
/// Cargo cannot build or fetch them.
pub(crate) fn ensure_tools(project: &Project) -> Result<()> {
    let version = wasm_bindgen_version(project)?;
    if !has_wasm_bindgen(project, &version) {
        install(project, "wasm-bindgen-cli", &version)?;
    }
    if !has_worker_build(project) {
        if cfg!(target_os = "linux") && !succeeds(Command::new("pkg-config").args(["--exists", "openssl"])) {
            install_packages(project, &["pkg-config", "libssl-dev"], "OpenSSL, which worker-build links,")?;
        }
        install(project, "worker-build", WORKER_BUILD)?;
    }
    Ok(())
}

/// Not `--locked`: these crates' own lock files may name versions an index lacks.
fn install(project: &Project, name: &str, version: &str) -> Result<()> {
    let mut command = Command::new("cargo");
    command
        .args(["install", name, "--version", &format!("={version}"), "--force", "--root"])
        .arg(project.tools())
        .env("CARGO_TARGET_DIR", project.target().join("tools-build"));
    quiet(project, &format!("installing {name} {version} (minutes, once)"), name, &mut command)
}

fn has_worker_build(project: &Project) -> bool {
    let binary = project.tools().join("bin/worker-build");
    answer(Command::new(binary).arg("--version")).as_deref() == Some(WORKER_BUILD)
}

fn has_wasm_bindgen(project: &Project, version: &str) -> bool {
    let binary = project.tools().join("bin/wasm-bindgen");
    answer(Command::new(binary).arg("--version")).is_some_and(|said| said.ends_with(&format!(" {version}")))
}

/// The version of `wasm-bindgen` in Cargo.lock: the command line tool must be exactly this one.
fn wasm_bindgen_version(project: &Project) -> Result<String> {
    let path = project.root.join("Cargo.lock");
    let lock = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    lock.split("[[package]]")
        .find(|package| package.contains("name = \"wasm-bindgen\"\n"))
        .and_then(|package| package.lines().find_map(|line| line.strip_prefix("version = ")))
        .map(|version| version.trim_matches('"').to_owned())
        .context("Cargo.lock names no wasm-bindgen")
}

/// `worker-build` for one crate, with everything it would download given to it instead.
pub(crate) fn worker_build(project: &Project, node: &Node, strategy: Strategy, folder: &Path) -> Result<Command> {
    let tools = project.tools().join("bin");
    let npm = project.npm_tools().join("node_modules/.bin");
    let mut command = Command::new(tools.join("worker-build"));
    command
        .current_dir(folder)
        .env("WASM_BINDGEN_BIN", tools.join("wasm-bindgen"))
        .env("WASM_OPT_BIN", shrinking_wasm_opt(project, &npm)?)
        .env("ESBUILD_BIN", npm.join("esbuild"))
        // Its backtraces would push the compiler's words out of sight.
        .env("RUST_BACKTRACE", "0")
        .args([".", "--release"]);
    let mut path = node.path().to_owned();
    match strategy {
        Strategy::Unwind => {
            command.arg("--panic-unwind");
        }
        Strategy::Abort => {}
        Strategy::Debian => {
            let shims = debian_shims(project)?;
            path = env::join_paths(std::iter::once(shims).chain(env::split_paths(&path)))?;
            command
                .env("RUSTC_BOOTSTRAP", "1")
                .env_remove("RUSTUP_TOOLCHAIN")
                .args(["-Z", "build-std=std,panic_abort"]);
        }
    }
    command.env("PATH", path);
    Ok(command)
}

/// A folder with Debian's `cargo`, `rustc` and wasm linker under the names `worker-build` and rustc look for. The
/// standard library for wasm is built with each project there, so the question for its folder is answered with one
/// that exists.
fn debian_shims(project: &Project) -> Result<PathBuf> {
    let folder = project.tools().join("debian");
    fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    for (name, script) in [
        ("cargo", r#"exec /usr/bin/cargo "$@""#),
        ("rustc", r#"case " $* " in *" target-libdir "*) dirname "$0" ;; *) exec /usr/bin/rustc "$@" ;; esac"#),
        ("rust-lld", r#"exec /usr/bin/lld-22 "$@""#),
    ] {
        let path = folder.join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).with_context(|| format!("writing {}", path.display()))?;
        make_executable(&path)?;
    }
    Ok(folder)
}

/// `wasm-opt` that drops names and producers, a sixth of a script gzipped. Only the collector, which has a budget, is
/// optimised as well: it takes a minute for the larger scripts, which gain a tenth that nobody would notice.
fn shrinking_wasm_opt(project: &Project, npm: &Path) -> Result<PathBuf> {
    let path = project.tools().join("wasm-opt");
    let wasm_opt = npm.join("wasm-opt");
    let script = format!(
        "#!/bin/sh\n\
         optimise=; case \"$PWD\" in */collect) optimise=-Oz ;; esac\n\
         for flag do\n  shift\n  case \"$flag\" in --debuginfo | -O) ;; *) set -- \"$@\" \"$flag\" ;; esac\ndone\n\
         exec '{}' \"$@\" $optimise --strip-debug --strip-producers\n",
        wasm_opt.display()
    );
    if fs::read_to_string(&path).is_ok_and(|present| present == script) {
        return Ok(path);
    }
    fs::write(&path, script).with_context(|| format!("writing {}", path.display()))?;
    make_executable(&path)?;
    Ok(path)
}

fn make_executable(path: &Path) -> Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o755))
            .with_context(|| format!("making {} executable", path.display()))?;
    }
    Ok(())
}
