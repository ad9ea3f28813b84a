fn clear(&mut self) {
    let live: *mut [T] = self.as_mut_slice();
    // SAFETY: the first `len` elements are initialised.
    unsafe { ptr::drop_in_place(live) };
    self.len = 0;
}

fn write(&mut self, value: T) {
    if self.filled {
        // SAFETY: the slot was written before.

        unsafe { ptr::drop_in_place(self.slots[self.at].as_mut_ptr()) };
    }
    self.slots[self.at] = MaybeUninit::new(value);
}

pub struct Service<D: Dispatch> {
    dispatch: D,
    pending: u32,
}

// SAFETY: needed in the interrupt handler.
unsafe impl<D: Dispatch> Send for Service<D> {}

pub struct Shared<T> {
    inner: UnsafeCell<T>,
}

// SAFETY: see the manual.

unsafe impl<T> Sync for Shared<T> {}
