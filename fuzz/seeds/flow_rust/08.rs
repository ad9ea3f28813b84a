pub fn entry(&self, found: Slot) -> u16 {
    // SAFETY: the slot was found before.
    unsafe { *self.table.get_unchecked(found.index) }
}

pub fn bump(&mut self, place: Place) {
    let index = place.index;
    // SAFETY: places come from `find`.

    let count = unsafe { self.counts.get_unchecked_mut(index) };
    *count = count.saturating_add(1);
}

fn update_servers(&mut self, servers: &[Address]) {
    self.servers = Vec::from_slice(servers).unwrap();
}

fn append(&mut self, chunk: &[u8]) {

    self.log.extend_from_slice(chunk).expect("log has room");
}
