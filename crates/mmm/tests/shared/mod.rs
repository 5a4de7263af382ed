//! Where the reference data is: beside the checkout, or where `ADROIT_SHARED` says.

use std::path::PathBuf;

/// A reference file of the marketing mix; `None`, said aloud, where it is not there.
pub(crate) fn text(name: &str) -> Option<String> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/science/mmm").join(name);
    let elsewhere = std::env::var_os("ADROIT_SHARED").map(|root| PathBuf::from(root).join("science/mmm").join(name));
    let text = [Some(path), elsewhere].into_iter().flatten().find_map(|path| std::fs::read_to_string(path).ok());
    if text.is_none() {
        eprintln!("SKIPPED: ../shared/science/mmm/{name} is not here");
    }
    text
}
