impl Sensor {
    fn reset(&mut self) {
        self.power_cycle();
        let _ = self.sample();
    }

    fn sample(&mut self) -> u16 {
        if self.has_error() {
            self.reset();
        }
        self.read()
    }
}

fn settle(bus: &mut Bus, tries: u32) -> bool {
    if bus.is_idle() {
        return true;
    }

    settle(bus, tries)
}

pub unsafe fn swap_out(&mut self, index: usize) {
    let last = self.len() - 1;
    // SAFETY: the caller keeps `index` in range.
    unsafe {
        ptr::swap(
            self.as_mut_slice().get_unchecked_mut(index),
            self.as_mut_slice().get_unchecked_mut(last),
        );
    }
}

unsafe fn exchange(doses: &mut [u16], a: usize, b: usize) {
    // SAFETY: both were compared by the caller.
    unsafe {

        core::mem::swap(doses.get_unchecked_mut(a), doses.get_unchecked_mut(b));
    }
}
