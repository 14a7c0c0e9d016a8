//! What stands in the storage that callers provide for models and sessions.

use crate::log::{Refused, Reporter};
use crate::{pointers, status};
use core::mem::MaybeUninit;
use mote_engine::{CustomName, Model, Session};

/// Words of a model's storage; each has a pointer's size.
pub const MODEL_WORDS: usize = 40;
/// Words of a session's storage.
pub const SESSION_WORDS: usize = 28;

// First word of storage that holds a model, and of storage that holds a session: anything but zero.
const MODEL_TAG: usize = 0x4D4F_444C;
const SESSION_TAG: usize = 0x5345_5353;

/// Storage of a parsed model. Its content is the library's.
#[repr(C)]
pub struct ModelStorage {
    words: [usize; MODEL_WORDS],
}

/// Storage of a session. Its content is the library's.
#[repr(C)]
pub struct SessionStorage {
    words: [usize; SESSION_WORDS],
}

impl ModelStorage {
    /// Storage that holds nothing yet.
    pub const fn new() -> Self {
        Self { words: [0; MODEL_WORDS] }
    }
}

impl SessionStorage {
    /// Storage that holds nothing yet.
    pub const fn new() -> Self {
        Self { words: [0; SESSION_WORDS] }
    }
}

impl Default for ModelStorage {
    fn default() -> Self {
        Self::new()
    }
}

impl Default for SessionStorage {
    fn default() -> Self {
        Self::new()
    }
}

/// Where an error was met.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Index of the operator, or -1.
    pub operator_index: i32,
    /// Index of the tensor, or -1.
    pub tensor_index: i32,
    /// As the status says: the code of a missing operator, or the bytes or elements needed; else 0.
    pub detail: u32,
}

impl Place {
    /// Nowhere.
    pub(crate) const NONE: Self = Self { operator_index: -1, tensor_index: -1, detail: 0 };
}

pub(crate) struct ModelSlot {
    tag: usize,
    place: Place,
    log: Option<Reporter>,
    content: MaybeUninit<Content>,
}

/// The model, or after a refusal the name of the custom operator concerned.
union Content {
    model: Model<'static>,
    name: CustomName,
}

pub(crate) struct SessionSlot {
    tag: usize,
    pub(crate) place: Place,
    pub(crate) log: Option<Reporter>,
    session: MaybeUninit<Session<'static>>,
}

const _: () = {
    assert!(
        size_of::<ModelSlot>() <= size_of::<ModelStorage>() && size_of::<SessionSlot>() <= size_of::<SessionStorage>()
    );
    assert!(align_of::<ModelSlot>() <= align_of::<ModelStorage>());
    assert!(align_of::<SessionSlot>() <= align_of::<SessionStorage>());
};

impl ModelSlot {
    /// Puts a model, or a refusal with its place, into storage.
    ///
    /// # Safety
    /// `storage` is writable and no session of an earlier model in it is used any more.
    pub(crate) unsafe fn fill(
        storage: *mut ModelStorage,
        log: Option<Reporter>,
        content: Result<Model<'static>, (Refused, CustomName)>,
    ) -> Result<(), Refused> {
        pointers::check(storage, 1)?;
        let (tag, place, content, result) = match content {
            Ok(model) => (MODEL_TAG, Place::NONE, Content { model }, Ok(())),
            Err((refused, name)) => (0, refused.place, Content { name }, Err(refused)),
        };
        let content = MaybeUninit::new(content);
        // SAFETY: not null; aligned and large enough as asserted above; writable by the caller's promise.
        unsafe { storage.cast::<Self>().write(Self { tag, place, log, content }) };
        result
    }

    /// The model in storage.
    ///
    /// # Safety
    /// Storage is all zeros or was filled, and is not changed as long as the reference is used.
    pub(crate) unsafe fn model(storage: *const ModelStorage) -> Result<&'static Model<'static>, i32> {
        pointers::check(storage, 1)?;
        let slot = storage.cast::<Self>();
        // SAFETY: the first word of either kind of storage is a plain integer.
        if unsafe { (*slot).tag } != MODEL_TAG {
            return Err(status::ERROR_NOT_READY);
        }
        // SAFETY: the tag says that `fill` has put a model there.
        Ok(unsafe { &(*slot).content.assume_init_ref().model })
    }

    /// Name of the custom operator that the last refusal in storage is about; none for other refusals and none at all.
    ///
    /// # Safety
    /// Storage is all zeros or was filled, and is not changed as long as the reference is used.
    pub(crate) unsafe fn custom_name<'a>(storage: *const ModelStorage) -> Result<&'a CustomName, i32> {
        pointers::check(storage, 1)?;
        let slot = storage.cast::<Self>();
        // SAFETY: the first word of either kind of storage is a plain integer.
        if unsafe { (*slot).tag } == MODEL_TAG {
            return Err(status::ERROR_NOT_READY);
        }
        // SAFETY: without the tag it is all zeros, which is no name, or holds what `fill` was given.
        let name = unsafe { &(*slot).content.assume_init_ref().name };
        if name.bytes().is_empty() { Err(status::ERROR_NOT_READY) } else { Ok(name) }
    }

    /// The log of the model in storage, if there is a model and it has one.
    ///
    /// # Safety
    /// As [`Self::model`].
    pub(crate) unsafe fn log(storage: *const ModelStorage) -> Option<Reporter> {
        // SAFETY: the caller's promise.
        unsafe { Self::model(storage) }.ok()?;
        // SAFETY: `fill` has put it there beside the model.
        unsafe { (*storage.cast::<Self>()).log }
    }

    /// The place of the refusal in storage.
    ///
    /// # Safety
    /// Storage is all zeros or was filled.
    pub(crate) unsafe fn place(storage: *const ModelStorage) -> Result<Place, i32> {
        pointers::check(storage, 1)?;
        // SAFETY: three plain integers, there in either case.
        Ok(unsafe { (*storage.cast::<Self>()).place })
    }
}

impl SessionSlot {
    /// Puts a session, or the reason for none, into storage.
    ///
    /// # Safety
    /// `storage` is writable.
    pub(crate) unsafe fn fill(
        storage: *mut SessionStorage,
        log: Option<Reporter>,
        content: Result<Session<'static>, Refused>,
    ) -> Result<(), Refused> {
        pointers::check(storage, 1)?;
        let (tag, place, session, result) = match content {
            Ok(session) => (SESSION_TAG, Place::NONE, MaybeUninit::new(session), Ok(())),
            Err(refused) => (0, refused.place, MaybeUninit::uninit(), Err(refused)),
        };
        // SAFETY: not null; aligned and large enough as asserted above; writable by the caller's promise.
        unsafe { storage.cast::<Self>().write(Self { tag, place, log, session }) };
        result
    }

    /// The session in storage, and what is kept beside it.
    ///
    /// # Safety
    /// Storage is all zeros or was filled; nobody else uses the session for the lifetime.
    pub(crate) unsafe fn open<'a>(
        storage: *mut SessionStorage,
    ) -> Result<(&'a mut Session<'static>, &'a mut Place, &'a mut Option<Reporter>), i32> {
        pointers::check(storage, 1)?;
        let slot = storage.cast::<Self>();
        // SAFETY: the first word of either kind of storage is a plain integer.
        if unsafe { (*slot).tag } != SESSION_TAG {
            return Err(status::ERROR_NOT_READY);
        }
        // SAFETY: the tag says that `fill` has put a session there; used by nobody else by the caller's promise.
        let slot = unsafe { &mut *slot };
        // SAFETY: as above.
        Ok((unsafe { slot.session.assume_init_mut() }, &mut slot.place, &mut slot.log))
    }

    /// The place of the last error in storage.
    ///
    /// # Safety
    /// Storage is all zeros or was filled.
    pub(crate) unsafe fn place(storage: *const SessionStorage) -> Result<Place, i32> {
        pointers::check(storage, 1)?;
        // SAFETY: three plain integers, there in either case.
        Ok(unsafe { (*storage.cast::<Self>()).place })
    }
}
