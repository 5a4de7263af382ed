// Anomalies over visits that came in by the collector: a channel that broke off is found, with that channel first among
// what moved it; an ordinary shop raises nothing; what was dismissed stays so.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { ok, refused, shop } from './people.mjs'
import { day, eventually, start } from './product.mjs'

let product, broken, quiet
before(async () => {
  product = await start()
  broken = await shop(product.url, 'A channel breaks off')
  quiet = await shop(product.url, 'A quiet shop')
})
after(() => product?.stop())

const DAY = 86_400_000
const DAYS = 63
const BROKEN = 3
/** Visits of each weekday from search ads, Sunday first; as many again come by themselves, less a few. The same people come
 * every day, which is nothing to the figures and few visitors to keep. */
const WEEK = [14, 8, 9, 8, 10, 11, 13]
const noon = (ago) => Math.floor(Date.now() / DAY) * DAY - ago * DAY + DAY / 2

const visits = (ago, paid) => {
  const own = WEEK[new Date(noon(ago)).getUTCDay()] - 4 + ((ago * 7) % 3)
  const visit = (query) => (_, at) => ({ event: 'pageview', sid: `${query.length}-${at}`, ts: noon(ago) + at * 60_000, url: `https://shop.test/${query}` })
  return [
    ...Array.from({ length: own }, visit('')),
    ...Array.from({ length: paid ? own + 4 + ((ago * 5) % 2) : 0 }, visit('?utm_source=google&utm_medium=cpc&utm_campaign=wool')),
  ]
}

const send = async ({ site }, batch) => assert.equal((await product.send({ batch }, { origin: 'https://shop.test' }, `/collect?site=${site.key}`)).status, 204)
const list = async ({ analyst }, status = 'open') => ok(await analyst.ask('GET', `/insights/anomalies?status=${status}`))
const check = async ({ analyst }) => ok(await analyst.ask('POST', '/insights/anomalies/check'))

test('nine weeks of visits come in, in one shop without its search ads on one day', async () => {
  const sent = new Map()
  for (const one of [broken, quiet]) {
    const all = Array.from({ length: DAYS }, (_, at) => DAYS - at).flatMap((ago) => visits(ago, one === quiet || ago !== BROKEN))
    sent.set(one, all.length)
    for (const batch of Object.values(Object.groupBy(all, ({ sid }) => sid))) await send(one, batch)
  }
  for (const [one, visits] of sent) {
    await eventually(async () => {
      const { metrics } = ok(await one.analyst.ask('GET', `/analytics/summary?from=${day(noon(DAYS))}&to=${day()}`))
      assert.equal(metrics.sessions, visits)
    }, { within: 60_000 })
  }
})

test('before anybody has looked the list says so', async () => {
  assert.deepEqual(await list(broken), { rows: [], next_cursor: null, look: null })
})

test('the day is found, with the channel that broke off first', async () => {
  const look = await check(broken)
  assert.equal(look.window_days, 14)
  const sessions = look.metrics.find(({ metric }) => metric === 'sessions')
  assert.deepEqual([sessions.values, sessions.reason], [14, null])
  assert.match(look.metrics.find(({ metric }) => metric === 'revenue').reason, /no value yet/)
  const { rows, look: kept } = await list(broken)
  assert.deepEqual(kept, look)
  assert.equal(rows.length, 1, JSON.stringify(rows.map(({ words }) => words)))
  const [found] = rows
  assert.deepEqual([found.metric, found.date, found.days, found.status, found.unit], ['sessions', day(noon(BROKEN)), 1, 'open', 'count'])
  assert.ok(found.value < found.lower && found.lower <= found.expected && found.expected <= found.upper && found.score < -4, JSON.stringify(found))
  const first = (dimension) => found.moved.find((mover) => mover.dimension === dimension)
  assert.deepEqual([first('channel').name, first('source').name, first('campaign').name], ['Paid Search', 'google', 'wool'])
  // What the segments did makes up what the whole did against the same weekday of the weeks before.
  const channels = found.moved.filter(({ dimension }) => dimension === 'channel')
  const change = channels.reduce((sum, mover) => sum + mover.change, 0)
  const usual = [7, 14, 21, 28].map((back) => visits(BROKEN + back, true).length)
  assert.ok(Math.abs(change - (found.value - usual.reduce((sum, count) => sum + count, 0) / 4)) < 1e-6, `${change}`)
  const shown = found.around.find(({ date }) => date === found.date)
  for (const end of ['value', 'lower', 'upper']) assert.ok(Math.abs(shown[end] - found[end]) < 1e-9, `${end}: ${shown[end]}, not ${found[end]}`)
  assert.match(found.words, /^Sessions: \d+ % below usual on .*; Paid Search moved it most\.$/)
})

test('looking again adds nothing', async () => {
  const before = (await list(broken)).rows
  await check(broken)
  assert.deepEqual((await list(broken)).rows, before)
  const { rows } = ok(await broken.admin.ask('GET', '/audit?limit=100'))
  const finds = rows.filter(({ action }) => action === 'anomalies.find')
  assert.deepEqual(finds.map(({ entity }) => entity), [`site:${broken.site.key}`])
})

test('a quiet shop raises nothing', async () => {
  const look = await check(quiet)
  assert.ok(look.values >= 14, JSON.stringify(look))
  assert.deepEqual((await list(quiet, 'all')).rows, [])
})

test('another tenant neither sees nor settles it', async () => {
  const { id } = (await list(broken)).rows[0]
  assert.deepEqual((await list(quiet, 'all')).rows, [])
  for (const act of ['dismiss', 'reopen']) refused(await quiet.admin.ask('POST', `/insights/anomalies/${id}/${act}`), 404)
  refused(await quiet.admin.ask('GET', `/insights/anomalies?site=${broken.site.key}`), 404)
  refused(await quiet.admin.ask('POST', `/insights/anomalies/check?site=${broken.site.key}`), 404)
  refused(await broken.analyst.ask('GET', '/insights/anomalies?status=old'), 422, 'status')
})

test('what was dismissed stays so when somebody looks again, until it is taken back', async () => {
  const { id } = (await list(broken)).rows[0]
  ok(await broken.analyst.ask('POST', `/insights/anomalies/${id}/dismiss`), 204)
  refused(await broken.analyst.ask('POST', `/insights/anomalies/${id}/dismiss`), 409)
  await check(broken)
  assert.deepEqual((await list(broken)).rows, [])
  const [dismissed] = (await list(broken, 'dismissed')).rows
  assert.equal(dismissed.id, id)
  assert.ok(dismissed.dismissed_by && dismissed.dismissed_at > Date.now() - 600_000)
  ok(await broken.analyst.ask('POST', `/insights/anomalies/${id}/reopen`), 204)
  const [open] = (await list(broken)).rows
  assert.deepEqual([open.id, open.status, open.dismissed_by, open.dismissed_at], [id, 'open', null, null])
})

test('the night looks at every site; late visits change a finding, and those that make the day ordinary withdraw it', async () => {
  const before = (await list(broken)).rows[0]
  const visit = (minute) => ({ event: 'pageview', sid: randomUUID(), ts: noon(BROKEN) + minute * 60_000, url: 'https://shop.test/?utm_source=google&utm_medium=cpc&utm_campaign=wool' })
  const come = async (count, from) => {
    await send(broken, Array.from({ length: count }, (_, at) => visit(from + at)))
    await product.scheduled('40 3 * * *')
  }
  await eventually(async () => {
    if ((await list(broken)).rows[0].value === before.value) await come(1, 0)
    assert.ok((await list(broken)).rows[0].value > before.value)
  }, { within: 60_000 })
  const missing = Math.round(before.expected - (await list(broken)).rows[0].value)
  await come(missing, 100)
  await eventually(async () => {
    await product.scheduled('40 3 * * *')
    assert.deepEqual((await list(broken, 'all')).rows, [])
  }, { within: 60_000 })
})
