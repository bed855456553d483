use crate::excerpt::excerpt;
use crate::row::has_columns;

/// The columns, each with the names that it had.
const COLUMNS: [&[&str]; 4] = [&["Time Stamp"], &["Time Zone"], &["Fuel Category"], &["Gen MW", "Gen MWh"]];

/// Why a file is refused by its first row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// A server has answered with a page.
    #[error("it is a web page, not a file of the fuel mix")]
    WebPage,
    /// Other columns, or none.
    #[error("its first row is `{0}`, not Time Stamp,Time Zone,Fuel Category,Gen MW")]
    Columns(String),
    /// Not a byte.
    #[error("it is empty")]
    Empty,
}

/// Whether the first row says what the others have.
pub(crate) fn check(row: &[u8]) -> Result<(), HeaderError> {
    let row = row.strip_prefix(b"\xef\xbb\xbf").unwrap_or(row);
    if has_columns(row, COLUMNS) {
        Ok(())
    } else if row.trim_ascii_start().starts_with(b"<") {
        Err(HeaderError::WebPage)
    } else {
        Err(HeaderError::Columns(excerpt(row)))
    }
}

/// Whether more of it could make it a header.
pub(crate) fn is_beginning(row: &[u8]) -> bool {
    let row = row.strip_prefix(b"\xef\xbb\xbf").unwrap_or(row);
    b"Time Stamp,Time Zone,Fuel Category,Gen MWh\r".starts_with(row)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operators_headers_are_taken_old_and_new_quoted_and_with_a_byte_order_mark() {
        for row in [
            "Time Stamp,Time Zone,Fuel Category,Gen MW",
            "Time Stamp,Time Zone,Fuel Category,Gen MWh",
            "\u{feff}Time Stamp,Time Zone,Fuel Category,Gen MWh",
            "\"Time Stamp\",\"Time Zone\",\"Fuel Category\",\"Gen MW\"",
            "time stamp,Time Zone,Fuel Category,Gen MW ",
        ] {
            assert_eq!(check(row.as_bytes()), Ok(()), "{row}");
        }
    }

    #[test]
    fn a_web_page_is_called_one_and_other_columns_are_shown() {
        for page in ["<!DOCTYPE html>", "  <html><body>404</body></html>", "\u{feff}<HTML>"] {
            assert_eq!(check(page.as_bytes()), Err(HeaderError::WebPage));
        }
        let columns = "Time Stamp,Name,PTID,LBMP ($/MWHr)";
        assert_eq!(check(columns.as_bytes()), Err(HeaderError::Columns(columns.to_owned())));
        assert_eq!(check(b""), Err(HeaderError::Columns(String::new())));
    }
}
