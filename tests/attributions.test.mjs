// The credits that are kept: through late touchpoints and people who turn out to be one, they are those that the report
// computes; the report reads them where it asks for just that.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { ok, shop } from './people.mjs'
import { day, eventually, offline, start } from './product.mjs'

const HOUR = 3_600_000

let product
let team
let other
before(async () => {
  product = await start()
  team = await shop(product.url, 'Credit where due')
  other = await shop(product.url, 'Somebody else')
})
after(() => product?.stop())

const now = Date.now()
const range = `from=${day(now - 3 * 24 * HOUR)}&to=${day(now)}`
const [phone, laptop] = [randomUUID(), randomUUID()]
const came = (sid, hours, query, more = {}) => ({ event: 'pageview', sid, ts: now - hours * HOUR, url: `https://shop.test/?${query}`, ...more })
const bought = (sid, hours, order_id, value) => ({ event: 'purchase', sid, ts: now - hours * HOUR, order_id, value })

async function send(batch, { site } = team) {
  const sent = await product.send({ batch }, { origin: 'https://shop.test' }, `/collect?site=${site.key}`)
  assert.equal(sent.status, 204, JSON.stringify(sent.body))
}

const ask = async (path) => ok(await team.analyst.ask('GET', path))
const kept = async (who = team) => {
  const sql = 'SELECT order_id, channel, value, share, model, window_days FROM attributions ORDER BY order_id'
  return ok(await who.admin.ask('POST', '/query/run', { body: { sql } })).rows
}
/** The same, computed from orders and touchpoints. */
const computed = async () => {
  const { rows } = await ask(`/attribution/paths?converted=yes&${range}`)
  const credits = rows.flatMap(({ order, touchpoints }) => {
    const credited = touchpoints.filter((one) => one.credit > 0)
    return credited.length > 0 ? credited.map((one) => [order.id, one.channel, one.value]) : [[order.id, '', order.value]]
  })
  return credits.sort(([a], [b]) => (a < b ? -1 : 1))
}
const report = async (query = '') => {
  const { rows, total } = await ask(`/attribution/channels?by=channel&${range}${query}`)
  return { of: Object.fromEntries(rows.filter((row) => row.value > 0).map((row) => [row.channel, row.value])), value: total.value }
}
const becomes = (expected) =>
  eventually(async () => {
    assert.deepEqual((await kept()).map(([order, channel, value]) => [order, channel, value]), expected)
    assert.deepEqual(await computed(), expected)
    const { of, value } = await report()
    const sums = {}
    for (const [, channel, part] of expected) sums[channel || 'Unassigned'] = (sums[channel || 'Unassigned'] ?? 0) + part
    assert.deepEqual([of, value], [sums, expected.reduce((sum, [, , part]) => sum + part, 0)])
  })

test('an order is credited when it comes, under the default model and the site’s look-back', async () => {
  await send([came(phone, 5, 'utm_source=news&utm_medium=email'), bought(phone, 1, 'first', 10)])
  // From a server, without a visit: nothing led to it.
  await send([came(randomUUID(), 8, 'utm_source=google&utm_medium=cpc'), { ...bought(randomUUID(), 2, 'second', 7) }])
  await becomes([['first', 'Email', 1000], ['second', '', 700]])
  const [first] = await kept()
  assert.deepEqual(first.slice(3), [1, 'last_touch', 30])
})

test('a touchpoint that comes late takes the credit, and so does one of the same person elsewhere', async () => {
  await send([came(phone, 3, 'utm_source=google&utm_medium=cpc')])
  await becomes([['first', 'Paid Search', 1000], ['second', '', 700]])
  // Another device, another visitor, until both sign in.
  await send([came(laptop, 2, 'utm_source=facebook&utm_medium=paid')])
  await send([came(laptop, 1.9, '', { user_id: 'anna' })])
  await becomes([['first', 'Paid Search', 1000], ['second', '', 700]])
  await send([came(phone, 0.5, '', { user_id: 'anna' })])
  await becomes([['first', 'Paid Social', 1000], ['second', '', 700]])
})

test('an order that another arrival takes over is credited once', async () => {
  const earlier = randomUUID()
  await send([came(earlier, 7, 'utm_source=news&utm_medium=email'), bought(earlier, 6, 'first', 10)])
  await becomes([['first', 'Email', 1000], ['second', '', 700]])
})

test('nobody else sees them', async () => {
  await send([came(phone, 5, 'utm_source=partner&utm_medium=referral'), bought(phone, 1, 'theirs', 3)], other)
  await eventually(async () => assert.deepEqual((await kept(other)).map(([order]) => order), ['theirs']))
  assert.deepEqual((await kept()).map(([order]) => order), ['first', 'second'])
})

test('the report reads what is kept where it asks for just that, and computes anything else', async () => {
  await offline(product, (db) => {
    const { changes } = db.prepare("UPDATE attributions SET value_minor = 1 WHERE tenant_id = ? AND order_id = 'first'").run(team.tenant.id)
    assert.equal(changes, 1)
  })
  assert.equal((await report()).value, 701)
  assert.equal((await report('&model=last_touch&window=30')).value, 701)
  for (const terms of ['&window=29', '&model=linear']) assert.equal((await report(terms)).value, 1700, terms)
  // Settled under other terms than the site's of today: not believed, and settled anew by the timetable.
  await offline(product, (db) => db.prepare('UPDATE sites SET lookback_days = 29 WHERE key = ?').run(team.site.key))
  assert.equal((await report()).value, 1700)
  await product.scheduled('5 * * * *')
  assert.deepEqual((await kept()).map(([order, , value, , , days]) => [order, value, days]), [['first', 1000, 29], ['second', 700, 29]])
})
