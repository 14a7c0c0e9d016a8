//! tract panics on some malformed models: a panic behind the fence is an error in front of it.

use crate::error::{Error, shortened};
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

thread_local! {
    static BEHIND_FENCE: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work`; its panic becomes [`Error::Panicked`] and prints nothing. Panics elsewhere print as before.
pub(crate) fn fenced<T>(doing: &'static str, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    silence_fenced_panics();
    let before = BEHIND_FENCE.replace(true);
    // What `work` leaves half-done is dropped with it.
    let outcome = catch_unwind(AssertUnwindSafe(work));
    BEHIND_FENCE.set(before);
    outcome.unwrap_or_else(|payload| {
        let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let message = text.or_else(|| payload.downcast_ref::<String>().cloned());
        Err(Error::Panicked { doing, message: shortened(&message.unwrap_or_else(|| "no message".into())) })
    })
}

/// Puts a hook before the process's own that stays silent for threads behind the fence.
fn silence_fenced_panics() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !BEHIND_FENCE.get() {
                previous(panic);
            }
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error() {
        let outcome = fenced::<()>("loading the model", || panic!("axis {}", 7));
        assert_eq!(outcome, Err(Error::Panicked { doing: "loading the model", message: "axis 7".into() }));
        assert_eq!(fenced("loading the model", || Ok(1)), Ok(1));
        assert!(!BEHIND_FENCE.get());
    }
}
