//! The loop: pick an input, change it, run it, keep it if something new happened.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::random::Random;
use crate::{Signature, Target, Verdict, corpus, panics};

/// Longest time one input may take.
const HANG_AFTER: Duration = Duration::from_secs(20);
/// Most inputs kept in memory; beyond it, new ones replace random old ones.
const POOL_INPUTS: usize = 4096;

/// How long to go on, and with what.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Stop after this many executions.
    pub executions: Option<u64>,
    /// Stop after this time; ignored if `executions` is given.
    pub time: Duration,
    /// Start of the pseudo-random sequence.
    pub seed: u64,
    /// Where inputs that fail are saved.
    pub failures: PathBuf,
}

/// What a run did.
#[derive(Debug, Clone, Default)]
pub struct Statistics {
    /// Inputs run, starting inputs included.
    pub executions: u64,
    /// Inputs that were accepted.
    pub accepted: u64,
    /// Different things that happened.
    pub signatures: usize,
    /// Inputs in the pool at the end.
    pub pool: usize,
    /// Time taken.
    pub seconds: f64,
}

/// The input under way, for the watchdog.
type Current = Arc<Mutex<(Instant, Vec<u8>)>>;

/// Fuzzes one target. The error tells which input failed, how, and where it was saved.
pub fn fuzz(target: &dyn Target, start_inputs: Vec<Vec<u8>>, limits: &Limits) -> Result<Statistics, String> {
    let start = Instant::now();
    let current: Current = Arc::new(Mutex::new((start, Vec::new())));
    let guard = watch(Arc::clone(&current), target.name(), limits.failures.clone());
    let mut random = Random::new(limits.seed);
    let mut statistics = Statistics::default();
    let mut signatures: BTreeSet<Signature> = BTreeSet::new();
    let mut pool: Vec<Vec<u8>> = Vec::new();
    for input in start_inputs {
        let verdict = execute(target, &input, &current, limits)?;
        count(&mut statistics, verdict);
        signatures.insert(verdict.signature);
        pool.push(input);
    }
    if pool.is_empty() {
        pool.push(Vec::new());
    }
    let is_over = |statistics: &Statistics| match limits.executions {
        Some(executions) => statistics.executions >= executions,
        None => start.elapsed() >= limits.time,
    };
    let mut input = Vec::new();
    while !is_over(&statistics) {
        input.clear();
        input.extend_from_slice(&pool[random.below(pool.len())]);
        let other = random.below(pool.len());
        target.mutate(&mut input, &pool[other], &mut random);
        let verdict = execute(target, &input, &current, limits)?;
        count(&mut statistics, verdict);
        if signatures.insert(verdict.signature) {
            if pool.len() < POOL_INPUTS {
                pool.push(input.clone());
            } else {
                let slot = random.below(pool.len());
                pool[slot] = input.clone();
            }
        }
    }
    drop(guard);
    statistics.signatures = signatures.len();
    statistics.pool = pool.len();
    statistics.seconds = start.elapsed().as_secs_f64();
    Ok(statistics)
}

/// Runs one input; a panic is an error that names the saved input.
pub fn execute_once(target: &dyn Target, input: &[u8]) -> Result<Verdict, String> {
    panics::catch(|| target.run(input))
}

fn execute(target: &dyn Target, input: &[u8], current: &Current, limits: &Limits) -> Result<Verdict, String> {
    if let Ok(mut current) = current.lock() {
        current.0 = Instant::now();
        current.1.clear();
        current.1.extend_from_slice(input);
    }
    execute_once(target, input).map_err(|message| report(target.name(), input, &message, &limits.failures))
}

fn count(statistics: &mut Statistics, verdict: Verdict) {
    statistics.executions += 1;
    statistics.accepted += u64::from(verdict.accepted);
}

fn report(name: &str, input: &[u8], message: &str, folder: &Path) -> String {
    match corpus::save_failure(folder, name, input) {
        Ok(path) => format!("{name}: {message}\n  input saved as {}", path.display()),
        Err(error) => format!("{name}: {message}\n  the input could not be saved: {error}"),
    }
}

/// Ends the watchdog when dropped.
struct Guard(Arc<Mutex<bool>>);

impl Drop for Guard {
    fn drop(&mut self) {
        if let Ok(mut is_done) = self.0.lock() {
            *is_done = true;
        }
    }
}

/// A thread that ends the program when one input takes too long.
fn watch(current: Current, name: &'static str, folder: PathBuf) -> Guard {
    let done = Arc::new(Mutex::new(false));
    let is_done = Arc::clone(&done);
    std::thread::spawn(move || {
        while !is_done.lock().is_ok_and(|done| *done) {
            std::thread::sleep(Duration::from_millis(250));
            let Ok(current) = current.lock() else { return };
            if current.0.elapsed() > HANG_AFTER && !is_done.lock().is_ok_and(|done| *done) {
                eprintln!("FAILED: {}", report(name, &current.1, "takes too long", &folder));
                std::process::exit(1);
            }
        }
    });
    Guard(done)
}

#[cfg(test)]
mod tests {
    use super::{Limits, fuzz};
    use crate::{Target, Verdict};
    use std::time::Duration;

    /// Panics on a prefix that blind chance would need 2^32 tries for.
    struct Onion;

    impl Target for Onion {
        fn name(&self) -> &'static str {
            "onion"
        }

        fn seeds(&self) -> Vec<Vec<u8>> {
            vec![b"AAAA".to_vec()]
        }

        fn run(&self, input: &[u8]) -> Verdict {
            let depth = input.iter().zip(b"MOTE").take_while(|(byte, wanted)| byte == wanted).count();
            assert!(depth < 4, "found");
            Verdict::refused(&depth)
        }
    }

    #[test]
    fn new_signatures_lead_to_what_is_hidden() {
        let failures = std::env::temp_dir().join(format!("mote-fuzz-test-{}", std::process::id()));
        let limits = Limits { executions: Some(3_000_000), time: Duration::ZERO, seed: 1, failures: failures.clone() };
        let message = fuzz(&Onion, Onion.seeds(), &limits).unwrap_err();
        assert!(message.contains("found"), "{message}");
        let saved: Vec<_> = std::fs::read_dir(&failures).unwrap().collect();
        assert_eq!(saved.len(), 1);
        std::fs::remove_dir_all(failures).unwrap();
    }
}
