//! Where everything is: the folders of the checkout, the state folder, the ports.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The port of the front door where `ADROIT_PORT` is not set; `collect` and the practice provider listen on the next two.
const DEFAULT_PORT: u16 = 8787;

/// The checkout this command was built from, and this run's settings.
#[derive(Clone, Debug)]
pub(crate) struct Project {
    /// The checkout's root.
    pub(crate) root: PathBuf,
    /// What the local runtime remembers (`ADROIT_STATE`, default `.adroit`).
    pub(crate) state: PathBuf,
    /// The front door's port (`ADROIT_PORT`).
    pub(crate) port: u16,
}

impl Project {
    /// Finds the checkout and reads the settings.
    ///
    /// # Errors
    /// `ADROIT_PORT` is not a port, or the working directory is gone.
    pub(crate) fn open() -> Result<Self> {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = manifest.parent().context("xtask stands in no workspace")?.to_owned();
        let state = match env::var_os("ADROIT_STATE") {
            // As everywhere: a relative path starts at the working directory.
            Some(path) => env::current_dir().context("the working directory does not exist any more")?.join(path),
            None => root.join(".adroit"),
        };
        let port = match env::var("ADROIT_PORT") {
            Ok(text) => text
                .parse()
                .ok()
                .filter(|port| (1..u16::MAX - 1).contains(port))
                .with_context(|| format!("ADROIT_PORT is {text:?}; it must be a whole number from 1 to 65533"))?,
            Err(_) => DEFAULT_PORT,
        };
        Ok(Self { root, state, port })
    }

    /// Cargo's output folder; everything else that is installed or remembered per checkout is below it, too.
    pub(crate) fn target(&self) -> PathBuf {
        env::var_os("CARGO_TARGET_DIR").map_or_else(|| self.root.join("target"), |path| self.root.join(path))
    }

    /// `worker-build` and `wasm-bindgen`: `bin/` holds them.
    pub(crate) fn tools(&self) -> PathBuf {
        self.target().join("tools")
    }

    /// What was done already: content hashes of inputs, one file a product.
    pub(crate) fn stamps(&self) -> PathBuf {
        self.target().join("stamps")
    }

    /// Full output of the steps whose output is not shown.
    pub(crate) fn logs(&self) -> PathBuf {
        self.target().join("logs")
    }

    /// The npm package of pinned tools.
    pub(crate) fn npm_tools(&self) -> PathBuf {
        self.root.join("tools")
    }

    /// The site.
    pub(crate) fn site(&self) -> PathBuf {
        self.root.join("site")
    }

    /// Clients and conformance suites of other makers, for the tests.
    pub(crate) fn test_clients(&self) -> PathBuf {
        self.root.join("tests/clients")
    }

    /// Where people reach the front door.
    pub(crate) fn url(&self) -> String {
        format!("http://localhost:{}", self.port)
    }
}
