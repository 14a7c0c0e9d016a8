//! Turns a panic of a target into a value.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

thread_local! {
    static LAST: RefCell<Option<String>> = const { RefCell::new(None) };
    static IS_CATCHING: RefCell<bool> = const { RefCell::new(false) };
}

/// Runs `work`; the error is the panic's message and place.
pub fn catch<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let standard = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |information| {
            if IS_CATCHING.with(|catching| *catching.borrow()) {
                LAST.with(|last| *last.borrow_mut() = Some(information.to_string()));
            } else {
                standard(information);
            }
        }));
    });
    IS_CATCHING.with(|catching| *catching.borrow_mut() = true);
    let result = catch_unwind(AssertUnwindSafe(work));
    IS_CATCHING.with(|catching| *catching.borrow_mut() = false);
    result.map_err(|_| LAST.with(|last| last.borrow_mut().take()).unwrap_or_else(|| "a panic".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::catch;

    #[test]
    fn tells_message_and_place() {
        assert_eq!(catch(|| 5), Ok(5));
        let message = catch(|| -> u8 { panic!("number {}", 7) }).unwrap_err();
        assert!(message.contains("number 7") && message.contains("panics.rs"), "{message}");
    }
}
