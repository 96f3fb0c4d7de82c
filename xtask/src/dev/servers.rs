//! The servers that run until Ctrl-C: started together, watched together, stopped together.

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::http;
use crate::child;
use crate::failure::{Context, Failure, Result};
use crate::project;

const POLL: Duration = Duration::from_millis(200);
const TIME_TO_STOP: Duration = Duration::from_secs(5);

/// All of them stop when this value goes.
pub struct Servers {
    running: Vec<Server>,
    stop_asked: Arc<AtomicBool>,
}

struct Server {
    name: &'static str,
    process: Child,
    log: PathBuf,
    /// Reads on where the last look at the log ended.
    unread: File,
}

/// Says so where another program listens on the port already.
pub fn check_free(port: u16) -> Result<()> {
    for address in ["127.0.0.1", "::1"] {
        if TcpListener::bind((address, port)).is_err_and(|error| error.kind() == ErrorKind::AddrInUse) {
            return Err(Failure::new(format!("Port {port} is in use by another program."))
                .advice("Stop it, or choose another port: `cargo xtask dev --port 9000`."));
        }
    }
    Ok(())
}

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

    /// Starts a server in a process group of its own, with its output in a log file.
    pub fn start(&mut self, name: &'static str, mut command: Command) -> Result<()> {
        let log = project::scratch()?.join(format!("{name}.log"));
        let open = || -> std::io::Result<_> {
            let file = File::create(&log)?;
            Ok((file.try_clone()?, file, File::open(&log)?))
        };
        let (out, err, unread) = open().context(|| format!("Could not write {}", log.display()))?;
        let process = command.stdout(out).stderr(err).process_group(0).spawn();
        let process = process.context(|| format!("Could not start {name}"))?;
        self.running.push(Server {
            name,
            process,
            log,
            unread,
        });
        Ok(())
    }

    /// Waits until `url` answers with 200, and hands back what it answers.
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
            if started.elapsed() > limit {
                let failure = answer.map_or_else(|failure| failure, |answer| answer.failure(&format!("GET {url}")));
                let logs: Vec<String> = self.running.iter().map(|server| child::relative(&server.log)).collect();
                return Err(failure.advice(format!("Look into {}.", logs.join(" and "))));
            }
            sleep(POLL);
        }
    }

    /// Shows what the servers log from now on, until one ends or the user stops them.
    pub fn follow_until_stopped(mut self) -> Result<()> {
        for server in &mut self.running {
            server.new_output();
        }
        while !self.stop_asked.load(Ordering::Relaxed) {
            for server in &mut self.running {
                // The terminal is for looking at: when it is gone, nothing stops.
                let _ = std::io::stdout().write_all(&server.new_output());
            }
            self.check_running()?;
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
                return Err(child::ended(server.name, status, &server.log, &log));
            }
        }
        Ok(())
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        for server in &self.running {
            server.signal("TERM");
        }
        let asked = Instant::now();
        for server in &mut self.running {
            while asked.elapsed() < TIME_TO_STOP && matches!(server.process.try_wait(), Ok(None)) {
                sleep(POLL / 4);
            }
            server.signal("KILL");
            let _ = server.process.wait();
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
