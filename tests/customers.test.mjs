// What customers are worth, over orders that came in by the collector: every count and sum is that of the orders, the
// outlook has its intervals, the timetable asks again once, and nobody else sees any of it.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { ok, refused, shop } from './people.mjs'
import { eventually, start } from './product.mjs'

let product
before(async () => {
  product = await start()
})
after(() => product?.stop())

const DAY = 86_400_000
const PEOPLE = 80
const DAYS = 300
/** Noon of a day so long ago, UTC. */
const noon = (ago) => Math.floor(Date.now() / DAY) * DAY - ago * DAY + DAY / 2

/** The same numbers between 0 and 1 each time (mulberry32). */
let seed = 11
const number = () => {
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296
}

/** Orders of people who come at a pace of their own, leave, and spend around an amount of their own. */
const orders = Array.from({ length: PEOPLE }, () => {
  const [sid, pause, leaves, purse] = [randomUUID(), 15 - 40 * Math.log(number()), 0.4 * number(), 20 + 60 * number()]
  const own = []
  for (let ago = DAYS - Math.floor(number() * 200); ago >= 1; ago -= 1 + Math.floor(-pause * Math.log(number()))) {
    own.push({ sid, ago, value: Math.round(purse * (50 + 100 * number())) / 100 })
    if (number() < leaves) break
  }
  return own
}).flat()

let me
const study = (ask = me.analyst.ask) => ask('GET', '/insights/customers').then(ok)

/** The study once it has come to an end. */
const ended = () =>
  eventually(async () => {
    const found = await study()
    assert.notEqual(found.study?.status, 'running', JSON.stringify(found.study))
    return found
  }, { within: 60_000 })

test('a shop without orders is told so, in words', async () => {
  me = await shop(product.url, `Customers ${randomUUID().slice(0, 6)}`)
  assert.deepEqual(await study(), { study: null, computed_at: null, question: null, answer: null })
  assert.match(refused(await me.analyst.ask('POST', '/insights/customers', { body: {} }), 409), /no orders yet/)
})

test('what cannot be asked is named', async () => {
  for (const [body, ...fields] of [[{ months: 0 }, '/months'], [{ discount_per_year: 2 }, '/discount_per_year'], [{ level: 0.2 }, '/level']]) {
    refused(await me.analyst.ask('POST', '/insights/customers', { body }), 422, ...fields)
  }
  refused(await me.analyst.ask('GET', '/insights/customers?site=nobodys'), 404)
})

test('every figure of what was is a count or a sum of the orders', async () => {
  const sent = async (batch) => assert.equal((await product.send({ batch }, { origin: 'https://shop.test' }, `/collect?site=${me.site.key}`)).status, 204)
  for (let at = 0; at < orders.length; at += 20) {
    await sent(orders.slice(at, at + 20).map(({ sid, ago, value }) => ({ event: 'purchase', sid, ts: noon(ago), url: 'https://shop.test/thanks', value, currency: me.site.currency, order_id: randomUUID() })))
  }
  const from = new Date(noon(DAYS + 1)).toISOString().slice(0, 10)
  await eventually(async () => {
    const { metrics } = ok(await me.analyst.ask('GET', `/analytics/summary?from=${from}&to=${new Date().toISOString().slice(0, 10)}`))
    assert.equal(metrics.orders, orders.length)
  }, { within: 60_000 })

  assert.equal(ok(await me.analyst.ask('POST', '/insights/customers', { body: { months: 6 } }), 202).status, 'running')
  const { study: last, question, answer } = await ended()
  assert.deepEqual([last.status, last.detail, question], ['done', '', { months: 6, discount_per_year: 0.1, level: 0.8 }])

  const sum = (list, of) => list.reduce((total, one) => total + of(one), 0)
  const people = new Map()
  for (const order of orders) people.set(order.sid, [...(people.get(order.sid) ?? []), order])
  const returned = [...people.values()].filter((own) => own.length > 1).length
  const paid = sum(orders, (order) => Math.round(order.value * 100))
  const { totals, cohorts, segments, outlook, holdout } = answer
  assert.deepEqual([totals.customers, totals.orders, totals.revenue, totals.returned], [people.size, orders.length, paid, returned])
  assert.ok(Math.abs(totals.return_rate - returned / people.size) < 1e-9)

  // Cohorts, counted here from the orders.
  const month = (ago) => new Date(noon(ago)).toISOString().slice(0, 7)
  const begun = {}
  for (const own of people.values()) {
    const first = month(Math.max(...own.map((order) => order.ago)))
    begun[first] = (begun[first] ?? 0) + 1
  }
  assert.deepEqual(Object.fromEntries(cohorts.map((cohort) => [cohort.month, cohort.customers])), begun)
  assert.ok(cohorts.every((cohort) => cohort.retention[0] === 1))

  assert.equal(sum(segments, (segment) => segment.customers), people.size)
  assert.equal(sum(segments, (segment) => segment.revenue), paid)
  assert.ok(Math.abs(sum(segments, (segment) => segment.revenue_share) - 1) < 1e-9)

  for (const { mean, low, high } of [outlook.orders, outlook.value, outlook.value_per_customer]) assert.ok(low <= mean && mean <= high)
  assert.ok(Math.abs(sum(outlook.best, (one) => one.value.mean) - outlook.value.mean) <= people.size, 'all are listed, so they sum to all')
  assert.ok(Math.abs(sum(outlook.tenths, (tenth) => tenth.value) - outlook.value.mean) <= 10)
  assert.ok(Math.abs(outlook.value_per_customer.mean * people.size - outlook.value.mean) <= people.size)
  for (const one of outlook.best) {
    const own = people.get(one.person.slice(2)) ?? []
    assert.deepEqual([one.orders, one.spent], [own.length, sum(own, (order) => Math.round(order.value * 100))], one.person)
  }
  assert.ok(holdout.came > 0 && Math.abs(holdout.off) < 0.6, JSON.stringify(holdout))
  // All three models have foretold, and the one in use is the one that did best, or the first where none did for sure.
  const { models } = holdout
  assert.deepEqual(models.map((one) => one.model), ['bg_nbd', 'mbg_nbd', 'pareto_nbd'])
  const [first] = models
  assert.deepEqual([first.better, first.better_error], [0, 0])
  const surely = models.filter((one) => one.better > one.better_error).sort((one, other) => one.error - other.error)
  const chosen = surely[0] ?? first
  assert.deepEqual(models.filter((one) => one.chosen), [chosen])
  assert.deepEqual([chosen.foretold, chosen.off, chosen.model], [holdout.foretold.mean, holdout.off, outlook.models.model])
  assert.deepEqual(outlook.models.repeat.map((one) => one.name), chosen.model === 'pareto_nbd' ? ['r', 'alpha', 's', 'beta'] : ['r', 'alpha', 'a', 'b'])
  for (const one of models) {
    assert.ok(Math.abs(one.off - (one.foretold / holdout.came - 1)) < 1e-9 && one.error > 0, JSON.stringify(one))
    assert.ok(Math.abs(one.better - (1 - (one.error / first.error) ** 2)) < 1e-9, JSON.stringify(one))
  }
  assert.equal(new Set(models.map((one) => one.foretold)).size, 3, 'each foretells by itself')
  // A person is the one of the journeys.
  ok(await me.analyst.ask('GET', `/journeys/${encodeURIComponent(outlook.best[0].person)}`))
})

test('one study at a time; asked again at once it is refused', async () => {
  const answers = await Promise.all([1, 2, 3].map(() => me.marketer.ask('POST', '/insights/customers', { body: {} })))
  assert.equal(answers.filter(({ status }) => status === 202).length, 1, JSON.stringify(answers.map(({ body }) => body)))
  for (const answer of answers.filter(({ status }) => status !== 202)) assert.match(refused(answer, 409), /being computed/)
  assert.equal((await ended()).question.months, 12)
})

test('Mondays the study is made again as it was asked for, once', async () => {
  const monday = () => product.scheduled('0 6 * * 1')
  await monday()
  const { study: first } = await ended()
  assert.match(first.id, new RegExp(`^customers-${me.site.key}-`))
  assert.equal(first.status, 'done')
  await monday()
  assert.deepEqual((await ended()).study, first)
  const { rows } = ok(await me.admin.ask('GET', '/audit'))
  const entries = rows.filter((row) => row.entity === `study:${first.id}`).map((row) => row.action)
  assert.deepEqual(entries.sort(), ['study.end', 'study.request'])
})

test('another tenant sees nothing of it', async () => {
  const other = await shop(product.url, `Others ${randomUUID().slice(0, 6)}`)
  assert.equal((await study(other.admin.ask)).answer, null)
  refused(await other.admin.ask('GET', `/insights/customers?site=${me.site.key}`), 404)
  refused(await other.admin.ask('POST', '/insights/customers', { body: { site: me.site.key } }), 404)
})
