//! Native methods for tests.

use crate::failure::{Failure, Throw};
use jni::objects::JClass;
use jni::sys::{jint, jlong};
use jni::{Env, NativeMethod, native_method};
use mote_ffi::host::{self, Handle};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

/// The methods.
#[expect(dead_code, reason = "its entries are exported by name")]
pub const METHODS: &[NativeMethod] = &[
    native_method! { java_type = "io.mote.Testing", error_policy = Throw, static extern fn panic() },
    native_method! { java_type = "io.mote.Testing", error_policy = Throw, static extern fn allocations() -> jlong },
    native_method! { java_type = "io.mote.Testing", error_policy = Throw, static extern fn open_sessions() -> jint },
    native_method! { java_type = "io.mote.Testing", error_policy = Throw, static extern fn least_nanoseconds(session: jlong, runs: jint) -> jlong },
];

struct Counting;

static ALLOCATIONS: AtomicI64 = AtomicI64::new(0);

// SAFETY: everything is the system's; only a number is kept beside.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn panic<'local>(_: &mut Env<'local>, _: JClass<'local>) -> Result<(), Failure> {
    panic!("asked for by a test")
}

fn allocations<'local>(_: &mut Env<'local>, _: JClass<'local>) -> Result<jlong, Failure> {
    Ok(ALLOCATIONS.load(Ordering::Relaxed))
}

fn open_sessions<'local>(_: &mut Env<'local>, _: JClass<'local>) -> Result<jint, Failure> {
    Ok(i32::try_from(host::open_handles().1).unwrap_or(i32::MAX))
}

fn least_nanoseconds<'local>(
    _: &mut Env<'local>,
    _: JClass<'local>,
    session: jlong,
    runs: jint,
) -> Result<jlong, Failure> {
    let session = host::session(Handle::from_number(session as u64))?;
    let bytes = |tensors: Vec<host::TensorInfo>| tensors.first().map_or(0, |tensor| tensor.bytes);
    let input = vec![0; bytes(session.model().inputs())];
    let mut output = vec![0; bytes(session.model().outputs())];
    let mut least = i64::MAX;
    for _ in 0..runs {
        let start = Instant::now();
        session.run(&[&input], &mut [&mut output])?;
        least = least.min(i64::try_from(start.elapsed().as_nanos()).unwrap_or(i64::MAX));
    }
    Ok(least)
}
