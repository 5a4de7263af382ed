//! `cargo xtask doctor`: what is present, what is missing, how to mend it. Changes nothing.

use std::process::Command;

use anyhow::Result;

use crate::command::{answer, succeeds};
use crate::node;
use crate::project::Project;
use crate::toolchain::{self, Strategy};
use crate::{browser, bundle::Worker};

struct Finding {
    what: &'static str,
    found: Option<String>,
    mend: &'static str,
}

/// Prints the table; fails where something that every command needs is missing and set-up cannot mend it.
///
/// # Errors
/// Cargo.lock cannot be read, or a requirement is missing.
pub(crate) fn run(project: &Project) -> Result<()> {
    let setup = "cargo xtask setup";
    let present = |ok: bool| ok.then(|| "present".to_owned());
    let node = node::own_version().map(|(major, minor)| (major, minor, node::can_install((major, minor))));
    let strategy = toolchain::chosen(project)
        .filter(|strategy| strategy.is_usable())
        .or_else(|| Strategy::Unwind.is_usable().then_some(Strategy::Unwind))
        .or_else(|| Strategy::Abort.is_usable().then_some(Strategy::Abort));
    let built = Worker::ALL.iter().all(|worker| worker.wasm(project).is_file())
        && project.site().join("dist/index.html").is_file();

    let required = [
        Finding { what: "Rust", found: answer(Command::new("rustc").arg("--version")), mend: "https://rustup.rs" },
        Finding {
            what: "a C linker",
            found: answer(Command::new("cc").arg("--version")).and_then(|said| said.lines().next().map(str::to_owned)),
            mend: "sudo apt-get install --yes build-essential",
        },
        Finding {
            what: "Node 20 or newer",
            found: node.filter(|node| node.2).map(|node| format!("{}.{}", node.0, node.1)),
            mend: "https://nodejs.org",
        },
        Finding {
            what: "npm",
            found: answer(Command::new("npm").arg("--version")),
            mend: "it comes with Node: https://nodejs.org",
        },
    ];
    let installed = [
        Finding {
            what: "compiler for wasm",
            found: strategy.map(|strategy| strategy.describe().to_owned()),
            mend: setup,
        },
        Finding {
            what: "OpenSSL headers (to build worker-build)",
            found: present(
                !cfg!(target_os = "linux")
                    || succeeds(Command::new("pkg-config").args(["--exists", "openssl"]))
                    || toolchain::tools_are_installed(project)?,
            ),
            mend: "sudo apt-get install --yes pkg-config libssl-dev",
        },
        Finding {
            what: "worker-build, wasm-bindgen",
            found: present(toolchain::tools_are_installed(project)?),
            mend: setup,
        },
        Finding {
            what: "npm packages of tools/",
            found: present(node::is_installed(project, &project.npm_tools())?),
            mend: setup,
        },
        Finding {
            what: "npm packages of site/",
            found: present(node::is_installed(project, &project.site())?),
            mend: setup,
        },
        Finding {
            what: "Chromium (for the browser tests)",
            found: browser::find().map(|path| path.display().to_string()),
            mend: "cargo xtask setup as root, or: sudo apt-get install --yes chromium, or set ADROIT_CHROMIUM",
        },
        Finding { what: "Workers and site built", found: present(built), mend: "cargo xtask build" },
        Finding {
            what: "open files allowed (3 a live visitor)",
            found: answer(Command::new("sh").args(["-c", "ulimit -Hn"])),
            mend: "raise the hard limit: ulimit -Hn 65536",
        },
    ];
    for finding in required.iter().chain(&installed) {
        match &finding.found {
            Some(found) => println!("✓ {:<42} {found}", finding.what),
            None => println!("✗ {:<42} missing; mend: {}", finding.what, finding.mend),
        }
    }
    if required.iter().any(|finding| finding.found.is_none()) {
        std::process::exit(1);
    }
    Ok(())
}
