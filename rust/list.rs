// SPDX-License-Identifier: GPL-2.0

//! List items that need no `unsafe` from whoever defines them.
//!
//! The macros that make a type fit for [`kernel::list`] expand to `unsafe` code in the crate that
//! uses them. [`Linked`] wraps a value of any type in what they need, once and for all.

use core::ops::Deref;
use kernel::{
    list::{
        impl_list_arc_safe,
        impl_list_item,
        AtomicTracker,
        ListLinks,
        TryNewListArc, //
    },
    prelude::*, //
};

/// A value that can stand in one [`List`] while other [`Arc`]s to it exist.
///
/// Whether it has a [`ListArc`] is tracked atomically, so that [`ListArc::try_from_arc`] makes one
/// of any [`Arc`], at any time and in any context, unless there is one already.
///
/// [`Arc`]: kernel::sync::Arc
/// [`List`]: kernel::list::List
/// [`ListArc`]: kernel::list::ListArc
/// [`ListArc::try_from_arc`]: kernel::list::ListArc::try_from_arc
#[pin_data]
pub struct Linked<T> {
    #[pin]
    links: ListLinks,
    #[pin]
    tracker: AtomicTracker,
    #[pin]
    value: T,
}

impl<T> Linked<T> {
    /// Returns an initialiser that wraps `value`.
    pub fn new<E>(value: impl PinInit<T, E>) -> impl PinInit<Self, E>
    where
        E: From<core::convert::Infallible>,
    {
        try_pin_init!(Self {
            links <- ListLinks::new(),
            tracker <- AtomicTracker::new(),
            value <- value,
        }? E)
    }
}

impl<T> Deref for Linked<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl_list_arc_safe! {
    impl{T} ListArcSafe<0> for Linked<T> {
        tracked_by tracker: AtomicTracker;
    }
}

impl_list_item! {
    impl{T} ListItem<0> for Linked<T> {
        using ListLinks { self.links };
    }
}
