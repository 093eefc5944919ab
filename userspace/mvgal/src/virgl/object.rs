// SPDX-License-Identifier: MIT OR Apache-2.0

//! Names of objects that the host keeps.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

/// What kind of object a state becomes on the host.
pub trait Kind {
    /// Its number in the protocol.
    #[doc(hidden)]
    const NUMBER: u32;
}

/// The name of an object of the host's, of one [`SubContext`](super::SubContext).
///
/// It is a number, and lives as long as the sub-context or until it is destroyed.
/// Commands that name one that is not there, the host answers by giving up the
/// whole context.
pub struct Object<K> {
    name: u32,
    kind: PhantomData<fn() -> K>,
}

impl<K> Object<K> {
    pub(super) fn new(name: u32) -> Self {
        Object {
            name,
            kind: PhantomData,
        }
    }

    /// The number in command streams.
    pub fn name(self) -> u32 {
        self.name
    }
}

// By hand, as derived ones would ask the same of `K`.
impl<K> Clone for Object<K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for Object<K> {}

impl<K> PartialEq for Object<K> {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl<K> Eq for Object<K> {}

impl<K> Hash for Object<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl<K> fmt::Debug for Object<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Object({})", self.name)
    }
}
