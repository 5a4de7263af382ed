//! Content hashes of inputs, so that a step whose inputs have not changed is not repeated.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::project::Project;

/// Folders that are never an input: they are outputs, or installed.
const OUTPUTS: [&str; 5] = ["node_modules", "dist", "build", "target", "test-results"];

/// Collects the inputs of one step.
pub(crate) struct Inputs {
    hash: Sha256,
}

impl Inputs {
    /// Starts with a text that names the step's settings.
    pub(crate) fn new(settings: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(settings.as_bytes());
        Self { hash }
    }

    /// Adds a file, or a folder with all its files. What does not exist counts as such.
    ///
    /// # Errors
    /// A file cannot be read.
    pub(crate) fn add(self, project: &Project, path: &Path) -> Result<Self> {
        self.add_but(project, path, &[])
    }

    /// The same without some of its folders.
    ///
    /// # Errors
    /// A file cannot be read.
    pub(crate) fn add_but(mut self, project: &Project, path: &Path, without: &[&str]) -> Result<Self> {
        for file in files(path)? {
            if without.iter().any(|folder| file.starts_with(path.join(folder))) {
                continue;
            }
            let name = file.strip_prefix(&project.root).unwrap_or(&file);
            let bytes = fs::read(&file).with_context(|| format!("reading {}", file.display()))?;
            self.hash.update(name.to_string_lossy().as_bytes());
            self.hash.update([0]);
            self.hash.update((bytes.len() as u64).to_le_bytes());
            self.hash.update(&bytes);
        }
        Ok(self)
    }

    /// The hash of everything added, in hex.
    pub(crate) fn finish(self) -> String {
        hex::encode(self.hash.finalize())
    }
}

/// All files at or below a path, sorted, outputs and hidden files left out.
///
/// # Errors
/// A folder cannot be read.
pub(crate) fn files(path: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    collect(path, &mut found)?;
    found.sort();
    Ok(found)
}

fn collect(path: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    if path.is_file() {
        found.push(path.to_owned());
    } else if path.is_dir() {
        let entries = fs::read_dir(path).with_context(|| format!("reading {}", path.display()))?;
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if !name.starts_with('.') && !OUTPUTS.contains(&name.as_ref()) {
                collect(&entry.path(), found)?;
            }
        }
    }
    Ok(())
}

/// Whether a step was last done with exactly these inputs.
pub(crate) fn is_current(project: &Project, step: &str, hash: &str) -> bool {
    fs::read_to_string(project.stamps().join(step)).is_ok_and(|stamped| stamped == hash)
}

/// Remembers that a step was done with these inputs.
///
/// # Errors
/// The stamp cannot be written.
pub(crate) fn set(project: &Project, step: &str, hash: &str) -> Result<()> {
    let folder = project.stamps();
    fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    fs::write(folder.join(step), hash).with_context(|| format!("writing the stamp of {step}"))
}
