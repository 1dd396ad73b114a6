//! Standard output, for results.

/// Prints a line as `println!` does, but gives a [`sortd::error::Result`]: a reader that closes the pipe, as
/// `head` does, ends the program quietly, and a full disk behind it is an error.
macro_rules! say {
    ($($text:tt)*) => {
        sortd::cli::output::lines(format_args!($($text)*))
    };
}
