use super::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::vec::Vec;

#[test]
fn handles_are_never_given_twice() {
    let table: Table<u32> = Table::new();
    let first = table.insert(1).unwrap();
    assert!(table.remove(first));
    assert!(!table.remove(first), "closing again is no error and does nothing");
    let second = table.insert(2).unwrap();
    assert_ne!(first, second);
    assert!(table.get(first).is_none());
    assert_eq!(table.get(second).as_deref(), Some(&2));
    for number in [0, 1, u64::MAX, first.number() ^ (1 << 40)] {
        assert!(table.get(Handle::from_number(number)).is_none());
    }
}

#[test]
fn numbers_are_positive_in_java() {
    let table: Table<()> = Table::new();
    for _ in 0..1000 {
        let handle = table.insert(()).unwrap();
        assert!(handle.number() as i64 > 0);
        assert!(table.remove(handle));
    }
}

/// Counts how many are alive.
struct Counted<'c>(&'c AtomicUsize);

impl<'c> Counted<'c> {
    fn new(alive: &'c AtomicUsize) -> Self {
        alive.fetch_add(1, Ordering::SeqCst);
        Self(alive)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[test]
fn an_object_goes_when_its_last_user_does() {
    let alive = AtomicUsize::new(0);
    let table = Table::new();
    let handle = table.insert(Counted::new(&alive)).unwrap();
    let user = table.get(handle).unwrap();
    assert!(table.remove(handle));
    assert_eq!(alive.load(Ordering::SeqCst), 1, "in use");
    drop(user);
    assert_eq!(alive.load(Ordering::SeqCst), 0);
    assert!(table.is_empty());
}

#[test]
fn threads_that_open_look_up_and_close_lose_nothing() {
    let alive = AtomicUsize::new(0);
    let table = Table::new();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut mine = Vec::new();
                for step in 0..2000 {
                    mine.push(table.insert(Counted::new(&alive)).unwrap());
                    assert!(mine.iter().all(|&handle| table.get(handle).is_some()));
                    if step % 3 == 0 {
                        assert!(table.remove(mine.swap_remove(step % mine.len())));
                    }
                    if mine.len() > 20 {
                        mine.drain(..).for_each(|handle| assert!(table.remove(handle)));
                    }
                }
                mine.drain(..).for_each(|handle| assert!(table.remove(handle)));
            });
        }
    });
    assert_eq!((table.len(), alive.load(Ordering::SeqCst)), (0, 0));
}

#[test]
fn a_panic_keeps_its_words() {
    let payload = std::panic::catch_unwind(|| panic!("words {}", 1)).unwrap_err();
    let error = panicked(&*payload);
    assert_eq!(error.status, status::ERROR_INTERNAL);
    assert!(error.message.contains("words 1"), "{error}");
}

#[test]
fn what_is_no_model_is_refused_with_words() {
    for (file, expected) in [(&[][..], status::ERROR_FILE_TRUNCATED), (&[0; 4096], status::ERROR_FILE_NOT_A_MODEL)] {
        let error = open_model(file).unwrap_err();
        assert_eq!(error.status, expected);
        assert!(!error.message.is_empty());
    }
    let error = open_session(Handle::from_number(7)).unwrap_err();
    assert_eq!(error.status, status::ERROR_CLOSED);
}
