//! One at a time: set-up and builds of one checkout take turns, however many commands are started side by side.

use std::fs::{self, File, TryLockError};

use anyhow::{Context, Result};

use crate::command::note;
use crate::project::Project;

/// The right to set up and build; it ends when dropped, or with the process.
pub(crate) struct Turn {
    _lock: File,
}

/// Waits for this command's turn.
///
/// # Errors
/// The lock file cannot be made or locked.
pub(crate) fn take(project: &Project) -> Result<Turn> {
    let folder = project.target();
    fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    let path = folder.join("xtask.lock");
    let lock = File::create(&path).with_context(|| format!("creating {}", path.display()))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            note("another `cargo xtask` is setting up or building here; waiting for it");
            lock.lock().with_context(|| format!("locking {}", path.display()))?;
        }
        Err(TryLockError::Error(error)) => {
            return Err(error).with_context(|| format!("locking {}", path.display()));
        }
    }
    Ok(Turn { _lock: lock })
}
