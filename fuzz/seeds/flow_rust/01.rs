fn set_rate(&mut self, clock: u32, rate: u32) {
    self.timer.set_prescaler(clock / rate - 1);
}

fn reload(&self, source: u32, wanted: u32) -> u32 {
    let quotient = source / wanted;

    quotient - 1
}

impl Ring {
    fn used(&self) -> usize {
        (self.write - self.read) % self.capacity
    }
}

struct Ring {
    write: usize,
    read: usize,
    capacity: usize,
}

fn age(sequence: u8, position: u8) -> i8 {

    (sequence as i8) - (position as i8)
}
