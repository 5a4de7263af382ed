//! A Chromium for the browser tests.

use std::env;
use std::path::PathBuf;

use crate::command::note;
use crate::project::Project;
use crate::toolchain::install_packages;

/// Names under which distributions and vendors install it.
const NAMES: [&str; 5] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
/// Where macOS keeps it.
const APPLICATIONS: [&str; 2] = [
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/// An installed Chromium: `ADROIT_CHROMIUM`, else the first on the `PATH`.
pub(crate) fn find() -> Option<PathBuf> {
    if let Some(path) = env::var_os("ADROIT_CHROMIUM") {
        return Some(PathBuf::from(path));
    }
    let path = env::var_os("PATH").unwrap_or_default();
    NAMES
        .iter()
        .flat_map(|name| env::split_paths(&path).map(move |folder| folder.join(name)))
        .chain(APPLICATIONS.iter().map(PathBuf::from))
        .find(|file| file.is_file())
}

/// An installed Chromium, installing the distribution's where that is possible. Without one the browser tests are
/// skipped, and say so.
pub(crate) fn ensure(project: &Project) -> Option<PathBuf> {
    if let Some(found) = find() {
        return Some(found);
    }
    if let Err(error) = install_packages(project, &["chromium"], "Chromium for the browser tests") {
        note(&format!("{error:#} (or set ADROIT_CHROMIUM to its path)"));
    }
    find()
}
