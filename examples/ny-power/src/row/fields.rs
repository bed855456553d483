//! The columns of a row.

use super::RowError;

/// The four columns, without quotation marks.
#[derive(Debug, PartialEq)]
pub(super) struct Fields<'a> {
    pub(super) local: &'a [u8],
    pub(super) zone: &'a [u8],
    pub(super) fuel: &'a [u8],
    pub(super) output: &'a [u8],
}

/// Cuts a row into its columns. Where there are quotation marks, the columns lie in `unquoted`, which has
/// room for the whole row.
pub(super) fn fields<'a>(row: &'a [u8], unquoted: &'a mut [u8]) -> Result<Fields<'a>, RowError> {
    let mut columns: [&[u8]; 4] = [&[]; 4];
    let mut count = 0;
    let mut rest = Some((row, unquoted));
    while let Some((row, room)) = rest.take() {
        let (column, room, after) = column(row, room)?;
        if let Some(place) = columns.get_mut(count) {
            *place = column;
        }
        count += 1;
        rest = after.map(|after| (after, room));
    }
    let [local, zone, fuel, output] = columns;
    if count == 4 { Ok(Fields { local, zone, fuel, output }) } else { Err(RowError::Fields(count)) }
}

/// A column, the room that is left, and what comes after the comma, if there is one.
type Column<'a> = (&'a [u8], &'a mut [u8], Option<&'a [u8]>);

fn column<'a>(row: &'a [u8], room: &'a mut [u8]) -> Result<Column<'a>, RowError> {
    let Some(quoted) = row.strip_prefix(b"\"") else {
        let comma = memchr::memchr(b',', row);
        let (column, after) = match comma.and_then(|at| row.split_at_checked(at)) {
            Some((column, after)) => (column, after.get(1..)),
            None => (row, None),
        };
        let has_quote = memchr::memchr(b'"', column).is_some();
        return if has_quote { Err(RowError::Quote) } else { Ok((column, room, after)) };
    };
    let (length, after) = unquote(quoted, room)?;
    let (column, room) = room.split_at_mut_checked(length).ok_or(RowError::TooLong)?;
    Ok((column, room, after))
}

/// Writes the quoted column into `room`. Two quotation marks stand for one.
fn unquote<'a>(mut quoted: &'a [u8], room: &mut [u8]) -> Result<(usize, Option<&'a [u8]>), RowError> {
    let mut length = 0;
    loop {
        let (byte, after) = match quoted {
            [b'"', b'"', after @ ..] => (b'"', after),
            [b'"'] => return Ok((length, None)),
            [b'"', b',', after @ ..] => return Ok((length, Some(after))),
            [b'"', ..] | [] => return Err(RowError::Quote),
            [byte, after @ ..] => (*byte, after),
        };
        *room.get_mut(length).ok_or(RowError::TooLong)? = byte;
        length += 1;
        quoted = after;
    }
}

/// Whether the columns of `row` are these, in any case.
pub(crate) fn has_columns(row: &[u8], names: [&[&str]; 4]) -> bool {
    let mut unquoted = [0; super::MAX_ROW_BYTES];
    let Ok(Fields { local, zone, fuel, output }) = fields(row, &mut unquoted) else {
        return false;
    };
    let is_one = |(column, names): (&[u8], &[&str])| {
        names.iter().any(|name| column.trim_ascii().eq_ignore_ascii_case(name.as_bytes()))
    };
    [local, zone, fuel, output].into_iter().zip(names).all(is_one)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(row: &str) -> Result<[String; 4], RowError> {
        let mut unquoted = [0; 1024];
        let Fields { local, zone, fuel, output } = fields(row.as_bytes(), &mut unquoted)?;
        Ok([local, zone, fuel, output].map(|column| String::from_utf8(column.to_vec()).unwrap()))
    }

    #[test]
    fn columns_may_be_quoted_each_for_itself() {
        let expected = Ok(["a", "b", "c", "d"].map(str::to_owned));
        for row in ["a,b,c,d", "\"a\",\"b\",\"c\",\"d\"", "a,\"b\",c,\"d\"", "\"a\",b,c,d"] {
            assert_eq!(cut(row), expected, "{row}");
        }
    }

    #[test]
    fn in_quotation_marks_a_comma_is_text_and_two_marks_are_one() {
        assert_eq!(cut(r#"a,b,"c, ""x""",d"#), Ok(["a", "b", "c, \"x\"", "d"].map(str::to_owned)));
        assert_eq!(cut(r#""","","","""#), Ok([""; 4].map(str::to_owned)));
        assert_eq!(cut(r#""","",",""#), Err(RowError::Fields(3)));
    }

    #[test]
    fn columns_are_counted() {
        assert_eq!(cut(""), Err(RowError::Fields(1)));
        assert_eq!(cut("a,b,c"), Err(RowError::Fields(3)));
        assert_eq!(cut("a,b,c,d,e"), Err(RowError::Fields(5)));
        assert_eq!(cut(",,,"), Ok([""; 4].map(str::to_owned)));
    }

    #[test]
    fn a_quotation_mark_that_is_not_closed_or_in_the_middle_is_refused() {
        for row in ["a,b,\"c,d", "a,b,c\"c,d", "a,b,\"c\"x,d", "\""] {
            assert_eq!(cut(row), Err(RowError::Quote), "{row}");
        }
    }
}
