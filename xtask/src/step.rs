//! Numbered steps on the terminal: what is being done, how it ended, how long it took.

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use crate::failure::Result;

static COUNT: AtomicUsize = AtomicUsize::new(0);

/// Does `work` under the next number. `work` answers with a few words on how it ended.
pub fn step(title: &str, work: impl FnOnce() -> Result<String>) -> Result<()> {
    let number = COUNT.fetch_add(1, Ordering::Relaxed) + 1;
    print!("{number:>2}. {title} ... ");
    // A closed terminal must not stop the work.
    let _ = std::io::stdout().flush();

    let started = Instant::now();
    let outcome = work();
    let seconds = started.elapsed().as_secs_f64();
    match &outcome {
        Ok(words) => println!("{words} ({seconds:.1} s)"),
        Err(_) => println!("failed ({seconds:.1} s)"),
    }
    outcome.map(drop)
}
