// Forecasts over orders that came in by the collector: a shop with a week's rhythm is foretold that rhythm.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { ok, shop } from './people.mjs'
import { eventually, start } from './product.mjs'

let product
before(async () => {
  product = await start()
})
after(() => product?.stop())

const DAY = 86_400_000
const DAYS = 56
/** Orders of each weekday, Sunday first; each of 10.00. */
const WEEK = [9, 2, 3, 3, 4, 6, 8]
/** Noon of a day so long ago, UTC. */
const noon = (ago) => Math.floor(Date.now() / DAY) * DAY - ago * DAY + DAY / 2
const of = (t) => WEEK[new Date(t).getUTCDay()]

const get = async (path) => {
  const { status, body } = await product.api(path)
  assert.equal(status, 200, JSON.stringify(body))
  return body
}

test('eight weeks of orders come in', async () => {
  let sent = 0
  for (let ago = DAYS; ago >= 1; ago -= 1) {
    const batch = Array.from({ length: of(noon(ago)) }, (_, at) => ({
      event: 'purchase', sid: randomUUID(), ts: noon(ago) + at * 60_000, url: 'https://shop.test/thanks',
      props: { value: 10, currency: 'EUR', order_id: randomUUID() },
    }))
    sent += batch.length
    assert.equal((await product.send({ batch })).status, 204)
  }
  await eventually(async () => {
    const { points } = await get(`/analytics/timeseries?metric=orders&gran=d&from=${new Date(noon(DAYS)).toISOString().slice(0, 10)}`)
    assert.equal(points.reduce((sum, point) => sum + point.value, 0), sent)
  }, { within: 60_000 })
})

test('the days to come have the rhythm of those that were', async () => {
  for (const [metric, unit, worth] of [['orders', 'count', 1], ['revenue', 'money', 1000]]) {
    const answer = await get(`/forecast?metric=${metric}&horizon=14`)
    assert.deepEqual([answer.unit, answer.currency, answer.gran, answer.learnt_from, answer.ahead.length], [unit, 'EUR', 'd', DAYS, 14])
    for (const ahead of answer.ahead) {
      const wanted = of(ahead.t + DAY / 2) * worth
      assert.ok(Math.abs(ahead.mean - wanted) < 0.15 * wanted, `${metric} on ${ahead.date}: ${ahead.mean}, not ${wanted}`)
      assert.ok(ahead.low_95 <= ahead.low_80 && ahead.low_80 <= ahead.mean && ahead.mean <= ahead.high_80 && ahead.high_80 <= ahead.high_95)
    }
    assert.equal(answer.history.length, DAYS)
    assert.equal(answer.history.at(-1).value, of(noon(1)) * worth)
    assert.ok(answer.backtest.origins.length >= 3)
    for (const origin of answer.backtest.origins) {
      for (const point of origin.points) assert.ok(Math.abs(point.actual - of(point.t + DAY / 2) * worth) < 1e-6)
    }
  }
})

test('weeks are Monday to Sunday, and this one is not learnt from', async () => {
  const answer = await get('/forecast?metric=orders&gran=w&horizon=4')
  const first = new Date(answer.ahead[0].t)
  assert.equal(first.getUTCDay(), 1)
  assert.ok(first.getTime() <= Date.now() && Date.now() < first.getTime() + 7 * DAY)
  assert.equal(answer.history.at(-1).value, WEEK.reduce((sum, orders) => sum + orders, 0))
})

test('what cannot be asked is named', async () => {
  for (const [query, status, field] of [
    ['metric=magic', 422, 'metric'], ['horizon=0', 422, 'horizon'], ['gran=h', 422, 'gran'],
    ['promotions=2026-13-01', 422, 'promotions'], ['horizon=181', 422, 'horizon'],
  ]) {
    const { status: found, body } = await product.api(`/forecast?${query}`)
    assert.deepEqual([found, body.errors?.[0]?.field], [status, field], JSON.stringify(body))
  }
  const { admin } = await shop(product.url, `Nothing yet ${randomUUID().slice(0, 6)}`)
  const { kind, learnt_from, history, ahead, total } = ok(await admin.ask('GET', '/forecast'))
  assert.deepEqual({ kind, learnt_from, history, ahead, total }, { kind: 'nothing', learnt_from: 0, history: [], ahead: [], total: null })
})
