fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Error> {
    if offset + bytes.len() as u32 > FLASH_SIZE {
        return Err(Error::OutOfBounds);
    }
    self.copy_out(offset, bytes)
}

fn reserve(&mut self, start: usize, count: usize) -> Result<(), Error> {

    let fits = start + count <= self.capacity;
    if !fits {
        return Err(Error::Full);
    }
    self.mark(start, count)
}

fn set_serial(&mut self, serial: &[u8]) {
    let mut stored = [0u8; 12];
    stored.copy_from_slice(serial);
    self.store(stored);
}

fn read_servers(data: &[u8], list: &mut List) {
    for part in data.chunks(4) {

        list.add(Address::from_bytes(part));
    }
}
