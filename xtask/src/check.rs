//! `cargo xtask check`: what must hold before a change is shared, short of the tests.

use std::process::Command;

use anyhow::Result;

use crate::command::{Step, done, heading, logged, note};
use crate::project::Project;
use crate::rules::{self, Room};
use crate::toolchain::{Strategy, WASM};
use crate::{openapi, pixel, setup};

/// Runs every check, so that one run names everything there is to mend.
///
/// # Errors
/// Set-up fails, or a check does.
pub(crate) fn run(project: &Project) -> Result<()> {
    heading("Setting up");
    let ready = setup::ensure(project)?;
    done("tools and packages");
    heading("Checking");
    let mut failures = Vec::new();
    let mut check = |name: &str, result: &mut dyn FnMut() -> Result<()>| {
        let step = Step::start(name);
        match result() {
            Ok(()) => step.finish(),
            Err(error) => {
                step.abandon();
                println!("  ✗ {name}");
                eprintln!("{error:#}\n");
                failures.push(name.to_owned());
            }
        }
    };

    check("dependency rules", &mut || match rules::broken(project)?.as_slice() {
        [] => Ok(()),
        broken => anyhow::bail!("{}", broken.join("\n")),
    });
    check("rustfmt", &mut || cargo(project, "rustfmt", &["fmt", "--all", "--check", "--", "--color=never"]));
    check("clippy, native", &mut || {
        cargo(
            project,
            "clippy",
            &["clippy", "--workspace", "--all-targets", "--keep-going", "--quiet", "--", "-D", "warnings"],
        )
    });
    check("clippy, wasm", &mut || {
        if ready.strategy == Strategy::Debian {
            note("clippy, wasm: skipped, this compiler has no standard library for wasm to check against");
            return Ok(());
        }
        let packages = rules::packages(project)?;
        let mut arguments = vec!["clippy", "--lib", "--keep-going", "--quiet", "--target", WASM];
        for package in &packages {
            if package.room(project) != Room::Tool {
                arguments.extend(["--package", &package.name]);
            }
        }
        arguments.extend(["--", "-D", "warnings"]);
        cargo(project, "clippy-wasm", &arguments)
    });
    check("pixel", &mut || {
        if pixel::is_current(project, &ready.node)? {
            return Ok(());
        }
        anyhow::bail!("workers/collect/pixel/p.min.js is not what p.js makes; run `cargo xtask pixel`")
    });
    check("OpenAPI document and client types", &mut || match openapi::stale(project, &ready.node)?.as_slice() {
        [] => Ok(()),
        stale => anyhow::bail!("{} not what the API's code makes; run `cargo xtask openapi`", stale.join(" and ")),
    });
    for (name, script) in [("site: lint", "lint"), ("site: types", "typecheck")] {
        check(name, &mut || {
            let mut command = ready.node.npm(&project.site());
            logged(project, &format!("site-{script}"), command.args(["run", script]))
        });
    }

    if failures.is_empty() {
        done("all checks passed");
        return Ok(());
    }
    println!("{} failed: {}", failures.len(), failures.join(", "));
    std::process::exit(1);
}

fn cargo(project: &Project, log: &str, arguments: &[&str]) -> Result<()> {
    let mut command = Command::new("cargo");
    logged(project, log, command.args(arguments).current_dir(&project.root))
}
