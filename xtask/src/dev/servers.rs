//! The servers that run until Ctrl-C: started together, watched together, stopped together.

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::child;
use crate::failure::{Context, Failure, Result};
use crate::http;
use crate::project;

const POLL: Duration = Duration::from_millis(200);
const TIME_TO_STOP: Duration = Duration::from_secs(5);

/// All of them stop when this value goes.
pub struct Servers {
    running: Vec<Server>,
    stop_asked: Arc<AtomicBool>,
}

/// Makes the command that starts a server.
type Start = Box<dyn Fn() -> Result<Command>>;

struct Server {
    name: String,
    start: Start,
    process: Child,
    log: PathBuf,
    /// Reads on where the last look at the log ended.
    unread: File,
}

/// Says so where another program listens already on the port that one of these is for.
pub fn check_free(ports: &[(&str, u16)]) -> Result<()> {
    for (name, port) in ports {
        if is_taken(*port) {
            let free = (9000..9100)
                .step_by(2)
                .find(|port| !is_taken(*port) && !is_taken(port + 1));
            return Err(Failure::new(format!(
                "Port {port}, which is for {name}, is in use by another program."
            ))
            .advice(format!(
                "Stop that program, or choose another port: `cargo xtask dev --port {}`.",
                free.unwrap_or(9000)
            )));
        }
    }
    Ok(())
}

fn is_taken(port: u16) -> bool {
    ["127.0.0.1", "::1"]
        .iter()
        .any(|address| TcpListener::bind((*address, port)).is_err_and(|error| error.kind() == ErrorKind::AddrInUse))
}

/// How the Worker's answer to every request begins where a setting is missing or wrong; what is wrong follows.
const NOT_CONFIGURED: &str = "Limen is not configured.";

impl Servers {
    /// From here on Ctrl-C and SIGTERM end this program by way of stopping its servers.
    pub fn new() -> Result<Self> {
        let stop_asked = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&stop_asked);
        ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed))
            .context(|| "Could not watch for Ctrl-C".into())?;
        Ok(Self {
            running: Vec::new(),
            stop_asked,
        })
    }

    /// Starts a server, with its output in a log file of that name.
    pub fn start(&mut self, name: &str, start: Start) -> Result<()> {
        self.running.push(Server::spawn(name.to_owned(), start)?);
        Ok(())
    }

    /// Stops the server of that name and starts it anew.
    fn restart(&mut self, name: &str) -> Result<()> {
        let Some(at) = self.running.iter().position(|server| server.name == name) else {
            return Ok(());
        };
        let mut former = self.running.remove(at);
        former.stop();
        self.running.insert(at, Server::spawn(former.name, former.start)?);
        Ok(())
    }
}

impl Server {
    /// Starts in a process group of its own.
    fn spawn(name: String, start: Start) -> Result<Self> {
        let mut command = start()?;
        let log = project::scratch()?.join(format!("{name}.log"));
        let open = || -> std::io::Result<_> {
            let file = File::create(&log)?;
            Ok((file.try_clone()?, file, File::open(&log)?))
        };
        let (out, err, unread) = open().context(|| format!("Could not write {}", log.display()))?;
        let process = command.stdout(out).stderr(err).process_group(0).spawn();
        let process = process.context(|| format!("Could not start {name}"))?;
        Ok(Self {
            name,
            start,
            process,
            log,
            unread,
        })
    }

    /// Asks it to stop, and makes it stop.
    fn stop(&mut self) {
        self.signal("TERM");
        self.wait_or_kill(Instant::now());
    }

    fn wait_or_kill(&mut self, asked: Instant) {
        while asked.elapsed() < TIME_TO_STOP && matches!(self.process.try_wait(), Ok(None)) {
            sleep(POLL / 4);
        }
        self.signal("KILL");
        let _ = self.process.wait();
    }
}

impl Servers {
    /// Waits until `url` answers with 200, and hands back what it answers. A Worker that says that it is not configured is not
    /// waited for.
    pub fn wait_for(&mut self, url: &str, limit: Duration) -> Result<String> {
        let started = Instant::now();
        loop {
            self.check_running()?;
            let answer = http::get(url, None);
            if let Ok(answer) = &answer
                && answer.status == 200
            {
                return Ok(answer.body.clone());
            }
            if let Ok(answer) = &answer
                && answer.body.starts_with(NOT_CONFIGURED)
            {
                return Err(Failure::new(answer.body.trim().to_owned())
                    .advice("Change that in .dev.vars, then run this again."));
            }
            if started.elapsed() > limit {
                let failure = answer.map_or_else(|failure| failure, |answer| answer.failure(&format!("GET {url}")));
                let logs: Vec<String> = self.running.iter().map(|server| child::relative(&server.log)).collect();
                return Err(failure.advice(format!("Look into {}.", logs.join(" and "))));
            }
            sleep(POLL);
        }
    }

    /// Shows what the servers log from now on, until one ends or the user stops them. When `file` changes, the server `reader`
    /// starts anew, since it reads that at its start, and is asked at `url` whether it likes what it read.
    pub fn follow_until_stopped(mut self, reader: &str, file: &Path, url: &str) -> Result<()> {
        let mut known = fs::read(file).ok();
        let mut has_started = true;
        for server in &mut self.running {
            server.new_output();
        }
        while !self.stop_asked.load(Ordering::Relaxed) {
            for server in &mut self.running {
                // The terminal is for looking at: when it is gone, nothing stops.
                let _ = std::io::stdout().write_all(&server.new_output());
            }
            self.check_running()?;
            let held = fs::read(file).ok();
            if held != known {
                known = held;
                println!("\n{} has changed: Limen starts again.\n", child::relative(file));
                self.restart(reader)?;
                has_started = false;
            }
            if !has_started && let Ok(answer) = http::get(url, None) {
                has_started = true;
                println!("\n{}\n", how_it_started(&answer, &child::relative(file)));
            }
            sleep(POLL);
        }
        drop(self);
        println!("\nStopped.");
        Ok(())
    }

    /// An error once the user asked to stop or a server ended by itself.
    fn check_running(&mut self) -> Result<()> {
        if self.stop_asked.load(Ordering::Relaxed) {
            return Err(Failure::new("Stopped before everything ran."));
        }
        for server in &mut self.running {
            if let Ok(Some(status)) = server.process.try_wait() {
                let log = fs::read_to_string(&server.log).unwrap_or_default();
                return Err(child::ended(&server.name, status, &server.log, &log));
            }
        }
        Ok(())
    }
}

fn how_it_started(answer: &http::Answer, file: &str) -> String {
    match answer.status {
        200 => "Limen runs again.".to_owned(),
        _ if answer.body.starts_with(NOT_CONFIGURED) => {
            format!(
                "{}\nChange that in {file}: Limen then starts again.",
                answer.body.trim()
            )
        }
        status => format!("Limen answers with {status}: {}", answer.body.trim()),
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        for server in &self.running {
            server.signal("TERM");
        }
        let asked = Instant::now();
        for server in &mut self.running {
            server.wait_or_kill(asked);
        }
    }
}

impl Server {
    /// What was logged since the last look; nothing when the log cannot be read.
    fn new_output(&mut self) -> Vec<u8> {
        let mut text = Vec::new();
        let _ = self.unread.read_to_end(&mut text);
        text
    }

    /// Signals the whole group: wrangler has children of its own.
    fn signal(&self, signal: &str) {
        let group = format!("-{}", self.process.id());
        let _ = child::answer(Command::new("kill").args(["-s", signal, "--", &group]));
    }
}
