//! A log given from Rust hears of a refusal, once, with its status and text. Sessions' logs are tried from C, in
//! `firmware/c/misuse.c`.

#![expect(unsafe_code, reason = "a C interface takes pointers; each block says why it may")]

use core::ffi::{CStr, c_void};
use mote_ffi::log::{LOG_ERROR, LOG_WARNING, Log, LogEvent};
use mote_ffi::{ModelStorage, status};
use std::ptr;

type Heard = Vec<(i32, i32, String)>;

unsafe extern "C" fn hear(user: *mut c_void, event: *const LogEvent) {
    // SAFETY: `user` is the list given beside this function; the event is there during the call, its text always.
    let (heard, event) = unsafe { (&mut *user.cast::<Heard>(), &*event) };
    // SAFETY: as above.
    let text = unsafe { CStr::from_ptr(event.message) };
    heard.push((event.level, event.status, text.to_string_lossy().into_owned()));
}

fn parse(file: &[u8], log: *const Log, model: *mut ModelStorage) -> i32 {
    // SAFETY: the file is a slice, the storage zero or null, the list empty.
    unsafe { mote_ffi::model::mote_model_parse_logged(file.as_ptr(), file.len(), ptr::null(), 0, log, model) }
}

#[test]
fn refusals_are_heard_once() {
    let mut heard = Heard::new();
    let log = Log { write: Some(hear), user: (&raw mut heard).cast() };
    let mut model = ModelStorage::new();
    assert_eq!(parse(&[0; 4096], &raw const log, &raw mut model), status::ERROR_FILE_NOT_A_MODEL);
    assert_eq!(parse(&[0; 4096], &raw const log, ptr::null_mut()), status::ERROR_NULL);
    let text = |status| status::text(status).to_string_lossy().into_owned();
    let expected = [(LOG_ERROR, status::ERROR_FILE_NOT_A_MODEL), (LOG_WARNING, status::ERROR_NULL)];
    assert_eq!(heard, expected.map(|(level, status)| (level, status, text(status))));
}

#[test]
fn no_log_and_a_log_without_function_are_silent() {
    let mut model = ModelStorage::new();
    let log = Log { write: None, user: ptr::null_mut() };
    for log in [ptr::null(), &raw const log] {
        assert_eq!(parse(&[0; 4096], log, &raw mut model), status::ERROR_FILE_NOT_A_MODEL);
    }
    let misaligned = (&raw const log).cast::<u8>().wrapping_add(1).cast();
    assert_eq!(parse(&[0; 4096], misaligned, &raw mut model), status::ERROR_ALIGNMENT);
}
