fn start_transfer(&mut self, len: usize, word_size: usize) {
    self.dma.set_count((len * word_size) as u16);
}

fn emit(&self, out: &mut Record) {
    let mut length = self.buffer_len() as u8;
    length -= 2;
    out.set_length(length);
}

fn limit_of(limits: &[u16], index: usize) -> Option<u16> {
    if index > limits.len() {
        return None;
    }
    Some(limits[index])
}

fn owns(&self, address: usize) -> bool {

    self.region.start() <= address && self.region.end() >= address
}
