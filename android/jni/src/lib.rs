//! The engine for Kotlin and Java: the native methods of `io.mote.Native`.
//!
//! Handles, checks and memory are those of [`mote_ffi::host`]; here buffers become pointers and errors exceptions.
//! A panic becomes an exception too. Kotlin checks nothing that is checked here: any number is a valid handle to try,
//! any buffer may be given.
#![expect(unsafe_code, reason = "buffers of Java are memory at an address; each block says why it may be used")]

mod buffers;
mod describe;
mod failure;
#[cfg(feature = "testing")]
mod testing;

use buffers::{Lent, lent};
use failure::{Failure, Throw};
use jni::objects::{JByteArray, JByteBuffer, JClass, JIntArray, JObjectArray};
use jni::sys::{jboolean, jint, jlong};
use jni::{Env, NativeMethod, native_method};
use mote_ffi::host::{self, Handle, Source, Target};

/// The methods, each exported under the name that Java derives from class, name and signature.
pub const METHODS: &[NativeMethod] = &[
    native_method! { java_type = "io.mote.Native", error_policy = Throw, static extern fn open_model(file: JByteBuffer, position: jint, bytes: jint) -> jlong },
    native_method! { java_type = "io.mote.Native", error_policy = Throw, static extern fn close_model(handle: jlong) -> jboolean },
    native_method! { java_type = "io.mote.Native", error_policy = Throw, static extern fn describe_model(handle: jlong) -> jbyte[] },
    native_method! { java_type = "io.mote.Native", error_policy = Throw, static extern fn open_session(model: jlong) -> jlong },
    native_method! { java_type = "io.mote.Native", error_policy = Throw, static extern fn close_session(handle: jlong) -> jboolean },
    native_method! { java_type = "io.mote.Native", error_policy = Throw, static extern fn cancel(handle: jlong) },
    native_method! { java_type = "io.mote.Native", error_policy = Throw, static extern fn reset_state(handle: jlong) },
    native_method! { java_type = "io.mote.Native", error_policy = Throw, static extern fn run_one(handle: jlong, input: JByteBuffer, input_position: jint, input_bytes: jint, output: JByteBuffer, output_position: jint, output_bytes: jint) },
    native_method! { java_type = "io.mote.Native", error_policy = Throw, static extern fn run_many(handle: jlong, inputs: JByteBuffer[], input_spans: jint[], outputs: JByteBuffer[], output_spans: jint[]) },
    native_method! { java_type = "io.mote.Native", error_policy = Throw, static extern fn profile(handle: jlong, inputs: JByteBuffer[], input_spans: jint[]) -> jbyte[] },
];

type Outcome<T> = Result<T, Failure>;

fn handle(number: jlong) -> Handle {
    Handle::from_number(number as u64)
}

fn number(handle: Handle) -> jlong {
    handle.number() as jlong
}

fn open_model<'local>(
    env: &mut Env<'local>,
    _: JClass<'local>,
    file: JByteBuffer<'local>,
    position: jint,
    bytes: jint,
) -> Outcome<jlong> {
    let file = lent(env, &file, position, bytes)?;
    // The copy is made through raw addresses: another thread of the application may be writing there.
    let mut copy = vec![0; file.bytes];
    // SAFETY: the part lies inside a buffer that Java holds during the call; the copy is as long.
    unsafe { std::ptr::copy(file.start, copy.as_mut_ptr(), file.bytes) };
    Ok(number(host::open_model(&copy)?))
}

fn close_model<'local>(_: &mut Env<'local>, _: JClass<'local>, model: jlong) -> Outcome<jboolean> {
    Ok(host::close_model(handle(model)))
}

fn describe_model<'local>(env: &mut Env<'local>, _: JClass<'local>, model: jlong) -> Outcome<JByteArray<'local>> {
    Ok(env.byte_array_from_slice(&describe::model(&*host::model(handle(model))?))?)
}

fn open_session<'local>(_: &mut Env<'local>, _: JClass<'local>, model: jlong) -> Outcome<jlong> {
    Ok(number(host::open_session(handle(model))?))
}

fn close_session<'local>(_: &mut Env<'local>, _: JClass<'local>, session: jlong) -> Outcome<jboolean> {
    Ok(host::close_session(handle(session)))
}

fn cancel<'local>(_: &mut Env<'local>, _: JClass<'local>, session: jlong) -> Outcome<()> {
    host::session(handle(session))?.cancel();
    Ok(())
}

fn reset_state<'local>(_: &mut Env<'local>, _: JClass<'local>, session: jlong) -> Outcome<()> {
    Ok(host::session(handle(session))?.reset_state()?)
}

/// The path without an array: most models have one input and one output.
#[expect(clippy::too_many_arguments, reason = "a native method's")]
fn run_one<'local>(
    env: &mut Env<'local>,
    _: JClass<'local>,
    session: jlong,
    input: JByteBuffer<'local>,
    input_position: jint,
    input_bytes: jint,
    output: JByteBuffer<'local>,
    output_position: jint,
    output_bytes: jint,
) -> Outcome<()> {
    let session = host::session(handle(session))?;
    let input = lent(env, &input, input_position, input_bytes)?;
    let output = lent(env, &output, output_position, output_bytes)?;
    let source = Source { start: input.start, bytes: input.bytes };
    let target = Target { start: output.start, bytes: output.bytes };
    // SAFETY: parts of buffers that Java holds during the call.
    unsafe { session.run_foreign(&[source], &[target])? };
    Ok(())
}

fn run_many<'local>(
    env: &mut Env<'local>,
    _: JClass<'local>,
    session: jlong,
    inputs: JObjectArray<'local, JByteBuffer<'local>>,
    input_spans: JIntArray<'local>,
    outputs: JObjectArray<'local, JByteBuffer<'local>>,
    output_spans: JIntArray<'local>,
) -> Outcome<()> {
    let session = host::session(handle(session))?;
    let inputs = sources(&all_lent(env, &inputs, &input_spans)?);
    let outputs: Vec<Target> = all_lent(env, &outputs, &output_spans)?
        .iter()
        .map(|lent| Target { start: lent.start, bytes: lent.bytes })
        .collect();
    // SAFETY: parts of buffers that Java holds during the call.
    unsafe { session.run_foreign(&inputs, &outputs)? };
    Ok(())
}

fn profile<'local>(
    env: &mut Env<'local>,
    _: JClass<'local>,
    session: jlong,
    inputs: JObjectArray<'local, JByteBuffer<'local>>,
    input_spans: JIntArray<'local>,
) -> Outcome<JByteArray<'local>> {
    let session = host::session(handle(session))?;
    let inputs = sources(&all_lent(env, &inputs, &input_spans)?);
    // SAFETY: parts of buffers that Java holds during the call.
    let layers = unsafe { session.profile_foreign(&inputs)? };
    Ok(env.byte_array_from_slice(&describe::layers(&layers))?)
}

fn sources(lent: &[Lent]) -> Vec<Source> {
    lent.iter().map(|lent| Source { start: lent.start, bytes: lent.bytes }).collect()
}

/// The parts of `buffers` that `spans` names: position and length of each.
fn all_lent<'local>(
    env: &mut Env<'local>,
    buffers: &JObjectArray<'local, JByteBuffer<'local>>,
    spans: &JIntArray<'local>,
) -> Outcome<Vec<Lent>> {
    let count = buffers.len(env)?;
    let mut numbers = vec![0; spans.len(env)?];
    spans.get_region(env, 0, &mut numbers)?;
    let mut all = Vec::with_capacity(count);
    for (index, span) in numbers.chunks_exact(2).take(count).enumerate() {
        let buffer = buffers.get_element(env, index)?;
        all.push(lent(env, &buffer, span[0], span[1])?);
    }
    Ok(all)
}
