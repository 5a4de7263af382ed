//! The local runtime as a process: starting `tools/runtime.mjs`, waiting until it answers, ending it.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::command::{Step, answer, done, last_lines, succeeds};
use crate::node::Node;
use crate::project::Project;

/// A start takes about two seconds; a laptop under load several times that.
const PATIENCE: Duration = Duration::from_secs(90);
/// The runtime gives workerd five seconds to end.
const FAREWELL: Duration = Duration::from_secs(8);

/// A runtime that answers.
pub(crate) struct Runtime {
    child: Child,
    shown: Arc<AtomicBool>,
    /// Open as long as this is: `Child::wait` would close the child's own before it waits.
    _lifeline: Option<ChildStdin>,
}

impl Runtime {
    /// From now on its log is shown, too.
    pub(crate) fn show_log(&self) {
        self.shown.store(true, Ordering::Relaxed);
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// The system cannot wait for it.
    pub(crate) fn wait(&mut self) -> Result<ExitStatus> {
        self.child.wait().context("waiting for the local runtime")
    }
}

/// Where the runtime writes what it says.
pub(crate) fn log(project: &Project) -> PathBuf {
    project.state.join("runtime.log")
}

/// Starts the runtime and waits until `GET /healthz` answers 200. A detached one outlives this process; any other ends
/// with it, however it ends: the runtime holds the other end of a pipe.
///
/// # Errors
/// It does not start; the message holds its own words.
pub(crate) fn start(project: &Project, node: &Node, detach: bool) -> Result<Runtime> {
    let step = Step::start("starting the local runtime");
    match launch(project, node, detach) {
        Ok(runtime) => {
            step.finish();
            Ok(runtime)
        }
        Err(error) => {
            step.abandon();
            Err(error)
        }
    }
}

fn launch(project: &Project, node: &Node, detach: bool) -> Result<Runtime> {
    let path = log(project);
    let file = File::create(&path).with_context(|| format!("creating {}", path.display()))?;
    let mut command = node.command();
    command
        .arg(project.npm_tools().join("runtime.mjs"))
        .current_dir(&project.root)
        .env("ADROIT_STATE", &project.state)
        .env("ADROIT_PORT", project.port.to_string())
        .env("WRANGLER_SEND_METRICS", "false")
        .env("WRANGLER_LOG_PATH", project.logs().join("wrangler"));
    let shown = Arc::new(AtomicBool::new(false));
    let mut child = if detach {
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .context("starting the local runtime")?
    } else {
        let mut child = command
            .env("ADROIT_END_WITH_STDIN", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("starting the local runtime")?;
        if let Some(output) = child.stdout.take() {
            follow(output, file.try_clone()?, Arc::clone(&shown));
        }
        if let Some(output) = child.stderr.take() {
            follow(output, file, Arc::clone(&shown));
        }
        child
    };
    wait_until_ready(project, &mut child)?;
    Ok(Runtime { _lifeline: child.stdin.take(), child, shown })
}

/// Copies lines into the log file and, once asked to, to the terminal.
fn follow(output: impl Read + Send + 'static, mut file: File, shown: Arc<AtomicBool>) {
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            // A full disk must not stop the runtime: its pipe has to be read to the end.
            let _ = writeln!(file, "{line}");
            if shown.load(Ordering::Relaxed) {
                println!("{line}");
            }
        }
    });
}

fn wait_until_ready(project: &Project, child: &mut Child) -> Result<()> {
    let client = reqwest::blocking::Client::builder()
        .timeout(Duration::from_secs(5))
        .build()
        .context("making an HTTP client")?;
    let url = format!("http://127.0.0.1:{}/healthz", project.port);
    let started = Instant::now();
    let mut last = "nothing answered yet".to_owned();
    while started.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait().context("watching the local runtime")? {
            bail!("the local runtime ended with {status}:\n{}", last_lines(&log(project), 40));
        }
        // Another program may answer on this port; ours says that it listens by writing its id.
        if read_status(project).and_then(|status| status.get("pid")?.as_u64()) == Some(u64::from(child.id())) {
            match client.get(&url).send() {
                Ok(response) if response.status().is_success() => return Ok(()),
                Ok(response) => last = format!("GET /healthz answered {}", response.status()),
                Err(error) => last = format!("GET /healthz: {error}"),
            }
        }
        thread::sleep(Duration::from_millis(50));
    }
    end(child.id());
    bail!("the local runtime was not ready after {} s ({last}):\n{}", PATIENCE.as_secs(), last_lines(&log(project), 40))
}

fn read_status(project: &Project) -> Option<Value> {
    let text = fs::read_to_string(project.state.join("runtime.json")).ok()?;
    serde_json::from_str(&text).ok()
}

/// `cargo xtask stop`.
///
/// # Errors
/// It does not end.
pub(crate) fn stop(project: &Project) -> Result<()> {
    if end_running(project)? {
        done("the local runtime has ended");
    } else {
        done("no local runtime is running");
    }
    Ok(())
}

/// Ends the runtime that keeps this state folder, if there is one, workerd included; says whether there was one.
///
/// # Errors
/// It does not end.
pub(crate) fn end_running(project: &Project) -> Result<bool> {
    let path = project.state.join("runtime.json");
    let Some(status) = read_status(project) else {
        return Ok(false);
    };
    let process = |name: &str, program: &str| {
        status.get(name).and_then(Value::as_u64).and_then(|id| u32::try_from(id).ok()).filter(|id| runs(*id, program))
    };
    let mut was_running = false;
    for (name, program) in [("pid", "runtime.mjs"), ("workerd_pid", "workerd")] {
        if let Some(id) = process(name, program) {
            was_running = true;
            end(id);
            wait_for_end(id, program)?;
        }
    }
    remove(&path)?;
    Ok(was_running)
}

fn wait_for_end(id: u32, program: &str) -> Result<()> {
    let started = Instant::now();
    while runs(id, program) {
        if started.elapsed() > FAREWELL {
            signal("-KILL", id);
        }
        if started.elapsed() > FAREWELL * 2 {
            bail!("{program} (process {id}) does not end; look at it with `ps -p {id}`");
        }
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// Asks a process to end.
pub(crate) fn end(id: u32) {
    signal("-TERM", id);
}

fn signal(name: &str, id: u32) {
    // A process that is already gone is what we want.
    let _ = succeeds(Command::new("kill").args([name, &id.to_string()]));
}

/// Whether a process lives and is the program we mean: ids are used again.
fn runs(id: u32, program: &str) -> bool {
    answer(Command::new("ps").args(["-o", "stat=,args=", "-p", &id.to_string()]))
        .is_some_and(|line| !line.starts_with('Z') && line.contains(program))
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("removing {}", path.display()))
        }
        _ => Ok(()),
    }
}
