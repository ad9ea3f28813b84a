macro_rules! m { ($($x:expr),* $(,)?) => { $( f($x); )* } }
async fn f<'a, T: ?Sized + 'a>(x: &'a mut T) -> impl Future<Output = ()> + use<'a, T> { loop { break 'a: { } } }
#[interrupt] unsafe fn TIM2() { static mut N: u32 = 0; *N += 1; }
let Some(x) = y else { return r#"a"b"#; };
match b { [first, .., last] if first < last => {}, b'\xff'..=b'z' | 0x_1u8 => {}, _ => () }
