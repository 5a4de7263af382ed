//! The Google Ads query language, as far as its grammar is used for listings and reports:
//! `SELECT … FROM … [WHERE … AND …] [ORDER BY …] [LIMIT …] [PARAMETERS …]`.

use serde_json::Value;

/// A query, read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Query {
    pub(crate) select: Vec<String>,
    pub(crate) from: String,
    pub(crate) conditions: Vec<Condition>,
    /// Fields, and whether they fall.
    pub(crate) order: Vec<(String, bool)>,
    pub(crate) limit: Option<usize>,
}

/// `field operator values`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Condition {
    pub(crate) field: String,
    pub(crate) operator: String,
    pub(crate) values: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Sign(String),
}

/// Reads a query.
///
/// # Errors
/// What is wrong, in a sentence.
pub(crate) fn parse(text: &str) -> Result<Query, String> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0 };
    parser.keyword("SELECT")?;
    let select = parser.fields()?;
    parser.keyword("FROM")?;
    let from = parser.word("a resource")?;
    let mut query = Query { select, from, conditions: Vec::new(), order: Vec::new(), limit: None };
    if parser.takes("WHERE") {
        query.conditions.push(parser.condition()?);
        while parser.takes("AND") {
            query.conditions.push(parser.condition()?);
        }
    }
    if parser.takes("ORDER") {
        parser.keyword("BY")?;
        loop {
            let field = parser.word("a field")?;
            let falls = parser.takes("DESC");
            if !falls {
                parser.takes("ASC");
            }
            query.order.push((field, falls));
            if !parser.sign(",") {
                break;
            }
        }
    }
    if parser.takes("LIMIT") {
        let number = parser.word("a number")?;
        query.limit = Some(number.parse().map_err(|_| format!("LIMIT takes a number, not {number}"))?);
    }
    if parser.takes("PARAMETERS") {
        parser.at = parser.tokens.len();
    }
    match parser.tokens.get(parser.at) {
        None => Ok(query),
        Some(token) => Err(format!("unexpected input near {token:?}")),
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut found = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if c.is_whitespace() {
            continue;
        }
        if c == '\'' || c == '"' {
            let mut inside = String::new();
            loop {
                match rest.next() {
                    Some('\\') => inside.extend(rest.next()),
                    Some(next) if next == c => break,
                    Some(next) => inside.push(next),
                    None => return Err("a quoted text does not end".to_owned()),
                }
            }
            found.push(Token::Text(inside));
        } else if "(),".contains(c) {
            found.push(Token::Sign(c.to_string()));
        } else if "=!<>".contains(c) {
            let mut sign = c.to_string();
            if rest.peek() == Some(&'=') {
                sign.extend(rest.next());
            }
            found.push(Token::Sign(sign));
        } else {
            let mut word = c.to_string();
            while let Some(next) =
                rest.peek().copied().filter(|next| !next.is_whitespace() && !"(),=!<>'\"".contains(*next))
            {
                word.push(next);
                rest.next();
            }
            found.push(Token::Word(word));
        }
    }
    Ok(found)
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn takes(&mut self, keyword: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Word(word)) if word.eq_ignore_ascii_case(keyword));
        self.at += usize::from(found);
        found
    }

    fn keyword(&mut self, keyword: &str) -> Result<(), String> {
        if self.takes(keyword) { Ok(()) } else { Err(format!("{keyword} is missing near token {}", self.at + 1)) }
    }

    fn sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Sign(given)) if given == sign);
        self.at += usize::from(found);
        found
    }

    fn word(&mut self, what: &str) -> Result<String, String> {
        match self.tokens.get(self.at) {
            Some(Token::Word(word)) => {
                self.at += 1;
                Ok(word.clone())
            }
            _ => Err(format!("{what} is missing near token {}", self.at + 1)),
        }
    }

    fn value(&mut self) -> Result<String, String> {
        match self.tokens.get(self.at) {
            Some(Token::Word(text) | Token::Text(text)) => {
                self.at += 1;
                Ok(text.clone())
            }
            _ => Err(format!("a value is missing near token {}", self.at + 1)),
        }
    }

    fn fields(&mut self) -> Result<Vec<String>, String> {
        let mut fields = vec![self.word("a field")?];
        while self.sign(",") {
            fields.push(self.word("a field")?);
        }
        Ok(fields)
    }

    fn values(&mut self) -> Result<Vec<String>, String> {
        if !self.sign("(") {
            return Err("a list in parentheses is missing".to_owned());
        }
        let mut values = vec![self.value()?];
        while self.sign(",") {
            values.push(self.value()?);
        }
        if self.sign(")") { Ok(values) } else { Err("a list does not end".to_owned()) }
    }

    fn condition(&mut self) -> Result<Condition, String> {
        let field = self.word("a field")?;
        for sign in ["=", "!=", "<=", ">=", "<", ">"] {
            if self.sign(sign) {
                return Ok(Condition { field, operator: sign.to_owned(), values: vec![self.value()?] });
            }
        }
        let not = self.takes("NOT");
        let named = |operator: &str| if not { format!("NOT {operator}") } else { operator.to_owned() };
        if self.takes("IN") {
            return Ok(Condition { field, operator: named("IN"), values: self.values()? });
        }
        if self.takes("LIKE") {
            return Ok(Condition { field, operator: named("LIKE"), values: vec![self.value()?] });
        }
        if self.takes("BETWEEN") {
            let from = self.value()?;
            self.keyword("AND")?;
            return Ok(Condition { field, operator: "BETWEEN".to_owned(), values: vec![from, self.value()?] });
        }
        if self.takes("DURING") {
            return Ok(Condition { field, operator: "DURING".to_owned(), values: vec![self.value()?] });
        }
        if self.takes("IS") {
            let operator = if self.takes("NOT") { "IS NOT NULL" } else { "IS NULL" };
            self.keyword("NULL")?;
            return Ok(Condition { field, operator: operator.to_owned(), values: Vec::new() });
        }
        for (operator, takes_not) in [("CONTAINS", false), ("REGEXP_MATCH", true)] {
            if self.takes(operator) {
                return Err(format!(
                    "{operator}{} is not offered by the practice provider",
                    if takes_not { " " } else { "" }
                ));
            }
        }
        Err(format!("an operator is missing after {field}"))
    }
}

/// Turns `ad_group_ad.ad.final_urls` into `adGroupAd`, `ad`, `finalUrls`.
pub(crate) fn path(field: &str) -> Vec<String> {
    field.split('.').map(camel).collect()
}

fn camel(snake: &str) -> String {
    let mut name = String::new();
    let mut upper = false;
    for c in snake.chars() {
        if c == '_' {
            upper = true;
        } else if upper {
            name.extend(c.to_uppercase());
            upper = false;
        } else {
            name.push(c);
        }
    }
    name
}

/// A field of a row.
pub(crate) fn get<'a>(row: &'a Value, field: &str) -> Option<&'a Value> {
    path(field).iter().try_fold(row, |value, part| value.get(part)).filter(|value| !value.is_null())
}

impl Condition {
    /// Whether a row meets it. `DURING` is for the caller.
    pub(crate) fn holds(&self, row: &Value) -> bool {
        let actual = get(row, &self.field);
        let text = match actual {
            Some(Value::String(text)) => text.clone(),
            // TRUE and FALSE are written in capitals.
            Some(Value::Bool(flag)) => flag.to_string().to_uppercase(),
            Some(other) => other.to_string(),
            None => String::new(),
        };
        let equals = |value: &String| compare(&text, value).is_eq();
        let first = self.values.first().map_or("", String::as_str);
        match self.operator.as_str() {
            "=" => self.values.iter().any(equals),
            "!=" => !self.values.iter().any(equals),
            "IN" => self.values.iter().any(equals),
            "NOT IN" => !self.values.iter().any(equals),
            "<" => compare(&text, first).is_lt(),
            "<=" => compare(&text, first).is_le(),
            ">" => compare(&text, first).is_gt(),
            ">=" => compare(&text, first).is_ge(),
            "BETWEEN" => {
                compare(&text, first).is_ge() && self.values.last().is_some_and(|last| compare(&text, last).is_le())
            }
            "LIKE" => like(&text, first),
            "NOT LIKE" => !like(&text, first),
            "IS NULL" => actual.is_none(),
            "IS NOT NULL" => actual.is_some(),
            _ => true,
        }
    }
}

/// Numbers as numbers, the rest as text.
pub(crate) fn compare(a: &str, b: &str) -> std::cmp::Ordering {
    match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(a), Ok(b)) => a.total_cmp(&b),
        _ => a.cmp(b),
    }
}

/// `%` for anything, `_` for one character, `[x]` for a character that is one of these or a bracket. Letters of either
/// case are the same.
fn like(text: &str, pattern: &str) -> bool {
    fn matches(text: &[char], pattern: &[char]) -> bool {
        match pattern {
            [] => text.is_empty(),
            ['%', rest @ ..] => (0..=text.len()).any(|skip| text.get(skip..).is_some_and(|left| matches(left, rest))),
            ['[', literal, ']', rest @ ..] => {
                text.split_first().is_some_and(|(first, left)| first == literal && matches(left, rest))
            }
            ['_', rest @ ..] => text.split_first().is_some_and(|(_, left)| matches(left, rest)),
            [literal, rest @ ..] => {
                text.split_first().is_some_and(|(first, left)| first == literal && matches(left, rest))
            }
        }
    }
    let lower = |text: &str| text.to_lowercase().chars().collect::<Vec<char>>();
    matches(&lower(text), &lower(pattern))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_query_is_read_whole() {
        let query = parse(
            "SELECT campaign.id, metrics.cost_micros FROM campaign WHERE segments.date BETWEEN '2026-01-01' AND '2026-01-31' \
             AND campaign.status IN ('ENABLED', 'PAUSED') AND campaign.name LIKE '%[adroit:%' ORDER BY campaign.id DESC LIMIT 5 \
             PARAMETERS include_drafts=true",
        )
        .unwrap();
        assert_eq!(query.select, ["campaign.id", "metrics.cost_micros"]);
        assert_eq!(query.conditions.len(), 3);
        assert_eq!(query.order, [("campaign.id".to_owned(), true)]);
        assert_eq!(query.limit, Some(5));
    }

    #[test]
    fn what_is_no_query_is_refused() {
        for text in [
            "",
            "SELECT FROM campaign",
            "SELECT a FROM",
            "SELECT a FROM b WHERE",
            "SELECT a FROM b WHERE c",
            "SELECT a FROM b c",
            "SELECT a FROM b WHERE c = 'x",
            "SELECT a FROM b LIMIT x",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn patterns_match_as_in_google_ads() {
        assert!(like("Summer [adroit:12ab]", "%adroit:12AB%"));
        assert!(like("100%", "100[%]") && !like("1000", "100[%]"));
        assert!(like("ab", "a_") && !like("a", "a_"));
    }

    #[test]
    fn conditions_look_into_rows() {
        let row = json!({"campaign": {"id": "17", "name": "A"}, "metrics": {"clicks": "9"}});
        let holds = |text: &str| {
            parse(&format!("SELECT campaign.id FROM campaign WHERE {text}")).unwrap().conditions[0].holds(&row)
        };
        assert!(holds("campaign.id = 17") && holds("metrics.clicks < 10") && !holds("campaign.name != 'A'"));
        assert!(holds("campaign.end_date IS NULL") && holds("campaign.id IN (16, 17)"));
    }
}
