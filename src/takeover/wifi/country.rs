//! Countries by their two letters (ISO 3166-1 alpha-2), by which a radio knows its channels. For one that the
//! kernel has no rules for, the radio keeps to what is allowed everywhere.

const CODES: &str = "\
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT \
    BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH \
    ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT \
    HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS \
    LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI \
    NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG \
    SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG \
    UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

/// Letters that people write for a country, and those that ISO 3166 gives it.
const OTHER_NAMES: [(&str, &str); 12] = [
    ("UK", "GB"),
    ("EN", "GB"),
    ("GBR", "GB"),
    ("EL", "GR"),
    ("USA", "US"),
    ("GER", "DE"),
    ("DEU", "DE"),
    ("AUT", "AT"),
    ("CHE", "CH"),
    ("FRA", "FR"),
    ("ITA", "IT"),
    ("ESP", "ES"),
];

/// Says why `written` is no country and what to write. Two letters are repeated; anything longer may be a
/// password in the wrong line.
///
/// # Errors
/// It is none.
pub(super) fn check(written: &str) -> Result<(), (String, String)> {
    let is_code = |letters: &str| CODES.split(' ').any(|code| code == letters);
    if is_code(written) {
        return Ok(());
    }
    let upper = written.to_ascii_uppercase();
    let meant = OTHER_NAMES
        .iter()
        .find_map(|(other, code)| (*other == upper).then_some(*code))
        .or_else(|| is_code(&upper).then_some(upper.as_str()));
    let todo = match meant {
        Some(code) => format!("write {code}"),
        None => "write two capital letters, such as DE or US".into(),
    };
    let what = if written.len() == 2 && written.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        format!("`{written}` is no country")
    } else {
        "it is no country".into()
    };
    Err((what, todo))
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn a_country_has_the_letters_of_iso_3166() {
        for code in ["AD", "DE", "GB", "US", "ZW"] {
            assert_eq!(check(code), Ok(()), "{code}");
        }
        let todo = |written: &str| check(written).expect_err("it is none").1;
        for (written, todo_) in [
            ("UK", "write GB"),
            ("uk", "write GB"),
            ("USA", "write US"),
            ("de", "write DE"),
        ] {
            assert_eq!(todo(written), todo_, "{written}");
        }
        for (written, what) in [
            ("uk", "`uk` is no country"),
            ("USA", "it is no country"),
            ("1x", "it is no country"),
            ("topsecret99", "it is no country"),
            ("ß", "it is no country"),
        ] {
            assert_eq!(check(written).expect_err("it is none").0, what);
        }
        for none in ["XX", "00", "Germany", "", "D E", "D", "DE US", "ß"] {
            assert_eq!(
                todo(none),
                "write two capital letters, such as DE or US",
                "{none}"
            );
        }
    }
}
