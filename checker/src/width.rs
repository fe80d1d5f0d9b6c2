//! Packed states of any width: code for one width of words each.

/// Calls a function that is generic in a state's words.
macro_rules! by_width {
    ($width:expr, $call:ident :: < K > $arguments:tt) => {
        match $width {
            1 => by_width!(@ 1, $call $arguments),
            2 => by_width!(@ 2, $call $arguments),
            3 => by_width!(@ 3, $call $arguments),
            4 => by_width!(@ 4, $call $arguments),
            5 => by_width!(@ 5, $call $arguments),
            6 => by_width!(@ 6, $call $arguments),
            8 => by_width!(@ 8, $call $arguments),
            12 => by_width!(@ 12, $call $arguments),
            16 => by_width!(@ 16, $call $arguments),
            24 => by_width!(@ 24, $call $arguments),
            _ => by_width!(@ 32, $call $arguments),
        }
    };
    (@ $k:literal, $call:ident ( $($argument:expr),* )) => { $call::<$k>($($argument),*) };
}
pub(crate) use by_width;
