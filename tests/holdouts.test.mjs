// Incrementality tests over orders that came in by the collector: a channel is switched off in three countries, and what
// is missing there is found, by the figures this test works out itself; then attribution is calibrated by it.
import assert from 'node:assert/strict'
import { createHmac, randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { demoAdmin, ok, refused, shop } from './people.mjs'
import { eventually, secret, start } from './product.mjs'

let product
let admin
before(async () => {
  product = await start()
  admin = await demoAdmin(product.url)
})
after(() => product?.stop())

const DAY = 86_400_000
const BEFORE = 56
const OFF = 28
const CHANNEL = 'Paid Search'
/** Orders a day of each country; the channel is switched off in the first three. */
const COUNTRIES = { DE: 9, FR: 6, IT: 5, ES: 7, NL: 5, PL: 4, AT: 6 }
const TREATED = ['DE', 'FR', 'IT']
const CONTROL = ['ES', 'NL', 'PL', 'AT']
const midnight = (ago) => Math.floor(Date.now() / DAY) * DAY - ago * DAY
const date = (ago) => new Date(midnight(ago)).toISOString().slice(0, 10)

/** Even numbers from 0 to 1, the same every time (mulberry32). */
function dice(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** By country and day: orders after a visit by search, orders after a letter. Search brings two of five; where it is off,
 * half of its buyers come by the letter instead, so one of five orders is what it adds. */
const even = dice(7)
const sold = {}
let lost = 0
for (let ago = BEFORE + OFF; ago >= 1; ago -= 1) {
  for (const [country, rate] of Object.entries(COUNTRIES)) {
    const all = Math.max(2, Math.round(rate * (0.75 + 0.5 * even())))
    const search = Math.round(all * 0.4)
    const off = ago <= OFF && TREATED.includes(country)
    const missing = off ? Math.floor(search / 2 + even()) : 0
    lost += missing
    sold[`${country} ${ago}`] = off ? { search: 0, letter: all - missing } : { search, letter: all - search }
  }
}
const of = (country, ago) => sold[`${country} ${ago}`].search + sold[`${country} ${ago}`].letter

const get = async (path) => ok(await admin.ask('GET', path))
const design = (more = {}) => ({
  channel: CHANNEL, kind: 'region', treated: TREATED, control: CONTROL, from: date(OFF), to: date(1), spend: 200_000, ...more,
})
const near = (found, wanted, what) => assert.ok(Math.abs(found - wanted) <= 1e-6 * Math.max(1, Math.abs(wanted)), `${what}: ${found}, not ${wanted}`)
const holds = ({ low, high }, truth, what) => assert.ok(low <= truth && truth <= high, `${what}: ${truth} is not in ${low} to ${high}`)

test('twelve weeks of orders of seven countries come in, told by the shop’s server', async () => {
  let orders = 0
  for (let ago = BEFORE + OFF; ago >= 1; ago -= 1) {
    const batch = Object.keys(COUNTRIES).flatMap((country) =>
      Object.entries(sold[`${country} ${ago}`]).flatMap(([how, count]) => {
        if (count === 0) return []
        orders += count
        const [sid, ts] = [randomUUID(), midnight(ago) + DAY / 2]
        const link = how === 'search' ? 'utm_source=google&utm_medium=cpc' : 'utm_source=klaviyo&utm_medium=email'
        const bought = (at) => ({
          event: 'purchase', sid, ts: ts + (at + 1) * 60_000, url: 'https://shop.test/thanks', country,
          props: { value: 20, currency: 'EUR', order_id: randomUUID() },
        })
        return [{ event: 'pageview', sid, ts, url: `https://shop.test/?${link}`, country }, ...Array.from({ length: count }, (_, at) => bought(at))]
      }),
    )
    const body = JSON.stringify({ batch })
    const t = Math.floor(Date.now() / 1000)
    const signature = `t=${t},v1=${createHmac('sha256', secret).update(`${t}.${body}`).digest('hex')}`
    assert.equal((await product.send(body, { 'adroit-signature': signature })).status, 204)
  }
  await eventually(async () => {
    const { points } = await get(`/analytics/timeseries?metric=orders&gran=d&from=${date(BEFORE + OFF)}`)
    assert.equal(points.reduce((sum, point) => sum + point.value, 0), orders)
  }, { within: 120_000 })
})

test('a plan says which regions there are, what attribution claims there, and what the test would find', async () => {
  // As if nothing had been switched off yet: from the first of the days that were.
  const open = ok(await admin.ask('POST', '/attribution/holdouts/plan', { body: { design: design({ treated: [], control: [] }) } }))
  assert.deepEqual(open.regions.map((region) => region.id).sort(), Object.keys(COUNTRIES).sort())
  near(open.regions.reduce((sum, region) => sum + region.share, 0), 1, 'shares')
  assert.deepEqual([open.method, open.detectable], [null, null])
  const days = Array.from({ length: BEFORE }, (_, at) => OFF + 1 + at)
  for (const { id, orders_a_day } of open.regions) near(orders_a_day, days.reduce((sum, ago) => sum + of(id, ago), 0) / BEFORE, id)

  const plan = ok(await admin.ask('POST', '/attribution/holdouts/plan', { body: { design: design() } }))
  assert.deepEqual([plan.method, plan.days, plan.history_days, plan.currency], ['difference_in_differences', OFF, BEFORE, 'EUR'])
  // Last touch, over the four weeks right before: counted by hand.
  let [search, all] = [0, 0]
  for (let ago = OFF + 1; ago <= OFF + 28; ago += 1) {
    for (const country of TREATED) [search, all] = [search + sold[`${country} ${ago}`].search, all + of(country, ago)]
  }
  assert.equal(plan.claimed.model, 'last_touch')
  near(plan.claimed.orders_share, search / all, 'claimed')
  assert.ok(plan.windows >= 1 && plan.detectable.orders_share > 0.01 && plan.detectable.orders_share < 0.3, JSON.stringify(plan.detectable))
  assert.ok(plan.treated_a_day > 15 && plan.control_a_day > 15, JSON.stringify(plan))
})

test('what cannot be tested is named', async () => {
  for (const [more, ...fields] of [
    [{ treated: ['DE', 'XX'] }, '/design/treated/1'], [{ control: ['ES', 'DE', 'NL'] }, '/design/control/1'],
    [{ treated: [] }, '/design/treated'], [{ control: ['ES'] }, '/design/control'], [{ channel: 'Direct' }, '/design/channel'],
    [{ from: 'soon' }, '/design/from'], [{ to: date(OFF + 1) }, '/design/to'], [{ settle_days: 28 }, '/design/settle_days'],
    [{ spend: -1 }, '/design/spend'], [{ kind: 'moon' }, '/design/kind'], [{ kind: 'time' }, '/design/treated', '/design/control'],
  ]) refused(await admin.ask('POST', '/attribution/holdouts', { body: { name: 'Wrong', design: design(more) } }), 422, ...fields)
  refused(await admin.ask('POST', '/attribution/holdouts', { body: { name: ' ', design: design() } }), 422, '/name')
  assert.deepEqual((await get('/attribution/holdouts')).rows, [])
})

let made
test('a test that is over says what is missing, by the figures worked out here', async () => {
  made = ok(await admin.ask('POST', '/attribution/holdouts', { body: { name: 'Do we need search?', design: design() } }), 201)
  assert.deepEqual([made.status, made.readout], ['ended', null])
  const { readout, unreadable } = await get(`/attribution/holdouts/${made.id}`)
  assert.equal(unreadable, null)
  const mean = (numbers) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length
  const days = (from, to) => Array.from({ length: from - to + 1 }, (_, at) => from - at)
  const [earlier, during] = [days(BEFORE + OFF, OFF + 1), days(OFF, 1)]
  const base = (country) => mean(earlier.map((ago) => of(country, ago)))
  const change = (country) => mean(during.map((ago) => of(country, ago))) / base(country) - 1
  const [off, on] = [TREATED.map(change), CONTROL.map(change)]
  const scale = TREATED.reduce((sum, country) => sum + base(country), 0) * OFF
  const effect = -(mean(off) - mean(on)) * scale
  const variance = (numbers) => numbers.reduce((sum, number) => sum + (number - mean(numbers)) ** 2, 0) / (numbers.length - 1) / numbers.length
  const [difference, twin] = readout.orders.methods
  assert.deepEqual([difference.id, twin.id], ['difference_in_differences', 'synthetic_control'])
  near(difference.incremental.value, effect, 'the difference')
  // Half the interval, in standard errors by hand, is Student's quantile of 0.95 for 2 to 5 degrees of freedom.
  const t = (difference.incremental.high - effect) / (scale * Math.sqrt(variance(off) + variance(on)))
  assert.ok(t > 2.015 && t < 2.92, `t is ${t}`)
  const seen = during.reduce((sum, ago) => sum + TREATED.reduce((all, country) => all + of(country, ago), 0), 0)
  assert.equal(readout.orders.seen, seen)
  near(readout.orders.share.value, effect / (effect + seen), 'the share')
  near(readout.revenue.incremental.value, effect * 2000, 'the revenue')
  near(readout.iroas.value, (effect * 2000) / 200_000, 'the ROAS')
  near(readout.cost_per_order.value, 200_000 / effect, 'the cost of an order')
  for (const method of readout.orders.methods) holds(method.incremental, lost, method.id)
  assert.ok(difference.incremental.low > 0 && difference.p_value < 0.1, JSON.stringify(difference))
  assert.ok(difference.placebo.words.length > 20)
  near(readout.factor.value, effect / readout.claimed.orders, 'what credit is worth')
  assert.deepEqual([readout.days, readout.before_days, readout.series.length], [OFF, BEFORE, BEFORE + OFF])
  near(readout.series.at(-1).seen, mean(TREATED.map((country) => of(country, 1) / base(country))), 'the chart')
  near(readout.series.at(-1).expected, mean(CONTROL.map((country) => of(country, 1) / base(country))), 'what would have been')
})

test('a result that is taken calibrates attribution', async () => {
  const range = `from=${date(BEFORE + OFF)}&to=${date(OFF + 1)}`
  const without = await get(`/attribution/compare?${range}`)
  assert.deepEqual(without.calibration, { tests: 0, applied: false })
  assert.ok(without.models.every((model) => model.id !== 'calibrated') && without.rows.every((row) => row.factor === null))

  const done = ok(await admin.ask('POST', `/attribution/holdouts/${made.id}/finish`))
  assert.equal(done.status, 'done')
  assert.deepEqual((await get(`/attribution/holdouts/${made.id}`)).readout, done.readout)
  refused(await admin.ask('POST', `/attribution/holdouts/${made.id}/finish`), 409)
  refused(await admin.ask('POST', `/attribution/holdouts/${made.id}/stop`), 409)

  const compared = await get(`/attribution/compare?${range}`)
  assert.deepEqual(compared.calibration, { tests: 1, applied: true })
  assert.equal(compared.models.at(-1).id, 'calibrated')
  const row = (channel) => compared.rows.find((one) => one.channel === channel)
  const search = row(CHANNEL)
  const credit = search.credits.at(-1)
  assert.equal(credit.model, 'calibrated')
  // Two of five orders are credited, one of five is added.
  assert.equal(search.factor.tests, 1)
  holds(search.factor, 0.5, 'the factor')
  assert.ok(search.factor.value > 0.3 && search.factor.value < 0.7 && search.factor.high < 1, JSON.stringify(search.factor))
  const last = search.credits[compared.models.findIndex((model) => model.id === 'last_touch')]
  holds({ low: credit.conversions_low, high: credit.conversions_high }, last.conversions / 2, 'orders added')
  assert.ok(row('Email').factor.tests === 0 && row('Email').factor.high - row('Email').factor.low > 2 * (search.factor.high - search.factor.low))
  // The other models are what they were, and so is how far they disagree.
  assert.deepEqual(compared.rows.map(({ credits, factor, ...rest }) => rest), without.rows.map(({ credits, factor, ...rest }) => rest))
  // Under other terms the tests say nothing.
  for (const more of ['&by=source', '&window=1', '&half_life=3']) {
    assert.deepEqual((await get(`/attribution/compare?${range}${more}`)).calibration, { tests: 1, applied: false }, more)
  }
})

test('tests do not disturb each other; one of time waits for its history; one can be stopped', async () => {
  const again = await admin.ask('POST', '/attribution/holdouts', { body: { name: 'Again', design: design({ from: date(5), to: date(2) }) } })
  assert.match(again.body.errors[0].detail, /Do we need search/)
  refused(again, 422, '/design/from')
  const elsewhere = { kind: 'time', treated: [], control: [] }
  const short = ok(await admin.ask('POST', '/attribution/holdouts', { body: { name: 'A pause', design: design({ ...elsewhere, from: date(OFF + 21), to: date(OFF + 8) }) } }), 201)
  const read = await get(`/attribution/holdouts/${short.id}`)
  assert.equal(read.readout, null)
  assert.match(read.unreadable, /too little history/)
  refused(await admin.ask('POST', `/attribution/holdouts/${short.id}/finish`), 409)
  assert.equal(ok(await admin.ask('POST', `/attribution/holdouts/${short.id}/stop`)).status, 'stopped')

  // A week in which nothing was off, read against the weeks before it: nothing is found.
  const quiet = ok(await admin.ask('POST', '/attribution/holdouts', { body: { name: 'Nothing', design: design({ ...elsewhere, from: date(OFF + 7), to: date(OFF + 1) }) } }), 201)
  const { readout } = await get(`/attribution/holdouts/${quiet.id}`)
  assert.equal(readout.orders.methods[0].id, 'before_and_after')
  holds(readout.orders.share, 0, 'nothing')

  const later = ok(await admin.ask('POST', '/attribution/holdouts', { body: { name: 'Next month', design: design({ from: date(-10), to: date(-30) }) } }), 201)
  assert.equal(later.status, 'planned')
  refused(await admin.ask('POST', `/attribution/holdouts/${later.id}/finish`), 409)
  assert.equal(ok(await admin.ask('POST', `/attribution/holdouts/${later.id}/stop`)).status, 'stopped')
  assert.deepEqual((await get('/attribution/holdouts')).rows.map((row) => row.status), ['stopped', 'done', 'ended', 'stopped'])

  const entries = (await get('/audit?limit=100')).rows.filter((entry) => entry.action.startsWith('holdout.')).map((entry) => `${entry.action} ${entry.entity}`)
  for (const wanted of [`holdout.create holdout:${made.id}`, `holdout.finish holdout:${made.id}`, `holdout.stop holdout:${short.id}`, `holdout.stop holdout:${later.id}`]) {
    assert.ok(entries.includes(wanted), `${wanted} is not in ${JSON.stringify(entries)}`)
  }
})

test('another tenant has nothing of it, and who may only read changes nothing', async () => {
  const other = await shop(product.url, `Elsewhere ${randomUUID().slice(0, 6)}`)
  for (const [method, path] of [['GET', ''], ['POST', '/finish'], ['POST', '/stop']]) {
    refused(await other.admin.ask(method, `/attribution/holdouts/${made.id}${path}`), 404)
  }
  assert.deepEqual(ok(await other.admin.ask('GET', '/attribution/holdouts')).rows, [])
  const plan = ok(await other.analyst.ask('POST', '/attribution/holdouts/plan', { body: { design: design({ treated: [], control: [] }) } }))
  assert.deepEqual([plan.regions, plan.history_days, plan.detectable], [[], 0, null])
  refused(await other.analyst.ask('POST', '/attribution/holdouts', { body: { name: 'Mine', design: design() } }), 403)
})
