//! Errors become exceptions.

use jni::objects::{JThrowable, JValue};
use jni::{Env, errors, jni_sig, jni_str};
use mote_ffi::host::{self, HostError};
use std::any::Any;

/// What ends a native method before its time.
#[derive(Debug)]
pub enum Failure {
    /// The engine, or a check of the arguments.
    Refused(HostError),
    /// The virtual machine; an exception may be pending already.
    Java(errors::Error),
}

impl From<HostError> for Failure {
    fn from(error: HostError) -> Self {
        Self::Refused(error)
    }
}

impl From<errors::Error> for Failure {
    fn from(error: errors::Error) -> Self {
        Self::Java(error)
    }
}

/// Throws `io.mote.MoteException` of the error's status. Panics are of the status for faults inside the library.
pub struct Throw;

impl<T: Default> errors::ErrorPolicy<T, Failure> for Throw {
    type Captures<'unowned_env_local: 'native_method, 'native_method> = ();

    fn on_error<'unowned_env_local: 'native_method, 'native_method>(
        env: &mut Env<'unowned_env_local>,
        _: &mut (),
        failure: Failure,
    ) -> errors::Result<T> {
        match failure {
            Failure::Refused(error) => throw(env, &error)?,
            // Already on its way to the caller.
            Failure::Java(errors::Error::JavaException) => {}
            Failure::Java(error) => {
                throw(env, &HostError::new(mote_ffi::status::ERROR_INTERNAL, format!("JNI: {error}")))?;
            }
        }
        Ok(T::default())
    }

    fn on_panic<'unowned_env_local: 'native_method, 'native_method>(
        env: &mut Env<'unowned_env_local>,
        _: &mut (),
        payload: Box<dyn Any + Send + 'static>,
    ) -> errors::Result<T> {
        throw(env, &host::panicked(&*payload))?;
        Ok(T::default())
    }
}

fn throw(env: &mut Env<'_>, error: &HostError) -> errors::Result<()> {
    let message = env.new_string(&error.message)?;
    let class = env.find_class(jni_str!("io/mote/MoteException"))?;
    let arguments = [JValue::Int(error.status), JValue::Object(&message)];
    let made = env
        .call_static_method(
            &class,
            jni_str!("of"),
            jni_sig!("(ILjava/lang/String;)Ljava/lang/RuntimeException;"),
            &arguments,
        )?
        .l()?;
    let exception = env.cast_local::<JThrowable>(made)?;
    // Throwing answers "an exception is pending", which is what is wanted here.
    match env.throw(exception) {
        Ok(()) | Err(errors::Error::JavaException) => Ok(()),
        Err(error) => Err(error),
    }
}
