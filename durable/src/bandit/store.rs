//! The object's SQLite tables and every statement over them. Callers see values, never SQL.

use bandit::contextual::{Cell, Feature, MAX_LEVELS, Model, OTHER, Statistics, learn};
use bandit::delay::{self, Ledger, SLOTS, Tally, delay};
use bandit::replay::Logged;
use bandit::{Arm, ArmStatus};
use platform::bandit_object::{Begin, CaseCount, Cases, Compare};
use platform::random;
use serde::Deserialize;
use std::collections::BTreeMap;
use worker::{Error, Result, SqlStorage, SqlStorageValue};

/// One statement a line; a new column is added by a further line, never by changing one.
const TABLES: &str = "
CREATE TABLE IF NOT EXISTS begun (one INTEGER PRIMARY KEY CHECK (one = 1), body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS arm (key TEXT PRIMARY KEY, place INTEGER NOT NULL, status TEXT NOT NULL, exposures INTEGER NOT NULL DEFAULT 0, rewards INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS visitor (id TEXT PRIMARY KEY, arm TEXT NOT NULL, shown_at INTEGER NOT NULL, rewarded INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS secret (one INTEGER PRIMARY KEY CHECK (one = 1), body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS pending (slot INTEGER NOT NULL, arm TEXT NOT NULL, many INTEGER NOT NULL, PRIMARY KEY (slot, arm)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS delay (slot INTEGER NOT NULL, late INTEGER NOT NULL, many INTEGER NOT NULL, PRIMARY KEY (slot, late)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS share (arm TEXT PRIMARY KEY, decided INTEGER NOT NULL, expected REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS decision (number INTEGER PRIMARY KEY AUTOINCREMENT, visitor TEXT NOT NULL, arm TEXT NOT NULL, propensity REAL NOT NULL, shown_at INTEGER NOT NULL, rewarded INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS decision_visitor ON decision (visitor, arm);
";

/// Further tables of an experiment with a context; they are made when it begins. A cell is visitors of one context, whose
/// columns stand in it separated by commas, by the slot they were shown a variant in; what is older than the window is
/// added up in `learnt`.
const CONTEXT_TABLES: &str = "
CREATE TABLE IF NOT EXISTS level (place INTEGER PRIMARY KEY AUTOINCREMENT, feature TEXT NOT NULL, value TEXT NOT NULL, UNIQUE (feature, value));
CREATE TABLE IF NOT EXISTS context (visitor TEXT NOT NULL, arm TEXT NOT NULL, columns TEXT NOT NULL, PRIMARY KEY (visitor, arm)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cell (slot INTEGER NOT NULL, arm TEXT NOT NULL, columns TEXT NOT NULL, pending INTEGER NOT NULL, rewarded INTEGER NOT NULL, PRIMARY KEY (slot, arm, columns)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS learnt (arm TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
";

/// Decisions that are kept with their probabilities, the newest.
const MOST_DECISIONS: i64 = 20_000;
/// Contexts whose visitors are told apart, those with the most.
const MOST_CONTEXTS: usize = 500;
/// Where visitors shown longer ago than the window are added up; no time of ours lies in it.
const LONG_AGO: i64 = -1;

/// See the module.
pub(super) struct Store(SqlStorage);

#[derive(Deserialize)]
struct Body {
    body: String,
}
#[derive(Deserialize)]
struct ArmRow {
    key: String,
    status: ArmStatus,
    exposures: u64,
    rewards: u64,
}
/// What a visitor was shown.
#[derive(Deserialize)]
pub(super) struct Held {
    /// Variant.
    pub(super) arm: String,
    /// UTC ms.
    pub(super) shown_at: i64,
    /// When they did what counts, UTC ms; 0 for not yet. Rows of before times were kept hold 1.
    rewarded: i64,
}
#[derive(Deserialize)]
struct PendingRow {
    slot: i64,
    arm: String,
    many: f64,
}
#[derive(Deserialize)]
struct DelayRow {
    slot: i64,
    late: usize,
    many: f64,
}
/// Decisions for a variant since probabilities are kept.
#[derive(Deserialize)]
pub(super) struct Share {
    /// Variant.
    pub(super) arm: String,
    /// How many.
    pub(super) decided: u64,
    /// The sum of the probabilities it had at every decision.
    pub(super) expected: f64,
}
#[derive(Deserialize)]
struct LevelRow {
    place: usize,
    feature: Feature,
    value: String,
}
#[derive(Deserialize)]
struct ColumnsRow {
    columns: String,
}
#[derive(Deserialize)]
struct CellRow {
    slot: i64,
    arm: String,
    columns: String,
    pending: f64,
    rewarded: f64,
}
#[derive(Deserialize)]
struct LearntRow {
    arm: String,
    body: String,
}
#[derive(Deserialize)]
struct DecisionRow {
    number: u64,
    arm: String,
    propensity: f64,
    shown_at: i64,
    rewarded: i64,
}

#[derive(Deserialize)]
struct CaseRow {
    columns: String,
    treated: u8,
    converted: u8,
    visitors: u64,
    weight: f64,
    squares: f64,
}
#[derive(Deserialize)]
struct KeptRow {
    unsettled: u64,
    forgotten: u64,
}

impl Store {
    /// Over the object's storage.
    pub(super) fn new(sql: SqlStorage) -> Result<Self> {
        let store = Self(sql);
        for statement in TABLES.lines().filter(|line| !line.is_empty()) {
            store.0.exec(statement, None)?;
        }
        Ok(store)
    }

    /// Takes an experiment. Begun again it keeps its window and its context: what is added up is added up by them.
    pub(super) fn begin(&self, begin: &Begin) -> Result<()> {
        let mut begin = begin.clone();
        if let Some(before) = self.begun()? {
            begin.config.window_days = before.config.window_days;
            begin.config.context = before.config.context;
        }
        if !begin.config.context.is_empty() {
            for statement in CONTEXT_TABLES.lines().filter(|line| !line.is_empty()) {
                self.0.exec(statement, None)?;
            }
        }
        let body = serde_json::to_string(&begin)?;
        self.0.exec("INSERT OR REPLACE INTO begun VALUES (1, ?)", vec![SqlStorageValue::from(body)])?;
        for (key, place) in begin.variants.iter().zip(0_i64..) {
            self.0.exec(
                "INSERT INTO arm (key, place, status) VALUES (?, ?, 'active') ON CONFLICT (key) DO UPDATE SET place = excluded.place",
                vec![text(key), SqlStorageValue::Integer(place)],
            )?;
        }
        self.secret(window(&begin)).map(|_| ())
    }

    /// The key that proofs of exposure are made with. An experiment that has none began before visitors were added up by
    /// time; that is done once, here.
    pub(super) fn secret(&self, window: f64) -> Result<String> {
        let rows: Vec<Body> = self.0.exec("SELECT body FROM secret", None)?.to_array()?;
        if let Some(row) = rows.into_iter().next() {
            return Ok(row.body);
        }
        self.0.exec(
            "INSERT INTO pending SELECT CAST(shown_at / ? AS INTEGER), arm, COUNT(*) FROM visitor WHERE rewarded = 0 \
             GROUP BY 1, 2",
            vec![SqlStorageValue::Float(delay::width(window))],
        )?;
        // Two of 122 random bits each.
        let secret = random::uuid() + &random::uuid();
        self.0.exec("INSERT INTO secret VALUES (1, ?)", vec![text(&secret)])?;
        Ok(secret)
    }

    pub(super) fn begun(&self) -> Result<Option<Begin>> {
        let rows: Vec<Body> = self.0.exec("SELECT body FROM begun", None)?.to_array()?;
        rows.first().map(|row| serde_json::from_str(&row.body).map_err(Error::from)).transpose()
    }

    pub(super) fn arms(&self) -> Result<Vec<Arm>> {
        let sql = "SELECT key, status, exposures, rewards FROM arm ORDER BY place, key";
        let rows: Vec<ArmRow> = self.0.exec(sql, None)?.to_array()?;
        let arm =
            |row: ArmRow| Arm { key: row.key, status: row.status, exposures: row.exposures, rewards: row.rewards };
        Ok(rows.into_iter().map(arm).collect())
    }

    pub(super) fn set_status(&self, key: &str, status: &str) -> Result<()> {
        self.0.exec("UPDATE arm SET status = ? WHERE key = ?", vec![text(status), text(key)]).map(|_| ())
    }

    /// Gives a visitor a variant, which had this probability among `shares`: they count for it from now on.
    pub(super) fn assign(&self, visitor: &str, arm: &str, shares: &[(&str, f64)], now: i64, window: f64) -> Result<()> {
        self.0.exec(
            "INSERT OR REPLACE INTO visitor (id, arm, shown_at) VALUES (?, ?, ?)",
            vec![text(visitor), text(arm), SqlStorageValue::Integer(now)],
        )?;
        self.0.exec("UPDATE arm SET exposures = exposures + 1 WHERE key = ?", vec![text(arm)])?;
        self.0.exec(
            "INSERT INTO pending VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET many = many + 1",
            vec![SqlStorageValue::Integer(slot(window, now)), text(arm)],
        )?;
        for (key, share) in shares.iter().filter(|(_, share)| *share > 0.0) {
            let chosen = i64::from(*key == arm);
            self.0.exec(
                "INSERT INTO share VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET decided = decided + excluded.decided, \
                 expected = expected + excluded.expected",
                vec![text(key), SqlStorageValue::Integer(chosen), SqlStorageValue::Float(*share)],
            )?;
            if chosen == 1 {
                self.0.exec(
                    "INSERT INTO decision (visitor, arm, propensity, shown_at) VALUES (?, ?, ?, ?)",
                    vec![text(visitor), text(arm), SqlStorageValue::Float(*share), SqlStorageValue::Integer(now)],
                )?;
            }
        }
        Ok(())
    }

    /// Counts a visitor's first reward after they were shown their variant. What is `proven` goes before what is kept: the
    /// variant that was really shown, whoever it is given to meanwhile. True when it counted.
    pub(super) fn reward(&self, visitor: &str, at: i64, proven: Option<(String, i64)>, begin: &Begin) -> Result<bool> {
        let window = window(begin);
        let held = self.held(visitor)?;
        if held.as_ref().is_some_and(|held| held.rewarded != 0) {
            return Ok(false);
        }
        let shown = proven.or_else(|| held.map(|held| (held.arm, held.shown_at)));
        let Some((arm, shown_at)) = shown.filter(|(_, shown_at)| *shown_at <= at) else {
            return Ok(false);
        };
        let whole = SqlStorageValue::Integer;
        self.0.exec(
            "INSERT INTO visitor (id, arm, shown_at, rewarded) VALUES (?, ?, ?, ?) \
             ON CONFLICT DO UPDATE SET rewarded = excluded.rewarded",
            vec![text(visitor), text(&arm), whole(shown_at), whole(at)],
        )?;
        self.0.exec("UPDATE arm SET rewards = rewards + 1 WHERE key = ?", vec![text(&arm)])?;
        self.0.exec(
            "UPDATE decision SET rewarded = ? WHERE visitor = ? AND arm = ?",
            vec![whole(at), text(visitor), text(&arm)],
        )?;
        let of = slot(window, shown_at);
        self.0.exec(
            "UPDATE pending SET many = MAX(many - 1, 0) WHERE arm = ? AND slot = \
             COALESCE((SELECT slot FROM pending WHERE slot = ? AND arm = ?), ?)",
            vec![text(&arm), whole(of), text(&arm), whole(LONG_AGO)],
        )?;
        let late = delay(window, shown_at as f64, at as f64);
        if late < SLOTS {
            self.0.exec(
                "INSERT INTO delay VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET many = many + 1",
                vec![whole(of), whole(i64::try_from(late).unwrap_or_default())],
            )?;
        }
        if !begin.config.context.is_empty() {
            let sql = "SELECT columns FROM context WHERE visitor = ? AND arm = ?";
            let rows: Vec<ColumnsRow> = self.0.exec(sql, vec![text(visitor), text(&arm)])?.to_array()?;
            // Who was shown it before that was kept counts, but nothing is learnt of their context.
            if let Some(row) = rows.first() {
                self.count(of, &arm, &row.columns, -1, 1)?;
            }
        }
        Ok(true)
    }

    /// Adds to a cell. One that has been added up already is taken back from by what is negative.
    fn count(&self, slot: i64, arm: &str, columns: &str, pending: i64, rewarded: i64) -> Result<()> {
        let whole = SqlStorageValue::Integer;
        self.0
            .exec(
                "INSERT INTO cell VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET pending = pending + excluded.pending, \
                 rewarded = rewarded + excluded.rewarded",
                vec![whole(slot), text(arm), text(columns), whole(pending), whole(rewarded)],
            )
            .map(|_| ())
    }

    /// The columns of some levels, one a level. A level that is new gets the next, as long as its feature has few.
    pub(super) fn columns(&self, levels: &[(Feature, String)]) -> Result<Vec<usize>> {
        let known = self.level_rows()?;
        let mut columns = Vec::with_capacity(levels.len());
        for (feature, level) in levels {
            let of = |value: &str| known.iter().find(|row| row.feature == *feature && row.value == value);
            if let Some(row) = of(level) {
                columns.push(row.place);
                continue;
            }
            let many = known.iter().filter(|row| row.feature == *feature && row.value != OTHER).count();
            let value = if many < MAX_LEVELS { level.as_str() } else { OTHER };
            if let Some(row) = of(value) {
                columns.push(row.place);
                continue;
            }
            let sql = "INSERT INTO level (feature, value) VALUES (?, ?) RETURNING place, feature, value";
            let rows: Vec<LevelRow> = self.0.exec(sql, vec![text(feature.as_str()), text(value)])?.to_array()?;
            columns.extend(rows.into_iter().map(|row| row.place));
        }
        columns.sort_unstable();
        Ok(columns)
    }

    fn level_rows(&self) -> Result<Vec<LevelRow>> {
        self.0.exec("SELECT place, feature, value FROM level", None)?.to_array()
    }

    /// The levels seen, by column; none where the experiment has no context.
    pub(super) fn levels(&self, begin: &Begin) -> Result<Vec<(usize, Feature, String)>> {
        if begin.config.context.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self.level_rows()?.into_iter().map(|row| (row.place, row.feature, row.value)).collect())
    }

    /// Keeps the columns a visitor has, who has just been given a variant.
    pub(super) fn place(&self, visitor: &str, arm: &str, columns: &[usize], now: i64, window: f64) -> Result<()> {
        let columns = columns.iter().map(usize::to_string).collect::<Vec<_>>().join(",");
        self.0
            .exec("INSERT OR REPLACE INTO context VALUES (?, ?, ?)", vec![text(visitor), text(arm), text(&columns)])?;
        self.count(slot(window, now), arm, &columns, 1, 0)
    }

    /// What is believed of each variant, by the sums over everybody.
    pub(super) fn model(&self, arms: &[Arm], ledger: Option<&Ledger>) -> Result<Model> {
        let learnt = self.learnt(arms)?;
        let rows: Vec<CellRow> =
            self.0.exec("SELECT slot, arm, columns, pending, rewarded FROM cell", None)?.to_array()?;
        let cells: Vec<Cell> = rows.iter().filter_map(|row| cell(row, arms)).collect();
        Ok(Model::of_rates(&learn(&learnt, &cells, ledger)))
    }

    fn learnt(&self, arms: &[Arm]) -> Result<Vec<Statistics>> {
        let rows: Vec<LearntRow> = self.0.exec("SELECT arm, body FROM learnt", None)?.to_array()?;
        let of = |arm: &Arm| match rows.iter().find(|row| row.arm == arm.key) {
            Some(row) => serde_json::from_str(&row.body).map_err(Error::from),
            None => Ok(Statistics::default()),
        };
        arms.iter().map(of).collect()
    }

    /// Adds cells older than the window to what was learnt.
    fn fold_cells(&self, oldest: i64) -> Result<()> {
        let old = vec![SqlStorageValue::Integer(oldest)];
        let sql = "SELECT slot, arm, columns, pending, rewarded FROM cell WHERE slot < ?";
        let rows: Vec<CellRow> = self.0.exec(sql, old.clone())?.to_array()?;
        if rows.is_empty() {
            return Ok(());
        }
        let arms = self.arms()?;
        let cells: Vec<Cell> = rows.iter().filter_map(|row| cell(row, &arms)).collect();
        let learnt = learn(&self.learnt(&arms)?, &cells, None);
        for (arm, statistics) in arms.iter().zip(&learnt) {
            let body = serde_json::to_string(statistics)?;
            self.0.exec("INSERT OR REPLACE INTO learnt VALUES (?, ?)", vec![text(&arm.key), text(&body)])?;
        }
        self.0.exec("DELETE FROM cell WHERE slot < ?", old).map(|_| ())
    }

    /// What was shown and what came of it, by slots of the window.
    pub(super) fn tally(&self, arms: &[Arm]) -> Result<Tally> {
        let pending: Vec<PendingRow> = self.0.exec("SELECT slot, arm, many FROM pending", None)?.to_array()?;
        let delays: Vec<DelayRow> = self.0.exec("SELECT slot, late, many FROM delay", None)?.to_array()?;
        let place = |key: &str| arms.iter().position(|arm| arm.key == key);
        Ok(Tally {
            successes: arms.iter().map(|arm| arm.rewards as f64).collect(),
            pending: pending.iter().filter_map(|row| Some((row.slot, place(&row.arm)?, row.many))).collect(),
            delays: delays.iter().map(|row| (row.slot, row.late, row.many)).collect(),
        })
    }

    /// Adds what is older than the window up to one slot, and lets go of decisions beyond the newest.
    pub(super) fn fold(&self, now: i64, begin: &Begin) -> Result<()> {
        let window = window(begin);
        let oldest = slot(window, now) - i64::try_from(SLOTS).unwrap_or(i64::MAX);
        for (table, key) in [("pending", "arm"), ("delay", "late")] {
            self.0.exec(
                &format!(
                    "INSERT INTO {table} SELECT ?, {key}, SUM(many) FROM {table} WHERE slot >= 0 AND slot < ? \
                     GROUP BY {key} ON CONFLICT DO UPDATE SET many = many + excluded.many"
                ),
                vec![SqlStorageValue::Integer(LONG_AGO), SqlStorageValue::Integer(oldest)],
            )?;
            self.0.exec(
                &format!("DELETE FROM {table} WHERE slot >= 0 AND slot < ?"),
                vec![SqlStorageValue::Integer(oldest)],
            )?;
        }
        if !begin.config.context.is_empty() {
            // Without a window all lies there, and nobody is waited for.
            self.fold_cells(oldest.max(LONG_AGO + 1))?;
        }
        self.0.exec(
            "DELETE FROM decision WHERE number <= (SELECT MAX(number) FROM decision) - ?",
            vec![SqlStorageValue::Integer(MOST_DECISIONS)],
        )?;
        Ok(())
    }

    /// Decisions for each variant, counted and expected.
    pub(super) fn shares(&self) -> Result<Vec<Share>> {
        self.0.exec("SELECT arm, decided, expected FROM share", None)?.to_array()
    }

    /// The newest decisions made by a time, the context of each being one half of the log or the other; and how many there
    /// are that are younger.
    pub(super) fn log(&self, arms: &[Arm], until: i64) -> Result<(Vec<Logged<usize>>, u64)> {
        let sql = "SELECT number, arm, propensity, shown_at, rewarded FROM decision ORDER BY number DESC LIMIT ?";
        let rows: Vec<DecisionRow> = self.0.exec(sql, vec![SqlStorageValue::Integer(MOST_DECISIONS)])?.to_array()?;
        let all = rows.len();
        let logged: Vec<_> = rows
            .into_iter()
            .filter(|row| row.shown_at <= until)
            .filter_map(|row| {
                Some(Logged {
                    context: usize::from(row.number % 2 == 0),
                    arm: arms.iter().position(|arm| arm.key == row.arm)?,
                    propensity: row.propensity,
                    reward: if row.rewarded == 0 { 0.0 } else { 1.0 },
                })
            })
            .collect();
        let younger = u64::try_from(all - logged.len()).unwrap_or_default();
        Ok((logged, younger))
    }

    /// What came of two variants by context, over the newest decisions made by a time, weights cut to `most`.
    pub(super) fn cases(&self, of: &Compare, begin: &Begin, until: i64, most: f64) -> Result<Cases> {
        let two = || [text(&of.treated), text(&of.control)];
        let sql = "SELECT columns, arm = ? AS treated, rewarded <> 0 AS converted, COUNT(*) AS visitors, \
                   SUM(weight) AS weight, SUM(weight * weight) AS squares FROM \
                   (SELECT c.columns, d.arm, d.rewarded, MIN(1.0 / d.propensity, ?) AS weight FROM decision d \
                   JOIN context c ON c.visitor = d.visitor AND c.arm = d.arm WHERE d.arm IN (?, ?) AND d.shown_at <= ? \
                   AND d.number > (SELECT MAX(number) FROM decision) - ?) GROUP BY 1, 2, 3";
        let mut values = vec![text(&of.treated), SqlStorageValue::Float(most)];
        values.extend(two());
        values.extend([SqlStorageValue::Integer(until), SqlStorageValue::Integer(MOST_DECISIONS)]);
        let rows: Vec<CaseRow> = self.0.exec(sql, values)?.to_array()?;
        let sql = "SELECT (SELECT COUNT(*) FROM decision WHERE arm IN (?, ?) AND shown_at > ?) AS unsettled, \
                   (SELECT MAX(COALESCE(MAX(number), 0) - ?, 0) FROM decision) AS forgotten";
        let mut values = Vec::from(two());
        values.extend([SqlStorageValue::Integer(until), SqlStorageValue::Integer(MOST_DECISIONS)]);
        let kept: Vec<KeptRow> = self.0.exec(sql, values)?.to_array()?;
        let KeptRow { unsettled, forgotten } =
            kept.into_iter().next().unwrap_or(KeptRow { unsettled: 0, forgotten: 0 });
        let mut visitors: BTreeMap<&str, u64> = BTreeMap::new();
        for row in &rows {
            *visitors.entry(&row.columns).or_default() += row.visitors;
        }
        let mut contexts: Vec<(&str, u64)> = visitors.into_iter().collect();
        contexts.sort_by_key(|context| std::cmp::Reverse(context.1));
        let rare: BTreeMap<&str, u64> = contexts.into_iter().skip(MOST_CONTEXTS).collect();
        let told = rows.iter().filter(|row| !rare.contains_key(row.columns.as_str()));
        Ok(Cases {
            levels: self.levels(begin)?,
            counts: told
                .map(|row| CaseCount {
                    columns: columns(&row.columns),
                    treated: row.treated == 1,
                    converted: row.converted == 1,
                    visitors: row.visitors,
                    weight: row.weight,
                    squares: row.squares,
                })
                .collect(),
            unsettled,
            left_out: rare.values().sum(),
            forgotten,
        })
    }

    /// What a visitor was shown last.
    pub(super) fn held(&self, visitor: &str) -> Result<Option<Held>> {
        let sql = "SELECT arm, shown_at, rewarded FROM visitor WHERE id = ?";
        let rows: Vec<Held> = self.0.exec(sql, vec![text(visitor)])?.to_array()?;
        Ok(rows.into_iter().next())
    }
}

/// A row as the model takes it; none of a variant that is not there.
fn cell(row: &CellRow, arms: &[Arm]) -> Option<Cell> {
    Some(Cell {
        slot: row.slot,
        arm: arms.iter().position(|arm| arm.key == row.arm)?,
        columns: columns(&row.columns),
        pending: row.pending,
        rewarded: row.rewarded,
    })
}

fn columns(joined: &str) -> Vec<usize> {
    joined.split(',').filter_map(|column| column.parse().ok()).collect()
}

/// The window of an experiment, ms.
pub(super) fn window(begin: &Begin) -> f64 {
    const DAY_MS: f64 = 86_400_000.0;
    begin.config.window_days * DAY_MS
}

/// The slot a time lies in; without a window there is one for all.
fn slot(window: f64, at: i64) -> i64 {
    if window > 0.0 { delay::slot(window, at as f64) } else { LONG_AGO }
}

fn text(value: &str) -> SqlStorageValue {
    SqlStorageValue::from(value.to_owned())
}
