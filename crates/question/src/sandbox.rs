//! The sandbox: SQL that a person or a model wrote, read and written anew so that it can only read one site's rows.
//!
//! The text is parsed into a tree, and a new text is printed from the parts of the tree that are known here. What is
//! not known is refused, so a construct that a later parser learns cannot slip through: structures are taken apart
//! field by field, without `..` on anything that could hold a query, an expression or a clause.
//!
//! - one `SELECT`, with common tables, joins with a condition, subqueries, set operations, windows;
//! - every table is replaced by its projection of one tenant and site ([`crate::schema`]); common tables get names of
//!   their own, and one named as a table is refused;
//! - columns and functions are on a list;
//! - rows, length, nesting, joins and the size of the tree are capped.
//!
//! One language in, two out: D1's SQL or ClickHouse's. `/` divides exactly in both, and gives NULL for a divisor of 0.

use std::collections::BTreeSet;

use metrics::{Dialect, Param, Scope, Statement as Bound, Unit};
use serde::{Deserialize, Serialize};
use sqlparser::ast::{
    BinaryOperator, CaseWhen, CastKind, Cte, DataType, Distinct, DuplicateTreatment, Expr, Function, FunctionArg,
    FunctionArgExpr, FunctionArgumentList, FunctionArguments, GroupByExpr, Ident, Join, JoinConstraint, JoinOperator,
    LimitClause, NamedWindowDefinition, NamedWindowExpr, ObjectName, ObjectNamePart, Offset, OrderBy, OrderByExpr,
    OrderByKind, OrderByOptions, OrderBySort, Query, Select, SelectFlavor, SelectItem, SelectItemQualifiedWildcardKind,
    SetExpr, SetOperator, SetQuantifier, TableAlias, TableFactor, TableWithJoins, UnaryOperator, Value, ValueWithSpan,
    WildcardAdditionalOptions, WindowFrame, WindowFrameBound, WindowFrameUnits, WindowSpec, WindowType, With,
};
use sqlparser::dialect::SQLiteDialect;
use sqlparser::keywords::Keyword;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token;

use crate::schema::{self, Table};

/// Longest text, bytes.
pub const MAX_LENGTH: usize = 8_000;
/// Rows where the text has no LIMIT.
pub const DEFAULT_ROWS: u64 = 100;
/// Most rows.
pub const MAX_ROWS: u64 = 10_000;
/// Most joins in the whole text.
pub const MAX_JOINS: usize = 6;
/// Most tables and common tables read in the whole text.
pub const MAX_RELATIONS: usize = 8;
/// Deepest query in a query.
pub const MAX_DEPTH: usize = 5;
/// How deep the parser follows nested parentheses and the like.
const MAX_PARSE_DEPTH: usize = 50;
/// Longest chain of operators without parentheses; D1 takes expressions 100 deep.
const MAX_CHAIN: usize = 80;
/// Deepest expression.
const MAX_EXPRESSION_DEPTH: usize = 40;
/// Most parts of a text.
const MAX_NODES: usize = 1_500;
/// Most `||`: each can double a text.
const MAX_CONCATENATIONS: usize = 16;
/// Most columns of an answer; D1 takes 100.
const MAX_COLUMNS: usize = 60;
/// Largest OFFSET.
const MAX_OFFSET: u64 = 100_000;

/// Why a text was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Refusal {
    /// What is not allowed and what is, for the person who wrote it.
    pub reason: String,
}

fn refuse<T>(reason: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal { reason: reason.into() })
}

/// A column of an answer, as far as it can be told from the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selected {
    /// Its name in the answer.
    pub name: Option<String>,
    /// `money` for amounts in minor units, `count` for counts.
    pub unit: Option<String>,
}

/// A text that may run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rewritten {
    /// The new text. `?1` is the tenant, `?2` the site, `?3`, where there is one, the site's currency.
    pub sql: String,
    /// Whether the text is ClickHouse's; else D1's.
    pub clickhouse: bool,
    /// Whether there is a third parameter.
    pub has_currency: bool,
    /// Most rows it gives.
    pub limit: u64,
    /// The tables it reads.
    pub tables: Vec<String>,
    /// What it selects, as far as it can be told; empty for `*`.
    pub columns: Vec<Selected>,
}

impl Rewritten {
    /// The statement for one site.
    #[must_use]
    pub fn bind(&self, scope: &Scope) -> Bound {
        let mut params = vec![Param::Text(scope.tenant_id.clone()), Param::Text(scope.site.clone())];
        if self.has_currency {
            params.push(Param::Text(scope.currency.clone()));
        }
        Bound { sql: self.sql.clone(), params }
    }
}

/// ClickHouse's settings for a foreign text: reading only, within bounds of time, memory and rows.
pub const CLICKHOUSE_SETTINGS: [(&str, &str); 6] = [
    ("readonly", "2"),
    ("max_execution_time", "30"),
    ("max_memory_usage", "2000000000"),
    ("max_result_rows", "10000"),
    ("result_overflow_mode", "throw"),
    ("allow_introspection_functions", "0"),
];

/// Reads a text and writes it anew.
///
/// With `ClickHouse` wanted, a text that reads a table only D1 keeps is written for D1.
///
/// # Errors
/// [`Refusal`], worded for the person who wrote the text.
pub fn rewrite(sql: &str, wanted: Dialect) -> Result<Rewritten, Refusal> {
    let first = write(sql, wanted)?;
    if wanted == Dialect::ClickHouse && first.tables.iter().any(|name| !kept_in(name, wanted)) {
        return write(sql, Dialect::D1);
    }
    Ok(first)
}

fn kept_in(name: &str, dialect: Dialect) -> bool {
    schema::table(name).is_some_and(|table| table.is_in(dialect))
}

fn write(sql: &str, dialect: Dialect) -> Result<Rewritten, Refusal> {
    if sql.len() > MAX_LENGTH {
        return refuse(format!("the text is longer than {MAX_LENGTH} bytes"));
    }
    if let Some(char) = sql.chars().find(|char| char.is_control() && !matches!(char, '\n' | '\r' | '\t')) {
        return refuse(format!("the text has a control character (U+{:04X})", u32::from(char)));
    }
    let unreadable = |error: sqlparser::parser::ParserError| Refusal {
        reason: format!("this is not SQL that can be read: {}", plain(&error.to_string())),
    };
    let language = SQLiteDialect {};
    let mut parser =
        Parser::new(&language).with_recursion_limit(MAX_PARSE_DEPTH).try_with_sql(sql).map_err(unreadable)?;
    // Only queries are parsed: what else SQL can say is three quarters of the parser, and refused whatever it says.
    while parser.consume_token(&Token::SemiColon) {}
    match &parser.peek_token_ref().token {
        Token::LParen => {}
        Token::Word(word) if matches!(word.keyword, Keyword::SELECT | Keyword::WITH | Keyword::VALUES) => {}
        Token::EOF => return refuse("there is no statement; write one SELECT"),
        _ => return refuse("only SELECT is allowed; nothing can be written or set up from here"),
    }
    let query = parser.parse_query().map_err(unreadable)?;
    if !matches!(parser.peek_token_ref().token, Token::EOF | Token::SemiColon) {
        return parser.expected_ref("end of statement", parser.peek_token_ref()).map_err(unreadable);
    }
    while parser.consume_token(&Token::SemiColon) {}
    if parser.peek_token_ref().token != Token::EOF {
        return refuse("only one statement is allowed");
    }
    let mut guard = Guard::new(dialect);
    let printed = guard.query(&query, Place::Top)?;
    guard.names()?;
    if guard.tables.is_empty() {
        return refuse("the text reads no table; GET /query/schema lists them");
    }
    Ok(Rewritten {
        sql: printed,
        clickhouse: dialect == Dialect::ClickHouse,
        has_currency: guard.tables.iter().any(|table| table.has_currency()),
        limit: guard.limit,
        tables: guard.tables.iter().map(|table| table.name.to_owned()).collect(),
        columns: guard.columns,
    })
}

/// A parser's message in one line, without the parser's own name in front.
fn plain(message: &str) -> String {
    message.trim_start_matches("sql parser error: ").chars().take(200).collect()
}

/// Where a query stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Top,
    Inside,
}

struct Guard {
    dialect: Dialect,
    depth: usize,
    expression_depth: usize,
    nodes: usize,
    joins: usize,
    relations: usize,
    concatenations: usize,
    limit: u64,
    /// Common tables in scope, innermost last.
    scopes: Vec<Vec<String>>,
    tables: Vec<&'static Table>,
    /// Names that columns may have: of tables, of aliases.
    declared: BTreeSet<String>,
    /// Names that qualify columns.
    relations_named: BTreeSet<String>,
    /// Names that columns were used by, with their qualifier.
    used: Vec<(Option<String>, String)>,
    columns: Vec<Selected>,
}

type Printed = Result<String, Refusal>;

impl Guard {
    fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            depth: 0,
            expression_depth: 0,
            nodes: 0,
            joins: 0,
            relations: 0,
            concatenations: 0,
            limit: DEFAULT_ROWS,
            scopes: Vec::new(),
            tables: Vec::new(),
            declared: BTreeSet::new(),
            relations_named: BTreeSet::new(),
            used: Vec::new(),
            columns: Vec::new(),
        }
    }

    fn count(&mut self) -> Result<(), Refusal> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return refuse(format!("the text has more than {MAX_NODES} parts; ask for less at once"));
        }
        Ok(())
    }

    /// Every column that was used must be one that a table or an alias of the text has.
    fn names(&self) -> Result<(), Refusal> {
        for (qualifier, name) in &self.used {
            if let Some(qualifier) = qualifier
                && !self.relations_named.contains(qualifier)
            {
                return refuse(format!("`{qualifier}.{name}`: the text reads no table called `{qualifier}`"));
            }
            if !self.declared.contains(name) {
                let tables: Vec<String> = self
                    .tables
                    .iter()
                    .map(|table| {
                        let columns: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
                        format!("{} has {}", table.name, columns.join(", "))
                    })
                    .collect();
                return refuse(format!("there is no column `{name}`; {}", tables.join("; ")));
            }
        }
        Ok(())
    }

    fn query(&mut self, query: &Query, place: Place) -> Printed {
        self.count()?;
        let Query {
            with,
            body,
            order_by,
            limit_clause,
            fetch,
            locks,
            for_clause,
            settings,
            format_clause,
            pipe_operators,
        } = query;
        if fetch.is_some()
            || !locks.is_empty()
            || for_clause.is_some()
            || settings.is_some()
            || format_clause.is_some()
            || !pipe_operators.is_empty()
        {
            return refuse("FETCH, FOR, SETTINGS, FORMAT and pipes are not allowed");
        }
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return refuse(format!("queries are nested more than {MAX_DEPTH} deep"));
        }
        self.scopes.push(Vec::new());
        let mut sql = String::new();
        if let Some(with) = with {
            sql.push_str(&self.with(with)?);
        }
        let body_sql = self.body(body, place)?;
        // ClickHouse gives ORDER BY and LIMIT to the last part of a set operation, D1 to the whole.
        if matches!(**body, SetExpr::SetOperation { .. }) {
            sql.push_str(&format!("SELECT * FROM ({body_sql})"));
        } else {
            sql.push_str(&body_sql);
        }
        if let Some(order_by) = order_by {
            let OrderBy { kind, interpolate } = order_by;
            let (OrderByKind::Expressions(list), None) = (kind, interpolate) else {
                return refuse("ORDER BY takes a list of expressions");
            };
            sql.push_str(&format!(" ORDER BY {}", self.order(list)?));
        }
        sql.push_str(&self.limit(limit_clause.as_ref(), place)?);
        self.scopes.pop();
        self.depth -= 1;
        Ok(sql)
    }

    fn with(&mut self, with: &With) -> Printed {
        let With { with_token: _, recursive, cte_tables } = with;
        if *recursive {
            return refuse("WITH RECURSIVE is not allowed");
        }
        let mut parts = Vec::new();
        for cte in cte_tables {
            let Cte { alias, query, from, materialized, closing_paren_token: _ } = cte;
            if from.is_some() || materialized.is_some() {
                return refuse("a common table is written `name AS (SELECT …)`");
            }
            let TableAlias { explicit: _, name, columns, at } = alias;
            if at.is_some() || columns.iter().any(|column| column.data_type.is_some()) {
                return refuse("a common table is written `name AS (SELECT …)`");
            }
            let name = self.name(name)?;
            if is_reserved(&name) {
                return refuse(format!("a common table cannot be called `{name}`: that is a table's name"));
            }
            if self.scopes.iter().flatten().any(|known| *known == name) {
                return refuse(format!("two common tables are called `{name}`"));
            }
            let mut list = Vec::new();
            for column in columns {
                let column = self.name(&column.name)?;
                list.push(quoted(&column));
                self.declared.insert(column);
            }
            let list = if list.is_empty() { String::new() } else { format!(" ({})", list.join(", ")) };
            // Its own name is not in scope yet: a common table cannot read itself.
            let inner = self.query(query, Place::Inside)?;
            parts.push(format!("{}{list} AS ({inner})", common(&name)));
            if let Some(scope) = self.scopes.last_mut() {
                scope.push(name);
            }
        }
        Ok(format!("WITH {} ", parts.join(", ")))
    }

    fn body(&mut self, body: &SetExpr, place: Place) -> Printed {
        self.count()?;
        match body {
            SetExpr::Select(select) => self.select(select, place),
            SetExpr::Query(query) => Ok(format!("SELECT * FROM ({})", self.query(query, Place::Inside)?)),
            SetExpr::SetOperation { left, op, set_quantifier, right } => {
                let word = match (op, set_quantifier) {
                    (SetOperator::Union, SetQuantifier::All) => "UNION ALL",
                    (SetOperator::Union, SetQuantifier::None | SetQuantifier::Distinct) => self.distinct("UNION"),
                    (SetOperator::Intersect, SetQuantifier::None | SetQuantifier::Distinct) => {
                        self.distinct("INTERSECT")
                    }
                    (SetOperator::Except, SetQuantifier::None | SetQuantifier::Distinct) => self.distinct("EXCEPT"),
                    _ => return refuse("set operations are UNION, UNION ALL, INTERSECT and EXCEPT"),
                };
                self.depth += 1;
                if self.depth > MAX_DEPTH {
                    return refuse(format!("queries are nested more than {MAX_DEPTH} deep"));
                }
                let left = self.operand(left, place)?;
                let right = self.operand(right, Place::Inside)?;
                self.depth -= 1;
                Ok(format!("{left} {word} {right}"))
            }
            SetExpr::Values(_) | SetExpr::Table(_) => refuse("VALUES and TABLE are not allowed; write SELECT"),
            SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) => {
                refuse("only SELECT is allowed; nothing can be written from here")
            }
        }
    }

    /// One side of a set operation; another set operation there becomes a query of its own, which D1 counts apart.
    fn operand(&mut self, body: &SetExpr, place: Place) -> Printed {
        let sql = self.body(body, place)?;
        Ok(if matches!(body, SetExpr::SetOperation { .. }) { format!("SELECT * FROM ({sql})") } else { sql })
    }

    fn distinct(&self, word: &'static str) -> &'static str {
        match (self.dialect, word) {
            (Dialect::ClickHouse, "UNION") => "UNION DISTINCT",
            (Dialect::ClickHouse, "INTERSECT") => "INTERSECT DISTINCT",
            (Dialect::ClickHouse, "EXCEPT") => "EXCEPT DISTINCT",
            (_, word) => word,
        }
    }

    fn select(&mut self, select: &Select, place: Place) -> Printed {
        let Select {
            select_token: _,
            optimizer_hints,
            distinct,
            select_modifiers,
            top,
            top_before_distinct: _,
            projection,
            exclude,
            into,
            from,
            lateral_views,
            prewhere,
            selection,
            connect_by,
            group_by,
            cluster_by,
            distribute_by,
            sort_by,
            having,
            named_window,
            qualify,
            window_before_qualify: _,
            value_table_mode,
            flavor,
        } = select;
        if into.is_some() {
            return refuse("SELECT INTO is not allowed");
        }
        if !optimizer_hints.is_empty()
            || select_modifiers.is_some()
            || top.is_some()
            || exclude.is_some()
            || !lateral_views.is_empty()
            || prewhere.is_some()
            || !connect_by.is_empty()
            || !cluster_by.is_empty()
            || !distribute_by.is_empty()
            || !sort_by.is_empty()
            || qualify.is_some()
            || value_table_mode.is_some()
            || !matches!(flavor, SelectFlavor::Standard)
        {
            return refuse(
                "a SELECT has columns, FROM, WHERE, GROUP BY, HAVING, WINDOW, ORDER BY and LIMIT; other clauses are \
                 not allowed",
            );
        }
        let mut sql = "SELECT ".to_owned();
        match distinct {
            None | Some(Distinct::All) => {}
            Some(Distinct::Distinct) => sql.push_str("DISTINCT "),
            Some(Distinct::On(_)) => return refuse("DISTINCT ON is not allowed"),
        }
        // FROM comes first, so that the columns' units can be told.
        let from = match from.as_slice() {
            [] => String::new(),
            [only] => format!(" FROM {}", self.from(only)?),
            _ => return refuse("tables are put together with JOIN … ON, not with a comma"),
        };
        if projection.len() > MAX_COLUMNS {
            return refuse(format!("more than {MAX_COLUMNS} columns"));
        }
        let mut columns = Vec::new();
        let mut selected = Vec::new();
        let mut star = false;
        for item in projection {
            let (mut text, column) = self.item(item)?;
            match column {
                Some(mut column) => {
                    if place == Place::Top {
                        // Rows are objects: every column gets a name, and a name of its own.
                        let wish = column.name.clone().unwrap_or_else(|| name_of(item));
                        let mut name = wish.clone();
                        let mut number = 2;
                        while selected.iter().any(|known: &Selected| known.name.as_deref() == Some(&name)) {
                            name = format!("{wish}_{number}");
                            number += 1;
                        }
                        if column.name.as_deref() != Some(&name) {
                            if let Some(given) = &column.name {
                                text.truncate(text.len() - format!(" AS {}", quoted(given)).len());
                            }
                            text.push_str(&format!(" AS {}", quoted(&name)));
                        }
                        column.name = Some(name);
                    }
                    selected.push(column);
                }
                None => star = true,
            }
            columns.push(text);
        }
        if place == Place::Top && self.columns.is_empty() && !star {
            self.columns = selected;
        }
        sql.push_str(&columns.join(", "));
        sql.push_str(&from);
        if let Some(condition) = selection {
            sql.push_str(&format!(" WHERE {}", self.expr(condition)?));
        }
        match group_by {
            GroupByExpr::Expressions(list, modifiers) if modifiers.is_empty() => {
                if !list.is_empty() {
                    sql.push_str(&format!(" GROUP BY {}", self.list(list)?));
                }
            }
            _ => return refuse("GROUP BY takes a list of expressions"),
        }
        if let Some(condition) = having {
            sql.push_str(&format!(" HAVING {}", self.expr(condition)?));
        }
        let mut windows = Vec::new();
        for NamedWindowDefinition(name, definition) in named_window {
            let NamedWindowExpr::WindowSpec(spec) = definition else {
                return refuse("a window is defined as `name AS (PARTITION BY … ORDER BY …)`");
            };
            let name = self.name(name)?;
            windows.push(format!("{} AS ({})", quoted(&name), self.window(spec)?));
        }
        if !windows.is_empty() {
            sql.push_str(&format!(" WINDOW {}", windows.join(", ")));
        }
        Ok(sql)
    }

    fn item(&mut self, item: &SelectItem) -> Result<(String, Option<Selected>), Refusal> {
        let is_plain = |options: &WildcardAdditionalOptions| {
            let WildcardAdditionalOptions {
                wildcard_token: _,
                opt_ilike,
                opt_exclude,
                opt_except,
                opt_replace,
                opt_rename,
                opt_alias,
            } = options;
            opt_ilike.is_none()
                && opt_exclude.is_none()
                && opt_except.is_none()
                && opt_replace.is_none()
                && opt_rename.is_none()
                && opt_alias.is_none()
        };
        match item {
            SelectItem::UnnamedExpr(expr) => {
                let name = match expr {
                    Expr::Identifier(ident) => Some(self.name(ident)?),
                    Expr::CompoundIdentifier(parts) => parts.last().map(|part| self.name(part)).transpose()?,
                    _ => None,
                };
                let unit = self.unit(expr);
                let text = self.expr(expr)?;
                // Named as the column, so that a qualified column is called the same in both engines.
                let text = match &name {
                    Some(name) => format!("{text} AS {}", quoted(name)),
                    None => text,
                };
                Ok((text, Some(Selected { name, unit })))
            }
            SelectItem::ExprWithAlias { expr, alias } => {
                let name = self.name(alias)?;
                let unit = self.unit(expr);
                let text = format!("{} AS {}", self.expr(expr)?, quoted(&name));
                self.declared.insert(name.clone());
                Ok((text, Some(Selected { name: Some(name), unit })))
            }
            SelectItem::Wildcard(options) if is_plain(options) => Ok(("*".to_owned(), None)),
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options)
                if is_plain(options) =>
            {
                let name = self.single(name)?;
                if !self.relations_named.contains(&name) {
                    return refuse(format!("`{name}.*`: the text reads no table called `{name}`"));
                }
                Ok((format!("{}.*", quoted(&name)), None))
            }
            _ => refuse("a column is an expression, `*` or `table.*`"),
        }
    }

    /// The unit of a column of money or of a count, also when summed up; anything computed has none.
    fn unit(&self, expr: &Expr) -> Option<String> {
        let of_column = |name: &str| {
            let mut units = self.tables.iter().filter_map(|table| table.column(name)).map(|column| column.unit);
            let first = units.next()?;
            units.all(|unit| unit == first).then_some(first).flatten()
        };
        let unit = match expr {
            Expr::Identifier(ident) => of_column(&ident.value),
            Expr::CompoundIdentifier(parts) => parts.last().and_then(|part| of_column(&part.value)),
            Expr::Nested(inner) => return self.unit(inner),
            Expr::Function(function) => {
                let name = function.name.to_string().to_ascii_lowercase();
                let FunctionArguments::List(list) = &function.args else { return None };
                match (name.as_str(), list.args.first()) {
                    ("count", _) => Some(Unit::Count),
                    (
                        "sum" | "min" | "max" | "avg" | "round" | "coalesce" | "ifnull" | "abs",
                        Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(inner))),
                    ) => return self.unit(inner),
                    _ => None,
                }
            }
            _ => None,
        };
        match unit? {
            Unit::Money => Some("money".to_owned()),
            Unit::Count => Some("count".to_owned()),
            Unit::Ratio | Unit::Percent => None,
        }
    }

    fn from(&mut self, from: &TableWithJoins) -> Printed {
        let TableWithJoins { relation, joins } = from;
        let mut sql = self.relation(relation)?;
        for Join { relation, global, join_operator } in joins {
            self.joins += 1;
            if self.joins > MAX_JOINS {
                return refuse(format!("more than {MAX_JOINS} joins"));
            }
            let (word, constraint) = match join_operator {
                JoinOperator::Join(constraint) | JoinOperator::Inner(constraint) => ("JOIN", constraint),
                JoinOperator::Left(constraint) | JoinOperator::LeftOuter(constraint) => ("LEFT JOIN", constraint),
                JoinOperator::Right(constraint) | JoinOperator::RightOuter(constraint) => ("RIGHT JOIN", constraint),
                JoinOperator::FullOuter(constraint) => ("FULL JOIN", constraint),
                _ => return refuse("joins are JOIN, LEFT JOIN, RIGHT JOIN and FULL JOIN, each with ON or USING"),
            };
            if *global {
                return refuse("GLOBAL joins are not allowed");
            }
            let relation = self.relation(relation)?;
            let constraint = match constraint {
                JoinConstraint::On(condition) => {
                    if !has_link(condition) {
                        return refuse(
                            "a join needs an ON with `a.column = b.column`, so that not every row meets every other",
                        );
                    }
                    format!("ON {}", self.expr(condition)?)
                }
                JoinConstraint::Using(names) => {
                    let mut columns = Vec::new();
                    for name in names {
                        let name = self.single(name)?;
                        self.used.push((None, name.clone()));
                        columns.push(quoted(&name));
                    }
                    if columns.is_empty() {
                        return refuse("USING needs a column");
                    }
                    format!("USING ({})", columns.join(", "))
                }
                JoinConstraint::Natural | JoinConstraint::None => {
                    return refuse("a join needs ON or USING: without, every row meets every other");
                }
            };
            sql.push_str(&format!(" {word} {relation} {constraint}"));
        }
        Ok(sql)
    }

    fn relation(&mut self, factor: &TableFactor) -> Printed {
        self.count()?;
        match factor {
            TableFactor::Table {
                name,
                alias,
                args,
                with_hints,
                version,
                with_ordinality,
                partitions,
                json_path,
                sample,
                index_hints,
            } => {
                if args.is_some() {
                    return refuse("table functions are not allowed");
                }
                if !with_hints.is_empty()
                    || version.is_some()
                    || *with_ordinality
                    || !partitions.is_empty()
                    || json_path.is_some()
                    || sample.is_some()
                    || !index_hints.is_empty()
                {
                    return refuse("a table is a name and perhaps an alias");
                }
                self.relations += 1;
                if self.relations > MAX_RELATIONS {
                    return refuse(format!("more than {MAX_RELATIONS} tables are read"));
                }
                let name = self.single(name)?;
                let alias = self.alias(alias.as_ref())?.unwrap_or_else(|| name.clone());
                self.relations_named.insert(alias.clone());
                if self.scopes.iter().flatten().any(|known| *known == name) {
                    return Ok(format!("{} AS {}", common(&name), quoted(&alias)));
                }
                let Some(table) = schema::table(&name) else {
                    let known: Vec<&str> = schema::TABLES.iter().map(|table| table.name).collect();
                    return refuse(format!("there is no table `{name}`; there are {}", known.join(", ")));
                };
                self.declared.extend(table.columns.iter().map(|column| column.name.to_owned()));
                if !self.tables.iter().any(|known| known.name == table.name) {
                    self.tables.push(table);
                }
                Ok(format!("{} AS {}", table.relation(self.dialect), quoted(&alias)))
            }
            TableFactor::Derived { lateral, subquery, alias, sample } => {
                if *lateral || sample.is_some() {
                    return refuse("LATERAL and SAMPLE are not allowed");
                }
                let sql = self.query(subquery, Place::Inside)?;
                Ok(match self.alias(alias.as_ref())? {
                    Some(alias) => {
                        let sql = format!("({sql}) AS {}", quoted(&alias));
                        self.relations_named.insert(alias);
                        sql
                    }
                    None => format!("({sql})"),
                })
            }
            _ => refuse("FROM takes tables and subqueries; functions and other sources of rows are not allowed"),
        }
    }

    fn alias(&mut self, alias: Option<&TableAlias>) -> Result<Option<String>, Refusal> {
        let Some(TableAlias { explicit: _, name, columns, at }) = alias else { return Ok(None) };
        if !columns.is_empty() || at.is_some() {
            return refuse("an alias of a table is a name only");
        }
        self.name(name).map(Some)
    }

    fn limit(&mut self, clause: Option<&LimitClause>, place: Place) -> Printed {
        let whole = |expr: &Expr, what: &str| match expr {
            Expr::Value(ValueWithSpan { value: Value::Number(digits, false), span: _ }) => digits
                .parse::<u64>()
                .map_err(|_| Refusal { reason: format!("{what} takes a whole number, found `{digits}`") }),
            _ => refuse(format!("{what} takes a whole number")),
        };
        let (limit, offset) = match clause {
            None => (None, None),
            Some(LimitClause::LimitOffset { limit, offset, limit_by }) => {
                if !limit_by.is_empty() {
                    return refuse("LIMIT BY is not allowed");
                }
                let offset = match offset {
                    None => None,
                    Some(Offset { value, rows: _ }) => Some(whole(value, "OFFSET")?),
                };
                (limit.as_ref().map(|limit| whole(limit, "LIMIT")).transpose()?, offset)
            }
            Some(LimitClause::OffsetCommaLimit { offset, limit }) => {
                (Some(whole(limit, "LIMIT")?), Some(whole(offset, "OFFSET")?))
            }
        };
        if offset.is_some_and(|offset| offset > MAX_OFFSET) {
            return refuse(format!("OFFSET is at most {MAX_OFFSET}"));
        }
        let limit = match place {
            Place::Top => {
                self.limit = limit.unwrap_or(DEFAULT_ROWS).min(MAX_ROWS);
                Some(self.limit)
            }
            Place::Inside => limit,
        };
        let mut sql = limit.map_or(String::new(), |limit| format!(" LIMIT {limit}"));
        if let Some(offset) = offset {
            if limit.is_none() {
                return refuse("OFFSET needs a LIMIT");
            }
            sql.push_str(&format!(" OFFSET {offset}"));
        }
        Ok(sql)
    }

    fn order(&mut self, list: &[OrderByExpr]) -> Printed {
        let mut parts = Vec::new();
        for OrderByExpr { expr, options, with_fill } in list {
            let OrderByOptions { sort, nulls_first } = options;
            if with_fill.is_some() {
                return refuse("WITH FILL is not allowed");
            }
            let mut part = self.expr(expr)?;
            match sort {
                None => {}
                Some(OrderBySort::Asc) => part.push_str(" ASC"),
                Some(OrderBySort::Desc) => part.push_str(" DESC"),
                Some(OrderBySort::Using(_)) => return refuse("ORDER BY takes ASC or DESC"),
            }
            match nulls_first {
                None => {}
                Some(true) => part.push_str(" NULLS FIRST"),
                Some(false) => part.push_str(" NULLS LAST"),
            }
            parts.push(part);
        }
        Ok(parts.join(", "))
    }

    fn list(&mut self, list: &[Expr]) -> Printed {
        let parts: Vec<String> = list.iter().map(|expr| self.expr(expr)).collect::<Result<_, _>>()?;
        Ok(parts.join(", "))
    }

    fn window(&mut self, spec: &WindowSpec) -> Printed {
        let WindowSpec { window_name, partition_by, order_by, window_frame } = spec;
        if window_name.is_some() {
            return refuse("a window cannot build on another one");
        }
        let mut parts = Vec::new();
        if !partition_by.is_empty() {
            parts.push(format!("PARTITION BY {}", self.list(partition_by)?));
        }
        if !order_by.is_empty() {
            parts.push(format!("ORDER BY {}", self.order(order_by)?));
        }
        if let Some(WindowFrame { units, start_bound, end_bound }) = window_frame {
            let units = match units {
                WindowFrameUnits::Rows => "ROWS",
                WindowFrameUnits::Range => "RANGE",
                WindowFrameUnits::Groups => return refuse("a window's frame is in ROWS or RANGE"),
            };
            let start = bound(start_bound)?;
            parts.push(match end_bound {
                Some(end) => format!("{units} BETWEEN {start} AND {}", bound(end)?),
                None => format!("{units} {start}"),
            });
        }
        Ok(parts.join(" "))
    }

    fn expr(&mut self, expr: &Expr) -> Printed {
        self.count()?;
        self.expression_depth += 1;
        if self.expression_depth > MAX_EXPRESSION_DEPTH {
            return refuse(format!("expressions are nested more than {MAX_EXPRESSION_DEPTH} deep"));
        }
        let printed = self.expression(expr);
        self.expression_depth -= 1;
        printed
    }

    fn expression(&mut self, expr: &Expr) -> Printed {
        Ok(match expr {
            Expr::Identifier(ident) => {
                let name = self.name(ident)?;
                self.used.push((None, name.clone()));
                quoted(&name)
            }
            Expr::CompoundIdentifier(parts) => match parts.as_slice() {
                [qualifier, name] => {
                    let (qualifier, name) = (self.name(qualifier)?, self.name(name)?);
                    let printed = format!("{}.{}", quoted(&qualifier), quoted(&name));
                    self.used.push((Some(qualifier), name));
                    printed
                }
                _ => return refuse("a column is `name` or `table.name`"),
            },
            Expr::Value(ValueWithSpan { value, span: _ }) => self.value(value)?,
            Expr::Nested(inner) => format!("({})", self.expr(inner)?),
            Expr::IsNull(inner) => format!("({} IS NULL)", self.expr(inner)?),
            Expr::IsNotNull(inner) => format!("({} IS NOT NULL)", self.expr(inner)?),
            Expr::InList { expr, list, negated } => {
                if list.is_empty() {
                    return refuse("IN needs at least one value");
                }
                format!("({}{} IN ({}))", self.expr(expr)?, not(*negated), self.list(list)?)
            }
            Expr::InSubquery { expr, subquery, negated } => {
                let left = self.expr(expr)?;
                format!("({left}{} IN ({}))", not(*negated), self.query(subquery, Place::Inside)?)
            }
            Expr::Exists { subquery, negated } => {
                format!("({}EXISTS ({}))", if *negated { "NOT " } else { "" }, self.query(subquery, Place::Inside)?)
            }
            Expr::Subquery(query) => format!("({})", self.query(query, Place::Inside)?),
            Expr::Between { expr, negated, low, high } => {
                let (expr, low, high) = (self.expr(expr)?, self.expr(low)?, self.expr(high)?);
                format!("({expr}{} BETWEEN {low} AND {high})", not(*negated))
            }
            Expr::Like { negated, any: false, expr, pattern, escape_char: None } => {
                if let Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(text), span: _ }) = &**pattern
                    && text.len() > 50
                {
                    return refuse("a LIKE pattern is at most 50 bytes");
                }
                format!("({}{} LIKE {})", self.expr(expr)?, not(*negated), self.expr(pattern)?)
            }
            Expr::UnaryOp { op, expr } => {
                let word = match op {
                    UnaryOperator::Minus => "-",
                    UnaryOperator::Plus => "+",
                    UnaryOperator::Not => "NOT ",
                    _ => return refuse(format!("the operator `{op}` is not allowed")),
                };
                format!("({word}{})", self.expr(expr)?)
            }
            Expr::BinaryOp { left, op, right } => self.chain(left, op, right)?,
            Expr::Case { case_token: _, end_token: _, operand, conditions, else_result } => {
                let mut sql = "CASE".to_owned();
                if let Some(operand) = operand {
                    sql.push_str(&format!(" {}", self.expr(operand)?));
                }
                for CaseWhen { condition, result } in conditions {
                    sql.push_str(&format!(" WHEN {} THEN {}", self.expr(condition)?, self.expr(result)?));
                }
                if let Some(result) = else_result {
                    sql.push_str(&format!(" ELSE {}", self.expr(result)?));
                }
                sql + " END"
            }
            Expr::Cast { kind: CastKind::Cast, expr, data_type, format: None } => {
                let to = match (data_type, self.dialect) {
                    (DataType::Integer(None) | DataType::Int(None) | DataType::BigInt(None), Dialect::D1) => "INTEGER",
                    (DataType::Integer(None) | DataType::Int(None) | DataType::BigInt(None), Dialect::ClickHouse) => {
                        "Nullable(Int64)"
                    }
                    (DataType::Real | DataType::Float(_) | DataType::Double(_), Dialect::D1) => "REAL",
                    (DataType::Real | DataType::Float(_) | DataType::Double(_), Dialect::ClickHouse) => {
                        "Nullable(Float64)"
                    }
                    (DataType::Text, Dialect::D1) => "TEXT",
                    (DataType::Text, Dialect::ClickHouse) => "Nullable(String)",
                    _ => return refuse("CAST takes INTEGER, REAL or TEXT"),
                };
                format!("CAST({} AS {to})", self.expr(expr)?)
            }
            Expr::Substring { expr, substring_from: Some(from), substring_for, special: true, shorthand: _ } => {
                let mut args = vec![self.expr(expr)?, self.expr(from)?];
                if let Some(length) = substring_for {
                    args.push(self.expr(length)?);
                }
                format!("{}({})", self.spelled("substr", "substring"), args.join(", "))
            }
            Expr::Trim { trim_where: None, trim_what: None, expr, trim_characters: None } => {
                format!("trim({})", self.expr(expr)?)
            }
            Expr::Function(function) => self.function(function)?,
            _ => return refuse(format!("`{}` is not allowed here", shortened(&expr.to_string()))),
        })
    }

    fn spelled(&self, d1: &'static str, clickhouse: &'static str) -> &'static str {
        if self.dialect == Dialect::D1 { d1 } else { clickhouse }
    }

    /// `a op b op c …`: the left side of a chain is walked, not descended into.
    fn chain(&mut self, left: &Expr, op: &BinaryOperator, right: &Expr) -> Printed {
        let mut rest = vec![(op, right)];
        let mut first = left;
        while let Expr::BinaryOp { left, op, right } = first {
            rest.push((op, right));
            first = left;
            if rest.len() > MAX_CHAIN {
                return refuse(format!("more than {MAX_CHAIN} operators in a row"));
            }
        }
        let mut sql = self.expr(first)?;
        for (op, right) in rest.into_iter().rev() {
            let right = self.expr(right)?;
            sql = match op {
                BinaryOperator::Divide if self.dialect == Dialect::D1 => format!("({sql} * 1.0 / {right})"),
                BinaryOperator::Divide => format!("({sql} / nullIf({right}, 0))"),
                BinaryOperator::Modulo => format!("({sql} % {})", self.divisor(&right)),
                BinaryOperator::StringConcat => {
                    self.concatenations += 1;
                    if self.concatenations > MAX_CONCATENATIONS {
                        return refuse(format!("more than {MAX_CONCATENATIONS} `||`"));
                    }
                    format!("({sql} || {right})")
                }
                BinaryOperator::Plus => format!("({sql} + {right})"),
                BinaryOperator::Minus => format!("({sql} - {right})"),
                BinaryOperator::Multiply => format!("({sql} * {right})"),
                BinaryOperator::Gt => format!("({sql} > {right})"),
                BinaryOperator::Lt => format!("({sql} < {right})"),
                BinaryOperator::GtEq => format!("({sql} >= {right})"),
                BinaryOperator::LtEq => format!("({sql} <= {right})"),
                BinaryOperator::Eq => format!("({sql} = {right})"),
                BinaryOperator::NotEq => format!("({sql} <> {right})"),
                BinaryOperator::And => format!("({sql} AND {right})"),
                BinaryOperator::Or => format!("({sql} OR {right})"),
                other => return refuse(format!("the operator `{other}` is not allowed")),
            };
        }
        Ok(sql)
    }

    fn divisor(&self, right: &str) -> String {
        if self.dialect == Dialect::D1 { right.to_owned() } else { format!("nullIf({right}, 0)") }
    }

    fn value(&mut self, value: &Value) -> Printed {
        Ok(match value {
            Value::Number(digits, false)
                if digits.len() <= 40
                    && digits
                        .bytes()
                        .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'))
                    && digits.parse::<f64>().is_ok() =>
            {
                digits.clone()
            }
            Value::SingleQuotedString(text) => match self.dialect {
                Dialect::D1 => format!("'{}'", text.replace('\'', "''")),
                Dialect::ClickHouse => format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''")),
            },
            Value::Boolean(true) => "1".to_owned(),
            Value::Boolean(false) => "0".to_owned(),
            Value::Null => "NULL".to_owned(),
            Value::Placeholder(name) => {
                return refuse(format!("`{}`: parameters are not allowed; write the value", shortened(name)));
            }
            other => return refuse(format!("`{}` is not a number or a 'text'", shortened(&other.to_string()))),
        })
    }

    fn function(&mut self, function: &Function) -> Printed {
        let Function { name, uses_odbc_syntax, parameters, args, within_group, filter, null_treatment, over } =
            function;
        let name = self.single(name)?;
        let Some(known) = FUNCTIONS.iter().find(|known| known.name == name) else {
            let names: Vec<&str> = FUNCTIONS.iter().map(|known| known.name).collect();
            return refuse(format!("the function `{name}` is not allowed; there are {}", names.join(", ")));
        };
        if *uses_odbc_syntax
            || !matches!(parameters, FunctionArguments::None)
            || !within_group.is_empty()
            || null_treatment.is_some()
        {
            return refuse(format!("`{name}` is called as {name}(…)"));
        }
        let FunctionArguments::List(FunctionArgumentList { duplicate_treatment, args, clauses }) = args else {
            return refuse(format!("`{name}` is called as {name}(…)"));
        };
        if !clauses.is_empty() {
            return refuse(format!("`{name}` is called as {name}(…)"));
        }
        if !(known.least..=known.most).contains(&args.len()) {
            return refuse(format!("`{name}` takes {} to {} arguments", known.least, known.most));
        }
        let mut list = Vec::new();
        for argument in args {
            list.push(match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => self.expr(expr)?,
                FunctionArg::Unnamed(FunctionArgExpr::Wildcard) if name == "count" => "*".to_owned(),
                _ => return refuse(format!("an argument of `{name}` is an expression")),
            });
        }
        let distinct = match duplicate_treatment {
            None | Some(DuplicateTreatment::All) => "",
            Some(DuplicateTreatment::Distinct) if known.kind == Kind::Aggregate => "DISTINCT ",
            Some(DuplicateTreatment::Distinct) => return refuse(format!("`{name}` takes no DISTINCT")),
        };
        let mut sql = format!("{}({distinct}{})", self.spelled(known.d1, known.clickhouse), list.join(", "));
        if let Some(filter) = filter {
            if known.kind != Kind::Aggregate {
                return refuse(format!("`{name}` takes no FILTER"));
            }
            sql.push_str(&format!(" FILTER (WHERE {})", self.expr(filter)?));
        }
        match over {
            None if known.kind == Kind::Window => return refuse(format!("`{name}` needs OVER (…)")),
            None => {}
            Some(_) if known.kind == Kind::Scalar => return refuse(format!("`{name}` takes no OVER")),
            Some(WindowType::WindowSpec(spec)) => sql.push_str(&format!(" OVER ({})", self.window(spec)?)),
            Some(WindowType::NamedWindow(window)) => {
                let window = self.name(window)?;
                sql.push_str(&format!(" OVER {}", quoted(&window)));
            }
        }
        Ok(sql)
    }

    /// A name without qualifier.
    fn single(&mut self, name: &ObjectName) -> Printed {
        let ObjectName(parts) = name;
        match parts.as_slice() {
            [ObjectNamePart::Identifier(ident)] => self.name(ident),
            _ => refuse(format!("`{}`: names with a dot or a call are not allowed here", shortened(&name.to_string()))),
        }
    }

    /// A name in lower case: letters, digits, `_` and inner blanks, so that quoting it cannot go wrong.
    fn name(&self, ident: &Ident) -> Printed {
        let Ident { value, quote_style: _, span: _ } = ident;
        let well_formed = value.len() <= 60
            && value.starts_with(|char: char| char.is_ascii_alphabetic() || char == '_')
            && !value.ends_with(' ')
            && value.chars().all(|char| char.is_ascii_alphanumeric() || char == '_' || char == ' ');
        if well_formed {
            Ok(value.to_ascii_lowercase())
        } else {
            refuse(format!("`{}` is no name: use letters, digits and _", shortened(value)))
        }
    }
}

/// What to call a column that the text gives no name: `sum_spend` for `SUM(spend)`.
fn name_of(item: &SelectItem) -> String {
    let text = item.to_string().to_ascii_lowercase();
    let words: Vec<&str> = text
        .split(|char: char| !char.is_ascii_alphanumeric() && char != '_')
        .filter(|word| !word.is_empty())
        .take(4)
        .collect();
    let name: String = words.join("_").chars().take(40).collect();
    if name.starts_with(|char: char| char.is_ascii_alphabetic()) { name } else { "value".to_owned() }
}

fn shortened(text: &str) -> String {
    text.chars().take(60).collect()
}

fn not(negated: bool) -> &'static str {
    if negated { " NOT" } else { "" }
}

/// A name that [`Guard::name`] has let through.
fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

/// A common table's name in the new text: no table is called so.
fn common(name: &str) -> String {
    quoted(&format!("cte_{name}"))
}

/// Names that a common table cannot have: those of tables, and those an engine keeps for itself.
fn is_reserved(name: &str) -> bool {
    const STORED: [&str; 4] = ["events_current", "ad_spend_current", "identities_current", "system"];
    schema::table(name).is_some()
        || crate::version::stored_tables().any(|stored| stored == name)
        || STORED.contains(&name)
        || ["sqlite_", "pragma_", "json_", "d1_", "_cf_", "information_schema"]
            .iter()
            .any(|prefix| name.starts_with(prefix))
}

/// Whether a join's condition ties its two sides: `a.x = b.y` on its own or as a part of an AND.
fn has_link(condition: &Expr) -> bool {
    let mut open = vec![condition];
    while let Some(expr) = open.pop() {
        match expr {
            Expr::Nested(inner) => open.push(inner),
            Expr::BinaryOp { left, op: BinaryOperator::And, right } => open.extend([&**left, &**right]),
            Expr::BinaryOp { left, op: BinaryOperator::Eq, right } => {
                if let (Expr::CompoundIdentifier(left), Expr::CompoundIdentifier(right)) = (&**left, &**right)
                    && let (Some(left), Some(right)) = (left.first(), right.first())
                    && !left.value.eq_ignore_ascii_case(&right.value)
                {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}

fn bound(bound: &WindowFrameBound) -> Printed {
    let rows = |rows: &Expr| match rows {
        Expr::Value(ValueWithSpan { value: Value::Number(digits, false), span: _ })
            if digits.len() <= 6 && digits.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            Ok(digits.clone())
        }
        _ => refuse("a window's frame takes whole numbers"),
    };
    Ok(match bound {
        WindowFrameBound::CurrentRow => "CURRENT ROW".to_owned(),
        WindowFrameBound::Preceding(None) => "UNBOUNDED PRECEDING".to_owned(),
        WindowFrameBound::Following(None) => "UNBOUNDED FOLLOWING".to_owned(),
        WindowFrameBound::Preceding(Some(expr)) => format!("{} PRECEDING", rows(expr)?),
        WindowFrameBound::Following(Some(expr)) => format!("{} FOLLOWING", rows(expr)?),
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Scalar,
    Aggregate,
    Window,
}

struct Known {
    name: &'static str,
    kind: Kind,
    least: usize,
    most: usize,
    d1: &'static str,
    clickhouse: &'static str,
}

const fn same(name: &'static str, kind: Kind, least: usize, most: usize) -> Known {
    Known { name, kind, least, most, d1: name, clickhouse: name }
}

const fn differs(name: &'static str, clickhouse: &'static str, least: usize, most: usize) -> Known {
    Known { name, kind: Kind::Scalar, least, most, d1: name, clickhouse }
}

/// Functions that free SQL may call: none of them reads or writes anything but its arguments, and none makes much of
/// little.
static FUNCTIONS: [Known; 25] = [
    same("count", Kind::Aggregate, 0, 1),
    same("sum", Kind::Aggregate, 1, 1),
    same("avg", Kind::Aggregate, 1, 1),
    same("min", Kind::Aggregate, 1, 1),
    same("max", Kind::Aggregate, 1, 1),
    same("row_number", Kind::Window, 0, 0),
    same("rank", Kind::Window, 0, 0),
    same("dense_rank", Kind::Window, 0, 0),
    same("lag", Kind::Window, 1, 3),
    same("lead", Kind::Window, 1, 3),
    same("first_value", Kind::Window, 1, 1),
    same("last_value", Kind::Window, 1, 1),
    same("round", Kind::Scalar, 1, 2),
    same("abs", Kind::Scalar, 1, 1),
    same("coalesce", Kind::Scalar, 2, 8),
    differs("nullif", "nullIf", 2, 2),
    differs("ifnull", "ifNull", 2, 2),
    differs("iif", "if", 3, 3),
    same("lower", Kind::Scalar, 1, 1),
    same("upper", Kind::Scalar, 1, 1),
    same("length", Kind::Scalar, 1, 1),
    differs("substr", "substring", 2, 3),
    differs("instr", "position", 2, 2),
    same("trim", Kind::Scalar, 1, 1),
    Known { name: "sign", kind: Kind::Scalar, least: 1, most: 1, d1: "sign", clickhouse: "sign" },
];

/// The names of the functions free SQL may call.
pub fn functions() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().map(|known| known.name)
}
