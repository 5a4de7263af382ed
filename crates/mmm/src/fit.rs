//! The fit: draws from the posterior, by a walk that can be stopped after any number of sweeps and taken up elsewhere.
//!
//! A [`Walk`] is all there is to remember between two calls of [`advance`], a few kilobytes; the draws come out as they are
//! made. Every sweep takes its randomness from (seed, number of the sweep), so a walk in pieces is the walk in one piece,
//! bit for bit.
//!
//! What is sampled: each channel's carry-over, saturation and total contribution, the correlation of neighbouring errors,
//! and how alike the channels are. The baseline's coefficients and the errors' variance have conjugate priors and are
//! integrated out (Liu, "The collapsed Gibbs sampler", JASA 89, 1994), then drawn with each draw that is kept.

use nalgebra::{Cholesky, DMatrix, DVector, Dyn};
use rand::{Rng, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, Gamma, StandardNormal};
use serde::{Deserialize, Serialize};

use crate::exact::Exact;
use crate::kernel::Kernel;
use crate::model::{Adstock, Channel, Error, Lift, Model, Saturation};
use crate::transform::{hill, logistic};

/// How long a fit walks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// What all randomness comes from.
    pub seed: u64,
    /// Walks from different starts, 2 to 8.
    pub chains: usize,
    /// Sweeps a chain learns its steps in; nothing is kept of them.
    pub warmup: usize,
    /// Draws kept of a chain.
    pub draws: usize,
    /// Sweeps between two draws that are kept.
    pub thin: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { seed: 1, chains: 4, warmup: 2_000, draws: 250, thin: 40 }
    }
}

impl Settings {
    /// Checks the counts.
    ///
    /// # Errors
    /// The first count that is out of bounds.
    pub fn check(&self) -> Result<(), Error> {
        let within = |what: &str, found: usize, low: usize, high: usize| {
            if (low..=high).contains(&found) {
                Ok(())
            } else {
                Err(Error::Count { what: what.to_owned(), found, wanted: format!("{low} to {high}") })
            }
        };
        within("chains", self.chains, 2, 8)?;
        within("warmup", self.warmup, 100, 100_000)?;
        within("draws", self.draws, 50, 2_000)?;
        within("thin", self.thin, 1, 1_000)
    }

    const fn sweeps(&self) -> usize {
        self.warmup + self.draws * self.thin
    }
}

/// One draw from the posterior, in the outcome's and the spend's units.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Draw {
    /// Which chain it is of.
    pub chain: u32,
    /// By channel: two numbers of its carry-over, half-saturation, shape, greatest effect a period; then σ and ρ of the
    /// errors, then the baseline's coefficients.
    pub(crate) numbers: Exact,
}

/// Numbers that describe a channel in a [`Draw`].
pub(crate) const PER_CHANNEL: usize = 5;

/// Where a fit stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Walk {
    settings: Settings,
    /// Sweeps done, over all chains; the chains walk one after the other.
    done: usize,
    chain: Option<Chain>,
}

impl Walk {
    /// A walk that has not begun.
    ///
    /// # Errors
    /// A setting is out of bounds.
    pub fn new(settings: Settings) -> Result<Self, Error> {
        settings.check()?;
        Ok(Self { settings, done: 0, chain: None })
    }

    /// Sweeps done.
    #[must_use]
    pub const fn done(&self) -> usize {
        self.done
    }

    /// Sweeps in all.
    #[must_use]
    pub const fn total(&self) -> usize {
        self.settings.sweeps() * self.settings.chains
    }

    /// Whether there is nothing left to do.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        self.done >= self.total()
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Chain {
    place: Place,
    /// One a channel, one for all contributions, one for the errors' correlation, one for the spread of effects.
    kernels: Vec<Kernel>,
}

/// Where a chain stands: free numbers, none of them bounded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Place {
    /// By channel: carry-over, log half-saturation in means of the adstocked spend, log shape, log contribution.
    channels: Vec<Exact>,
    /// Mean log effect of money, artanh of the errors' correlation, log spread of the effects.
    shared: Exact,
}

impl Place {
    fn shared(&self, place: usize) -> f64 {
        self.shared.0.get(place).copied().unwrap_or_default()
    }

    fn set(&mut self, place: usize, value: f64) {
        if let Some(slot) = self.shared.0.get_mut(place) {
            *slot = value;
        }
    }

    fn channel(&self, place: usize) -> &[f64] {
        self.channels.get(place).map_or(&[], |numbers| &numbers.0)
    }
}

const MEAN: usize = 0;
const CORRELATION: usize = 1;
const SPREAD: usize = 2;

/// Degrees of freedom of the prior on the errors' variance, and what it is centred on: the errors are a twentieth of the
/// outcome's mean.
const ERROR_DEGREES: f64 = 2.0;
const ERROR_SCALE: f64 = 0.05 * 0.05;
/// All channels together bring about a quarter of the outcome, give or take a factor of e, before anything is seen.
const MEDIA_SHARE: f64 = 0.25;
const MEDIA_SPREAD: f64 = 1.0;
/// Scale of the half-normal prior on how much the channels' effects of money differ, in logs.
const EFFECT_SPREAD: f64 = 0.75;
/// Half-saturation around the mean adstocked spend, in logs.
const HALF_SPREAD: f64 = 0.8;
/// Shapes around 1, in logs.
const SHAPE_SPREAD: f64 = 0.4;
/// Correlation of neighbouring errors.
const CORRELATION_SPREAD: f64 = 0.3;

/// Walks on by at most `sweeps` and gives the draws made on the way.
///
/// # Errors
/// The walk is not one over this model.
pub fn advance(model: &Model, walk: &mut Walk, sweeps: usize) -> Result<Vec<Draw>, Error> {
    walk.settings.check()?;
    let mut draws = Vec::new();
    let until = walk.done.saturating_add(sweeps).min(walk.total());
    while walk.done < until {
        let (number, sweep) = (walk.done / walk.settings.sweeps(), walk.done % walk.settings.sweeps());
        if sweep == 0 {
            walk.chain = Some(Chain::start(model, &mut random(walk.settings.seed, START + number as u64)));
        }
        let chain = walk.chain.as_mut().filter(|chain| chain.fits(model)).ok_or(Error::Foreign)?;
        let mut sight = Sight::of(model, &chain.place);
        // What a sweep sees follows from where the chain stands, so it is kept from sweep to sweep of one chain.
        let last = until.min((number + 1) * walk.settings.sweeps());
        while walk.done < last {
            let sweep = walk.done % walk.settings.sweeps();
            let mut random = random(walk.settings.seed, walk.done as u64);
            chain.sweep(&mut sight, sweep, sweep < walk.settings.warmup, &mut random);
            let kept = (sweep + 1).checked_sub(walk.settings.warmup);
            if kept.is_some_and(|kept| kept > 0 && kept % walk.settings.thin == 0) {
                draws.push(Draw { chain: number as u32, numbers: Exact(sight.draw(&chain.place, &mut random)) });
            }
            walk.done += 1;
        }
    }
    Ok(draws)
}

/// The streams that chains' starts draw from lie beyond those of sweeps.
const START: u64 = 1 << 40;

fn random(seed: u64, stream: u64) -> ChaCha8Rng {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(stream);
    random
}

/// A channel's curve as its free numbers say.
struct Shape {
    carry: [f64; 2],
    /// In means of the adstocked spend.
    half: f64,
    shape: f64,
    /// In parts of all outcome.
    contribution: f64,
}

/// How many free numbers a channel has.
const fn freedom(channel: &Channel) -> usize {
    let saturation = match channel.saturation {
        Saturation::Hill => 2,
        Saturation::MichaelisMenten | Saturation::Logistic => 1,
    };
    channel.carries() + saturation + 1
}

fn read(channel: &Channel, numbers: &[f64]) -> Shape {
    let of = |place: usize| numbers.get(place).copied().unwrap_or_default();
    let carries = channel.carries();
    let carry = match channel.adstock {
        Adstock::Geometric => [1.0 / (1.0 + (-of(0)).exp()), 0.0],
        Adstock::WeibullPdf | Adstock::WeibullCdf => [of(0).exp(), of(1).exp()],
    };
    let shape = if channel.saturation == Saturation::Hill { of(carries + 1).exp() } else { 1.0 };
    Shape { carry, half: of(carries).exp(), shape, contribution: of(numbers.len().saturating_sub(1)).exp() }
}

/// Log density of a normal, but for a constant.
fn normal(x: f64, mean: f64, spread: f64) -> f64 {
    -0.5 * ((x - mean) / spread).powi(2) - spread.ln()
}

/// Log prior of a channel's free numbers but its contribution.
fn prior(channel: &Channel, numbers: &[f64]) -> f64 {
    let of = |place: usize| numbers.get(place).copied().unwrap_or_default();
    let carries = channel.carries();
    let carry = match channel.adstock {
        // Beta(1, 2) on what is retained, with the logit's derivative.
        Adstock::Geometric => {
            let retained = 1.0 / (1.0 + (-of(0)).exp());
            retained.ln() + 2.0 * (1.0 - retained).ln()
        }
        Adstock::WeibullPdf | Adstock::WeibullCdf => {
            normal(of(0), 0.3, 0.5) + normal(of(1), (channel.window as f64 / 6.0).max(1.0).ln(), 0.7)
        }
    };
    let shape = if channel.saturation == Saturation::Hill { normal(of(carries + 1), 0.0, SHAPE_SPREAD) } else { 0.0 };
    carry + normal(of(carries), 0.0, HALF_SPREAD) + shape
}

/// How full a channel is at an adstocked spend, 0..1.
pub(crate) fn saturation(kind: Saturation, x: f64, shape: f64, half: f64) -> f64 {
    match kind {
        Saturation::Hill => hill(x, shape, half),
        Saturation::MichaelisMenten => hill(x, 1.0, half),
        Saturation::Logistic => logistic(x, 3.0_f64.ln() / half),
    }
}

/// A channel's column: how full it is in each period, and the number that makes its sum the contribution.
#[derive(Clone)]
struct Column {
    full: DVector<f64>,
    sum: f64,
    half: f64,
}

impl Column {
    fn of(model: &Model, place: usize, shape: &Shape) -> Self {
        let (Some(channel), Some(spend)) = (model.spec().channels.get(place), model.data().spend.get(place)) else {
            return Self { full: DVector::zeros(0), sum: 0.0, half: 1.0 };
        };
        let stock = channel.adstock(spend, &shape.carry);
        let half = shape.half * stock.iter().sum::<f64>() / stock.len() as f64;
        let full = DVector::from_iterator(
            stock.len(),
            stock.iter().map(|stock| saturation(channel.saturation, *stock, shape.shape, half)),
        );
        let sum = full.sum();
        Self { full, sum, half }
    }

    /// Greatest effect a period, in means of the outcome.
    fn effect(&self, contribution: f64) -> f64 {
        contribution * self.full.len() as f64 / self.sum
    }
}

/// The errors' correlation, and the baseline seen through it.
struct Whitening {
    correlation: f64,
    columns: DMatrix<f64>,
    factor: Cholesky<f64, Dyn>,
    log_determinant: f64,
}

impl Whitening {
    fn of(model: &Model, correlation: f64) -> Option<Self> {
        let mut columns = model.columns.clone();
        for mut column in columns.column_iter_mut() {
            let whitened = whiten(&column.clone_owned(), correlation);
            column.copy_from(&whitened);
        }
        let mut inner = columns.tr_mul(&columns);
        for (place, precision) in model.precision.iter().enumerate() {
            if let Some(slot) = inner.get_mut((place, place)) {
                *slot += precision;
            }
        }
        let factor = Cholesky::new(inner)?;
        let lower = factor.l_dirty();
        let log_determinant = (0..lower.nrows()).map(|place| 2.0 * lower[(place, place)].ln()).sum();
        Some(Self { correlation, columns, factor, log_determinant })
    }

    /// Squares that the baseline cannot explain, its prior counted.
    fn squares(&self, errors: &DVector<f64>) -> f64 {
        let seen = whiten(errors, self.correlation);
        let mut explained = self.columns.tr_mul(&seen);
        self.factor.l_dirty().solve_lower_triangular_mut(&mut explained);
        seen.norm_squared() - explained.norm_squared()
    }

    /// Log of the marginal likelihood, but for a constant.
    fn likelihood(&self, errors: &DVector<f64>) -> f64 {
        let squares = self.squares(errors);
        let degrees = errors.len() as f64 + ERROR_DEGREES;
        -0.5 * degrees * (squares + ERROR_DEGREES * ERROR_SCALE).ln() - 0.5 * self.log_determinant
            + 0.5 * (1.0 - self.correlation * self.correlation).ln()
    }
}

/// Errors that depend on their neighbours by ρ, made independent (Prais & Winsten 1954).
fn whiten(series: &DVector<f64>, correlation: f64) -> DVector<f64> {
    let first = (1.0 - correlation * correlation).sqrt();
    DVector::from_fn(series.len(), |row, _| {
        if row == 0 { series[0] * first } else { series[row] - correlation * series[row - 1] }
    })
}

/// What a chain sees from where it stands: a function of its place and nothing else.
struct Sight<'a> {
    model: &'a Model,
    columns: Vec<Column>,
    whitening: Option<Whitening>,
    /// Log likelihood of the experiments, by channel.
    lifts: Vec<f64>,
}

impl<'a> Sight<'a> {
    fn of(model: &'a Model, place: &Place) -> Self {
        let channels = model.spec().channels.iter();
        let shapes: Vec<Shape> = channels.enumerate().map(|(at, channel)| read(channel, place.channel(at))).collect();
        let columns: Vec<Column> = shapes.iter().enumerate().map(|(at, shape)| Column::of(model, at, shape)).collect();
        let lifts = shapes
            .iter()
            .zip(&columns)
            .enumerate()
            .map(|(at, (shape, column))| lifts(model, at, shape, column))
            .collect();
        let whitening = Whitening::of(model, place.shared(CORRELATION).tanh());
        Self { model, columns, whitening, lifts }
    }

    /// Outcome less what the channels add, in means of the outcome.
    fn errors(&self, place: &Place, replaced: Option<(usize, &Column, f64)>) -> DVector<f64> {
        let mut errors = self.model.outcome.clone();
        for (at, column) in self.columns.iter().enumerate() {
            let (column, contribution) = match replaced {
                Some((replaced, column, contribution)) if replaced == at => (column, contribution),
                _ => (column, place.channel(at).last().map_or(0.0, |log| log.exp())),
            };
            errors.axpy(-column.effect(contribution), &column.full, 1.0);
        }
        errors
    }

    fn likelihood(&self, errors: &DVector<f64>) -> f64 {
        self.whitening.as_ref().map_or(f64::NEG_INFINITY, |whitening| whitening.likelihood(errors))
    }

    /// Mean log of what each channel's part of the money has as its part of the outcome.
    fn returns(&self, place: &Place) -> Vec<f64> {
        let all: f64 = self.model.mean_spend.iter().sum();
        let spends = self.model.mean_spend.iter().enumerate();
        spends.map(|(at, spend)| place.channel(at).last().copied().unwrap_or_default() - (spend / all).ln()).collect()
    }

    fn draw<R: Rng>(&self, place: &Place, random: &mut R) -> Vec<f64> {
        let mut numbers = Vec::new();
        let unit = self.model.unit;
        for (at, (channel, column)) in self.model.spec().channels.iter().zip(&self.columns).enumerate() {
            let shape = read(channel, place.channel(at));
            let effect = column.effect(shape.contribution) * unit;
            numbers.extend([shape.carry[0], shape.carry[1], column.half, shape.shape, effect]);
        }
        let errors = self.errors(place, None);
        let Some(whitening) = &self.whitening else { return numbers };
        let degrees = errors.len() as f64 + ERROR_DEGREES;
        let squares = whitening.squares(&errors) + ERROR_DEGREES * ERROR_SCALE;
        let precision = Gamma::new(degrees / 2.0, 2.0 / squares).map_or(1.0, |gamma| gamma.sample(random));
        let sigma = (1.0 / precision).sqrt();
        numbers.extend([sigma * unit, whitening.correlation]);
        let mut mean = whitening.columns.tr_mul(&whiten(&errors, whitening.correlation));
        whitening.factor.solve_mut(&mut mean);
        let mut noise = DVector::from_fn(mean.len(), |_, _| {
            let normal: f64 = StandardNormal.sample(random);
            sigma * normal
        });
        // L' x = z: x then has the inverse of L L' as its covariance.
        whitening.factor.l_dirty().tr_solve_lower_triangular_mut(&mut noise);
        numbers.extend((mean + noise).iter().map(|coefficient| coefficient * unit));
        numbers
    }
}

/// Log likelihood of what experiments say of a channel.
fn lifts(model: &Model, place: usize, shape: &Shape, column: &Column) -> f64 {
    model.lifts.iter().filter(|lift| lift.channel == place).map(|lift| one_lift(model, lift, shape, column)).sum()
}

fn one_lift(model: &Model, lift: &Lift, shape: &Shape, column: &Column) -> f64 {
    let Some(channel) = model.spec().channels.get(lift.channel) else { return 0.0 };
    let stock = channel.adstock(&lift.other, &shape.carry);
    let effect = column.effect(shape.contribution);
    let added: f64 = stock
        .iter()
        .zip(column.full.iter())
        .take(lift.until)
        .map(|(stock, full)| effect * (full - saturation(channel.saturation, *stock, shape.shape, column.half)))
        .sum();
    normal(added, lift.lift, lift.standard_error)
}

impl Chain {
    fn start<R: Rng>(model: &Model, random: &mut R) -> Self {
        let mut draw = |mean: f64, spread: f64| {
            let normal: f64 = StandardNormal.sample(random);
            mean + spread * normal
        };
        let all: f64 = model.mean_spend.iter().sum();
        let mean = draw(MEDIA_SHARE.ln(), 0.5);
        let channels = model.spec().channels.iter().zip(&model.mean_spend);
        let channels = channels
            .map(|(channel, spend)| {
                let mut numbers: Vec<f64> = match channel.adstock {
                    Adstock::Geometric => vec![draw(-0.7, 0.8)],
                    Adstock::WeibullPdf | Adstock::WeibullCdf => {
                        vec![draw(0.3, 0.4), draw((channel.window as f64 / 6.0).max(1.0).ln(), 0.4)]
                    }
                };
                numbers.push(draw(0.0, 0.5));
                if channel.saturation == Saturation::Hill {
                    numbers.push(draw(0.0, 0.3));
                }
                numbers.push(draw(mean + (spend / all).ln(), 0.5));
                Exact(numbers)
            })
            .collect();
        let place = Place { channels, shared: Exact(vec![mean, draw(0.0, 0.2), -0.7]) };
        let mut kernels: Vec<Kernel> =
            model.spec().channels.iter().map(|channel| Kernel::new(freedom(channel), 0.6)).collect();
        kernels.extend([Kernel::new(model.spec().channels.len(), 0.3), Kernel::new(1, 0.1), Kernel::new(1, 0.5)]);
        Self { place, kernels }
    }

    fn fits(&self, model: &Model) -> bool {
        let channels = &model.spec().channels;
        let sizes = channels.iter().map(freedom).chain([channels.len(), 1, 1]);
        self.place.channels.len() == channels.len()
            && self.place.channels.iter().zip(channels).all(|(own, channel)| own.0.len() == freedom(channel))
            && self.place.shared.0.len() == 3
            && self.kernels.len() == channels.len() + 3
            && self.kernels.iter().zip(sizes).all(|(kernel, size)| kernel.fits(size))
    }

    fn sweep<R: Rng>(&mut self, sight: &mut Sight<'_>, sweep: usize, learns: bool, random: &mut R) {
        let model = sight.model;
        let count = model.spec().channels.len();
        let all: f64 = model.mean_spend.iter().sum();
        let mut now = sight.likelihood(&sight.errors(&self.place, None));
        let (mean, spread) = (self.place.shared(MEAN), self.place.shared(SPREAD).exp());
        for (at, channel) in model.spec().channels.iter().enumerate() {
            let Some(kernel) = self.kernels.get_mut(at) else { continue };
            let step = kernel.propose(random);
            let numbers: Vec<f64> =
                self.place.channel(at).iter().zip(step.by.iter()).map(|(number, by)| number + by).collect();
            let share = (model.mean_spend.get(at).copied().unwrap_or_default() / all).ln();
            let believed = |numbers: &[f64]| {
                let contribution = numbers.last().copied().unwrap_or_default();
                prior(channel, numbers) + normal(contribution - share, mean, spread)
            };
            let shape = read(channel, &numbers);
            let column = Column::of(model, at, &shape);
            let likelihood = sight.likelihood(&sight.errors(&self.place, Some((at, &column, shape.contribution))));
            let lift = lifts(model, at, &shape, &column);
            let before = sight.lifts.get(at).copied().unwrap_or_default();
            let gain = likelihood - now + lift - before + believed(&numbers) - believed(self.place.channel(at));
            if accepts(gain, kernel, &step, learns, sweep, random) {
                now = likelihood;
                if let (Some(own), Some(seen), Some(lifts)) =
                    (self.place.channels.get_mut(at), sight.columns.get_mut(at), sight.lifts.get_mut(at))
                {
                    (own.0, *seen, *lifts) = (numbers, column, lift);
                }
            }
        }
        self.contributions(sight, &mut now, count, learns, sweep, random);
        self.correlation(sight, &mut now, count + 1, learns, sweep, random);
        self.likeness(sight, count + 2, learns, sweep, random);
    }

    /// All contributions at once: money that could be either's moves between channels and baseline.
    fn contributions<R: Rng>(
        &mut self,
        sight: &mut Sight<'_>,
        now: &mut f64,
        at: usize,
        learns: bool,
        sweep: usize,
        random: &mut R,
    ) {
        let Some(kernel) = self.kernels.get_mut(at) else { return };
        let step = kernel.propose(random);
        let mut place = self.place.clone();
        for (channel, by) in place.channels.iter_mut().zip(step.by.iter()) {
            if let Some(contribution) = channel.0.last_mut() {
                *contribution += by;
            }
        }
        let (mean, spread) = (self.place.shared(MEAN), self.place.shared(SPREAD).exp());
        let believed = |place: &Place| sight.returns(place).iter().map(|x| normal(*x, mean, spread)).sum::<f64>();
        let likelihood = sight.likelihood(&sight.errors(&place, None));
        let channels = sight.model.spec().channels.iter().zip(&sight.columns).enumerate();
        let lifts: Vec<f64> = channels
            .map(|(at, (channel, column))| lifts(sight.model, at, &read(channel, place.channel(at)), column))
            .collect();
        let gain = likelihood - *now + lifts.iter().sum::<f64>() - sight.lifts.iter().sum::<f64>() + believed(&place)
            - believed(&self.place);
        if accepts(gain, kernel, &step, learns, sweep, random) {
            *now = likelihood;
            sight.lifts = lifts;
            self.place = place;
        }
    }

    fn correlation<R: Rng>(
        &mut self,
        sight: &mut Sight<'_>,
        now: &mut f64,
        at: usize,
        learns: bool,
        sweep: usize,
        random: &mut R,
    ) {
        let Some(kernel) = self.kernels.get_mut(at) else { return };
        let step = kernel.propose(random);
        let from = self.place.shared(CORRELATION);
        let to = from + step.by.sum();
        // Normal around 0, with the derivative of tanh.
        let believed = |x: f64| normal(x.tanh(), 0.0, CORRELATION_SPREAD) + (1.0 - x.tanh().powi(2)).ln();
        let whitening = Whitening::of(sight.model, to.tanh());
        let likelihood = whitening
            .as_ref()
            .map_or(f64::NEG_INFINITY, |whitening| whitening.likelihood(&sight.errors(&self.place, None)));
        if accepts(likelihood - *now + believed(to) - believed(from), kernel, &step, learns, sweep, random) {
            *now = likelihood;
            sight.whitening = whitening;
            self.place.set(CORRELATION, to);
        }
    }

    /// How much alike the channels' effects of money are: their spread by a step, their mean by its conjugate normal.
    fn likeness<R: Rng>(&mut self, sight: &Sight<'_>, at: usize, learns: bool, sweep: usize, random: &mut R) {
        let returns = sight.returns(&self.place);
        let Some(kernel) = self.kernels.get_mut(at) else { return };
        let step = kernel.propose(random);
        let (mean, from) = (self.place.shared(MEAN), self.place.shared(SPREAD));
        let to = from + step.by.sum();
        // Half-normal on the spread, with the logarithm's derivative.
        let believed = |log: f64| {
            let spread = log.exp();
            returns.iter().map(|x| normal(*x, mean, spread)).sum::<f64>() - 0.5 * (spread / EFFECT_SPREAD).powi(2) + log
        };
        if accepts(believed(to) - believed(from), kernel, &step, learns, sweep, random) {
            self.place.set(SPREAD, to);
        }
        let spread = self.place.shared(SPREAD).exp();
        let (own, before) = (returns.len() as f64 / (spread * spread), 1.0 / (MEDIA_SPREAD * MEDIA_SPREAD));
        let sum: f64 = returns.iter().sum();
        let centre = (sum / (spread * spread) + MEDIA_SHARE.ln() * before) / (own + before);
        let normal: f64 = StandardNormal.sample(random);
        self.place.set(MEAN, centre + normal / (own + before).sqrt());
    }
}

/// Metropolis's rule; the kernel learns from it while it may.
fn accepts<R: Rng>(
    gain: f64,
    kernel: &mut Kernel,
    step: &crate::kernel::Step,
    learns: bool,
    sweep: usize,
    random: &mut R,
) -> bool {
    let chance = if gain.is_nan() { 0.0 } else { gain.min(0.0).exp() };
    let luck: f64 = random.random();
    if learns {
        kernel.learn(step, chance, sweep);
    }
    luck < chance
}
