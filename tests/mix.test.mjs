// The media mix over spend that was imported and orders that came in by the collector: what was planted is found, a
// killed runtime goes on where it was, a budget is divided to the last cent, and of two plans the better one is told.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { shop } from './people.mjs'
import { eventually, site, start } from './product.mjs'

let product
before(async () => {
  product = await start()
})
after(() => product?.stop())

const DAY = 86_400_000
const WEEKS = 110
const date = (t) => new Date(t).toISOString().slice(0, 10)
/** Monday of this week, UTC. */
const monday = (() => {
  const today = Math.floor(Date.now() / DAY) * DAY
  return today - ((new Date(today).getUTCDay() + 6) % 7) * DAY
})()
/** Numbers that look random, 0 to 1, the same in every run. */
let seed = 11
const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647
const levelling = (spend, half, most) => (most * spend) / (spend + half)

/** Whole units of money: search levels off early, social late and works on into the next weeks. */
let kept = 0
const weeks = Array.from({ length: WEEKS }, (_, at) => {
  const [search, social] = [Math.round(50 + 1000 * random()), Math.round(50 + 2000 * random())]
  kept = social + 0.3 * kept
  const brought = { 'Paid Search': levelling(search, 300, 6000), 'Paid Social': levelling(kept, 4000, 9000) }
  const revenue = 10_000 + brought['Paid Search'] + brought['Paid Social'] + 300 * (random() - 0.5)
  return { t: monday - (WEEKS - at) * 7 * DAY, search, social, brought, revenue: Math.round(revenue) }
})
const sum = (of) => weeks.reduce((all, week) => all + of(week), 0)

/** Ten weeks without search, as a region that was left out would have shown them: within 2 % of what is planted. */
const lift = (() => {
  const tested = weeks.slice(40, 50)
  const truth = 100 * tested.reduce((all, week) => all + week.brought['Paid Search'], 0)
  return { channel: 'Paid Search', from: date(tested[0].t), to: date(tested.at(-1).t + 6 * DAY), lift: Math.round(1.02 * truth), standard_error: Math.round(0.05 * truth) }
})()
/** A day of promotion in the first week that is to come: no past one says what it would bring, so it brings nothing. */
const told = { promotions: [date(monday + 2 * DAY)], experiments: [lift] }

const ask = (path, body) =>
  product.api(path, body ? { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : undefined)
const study = async () => {
  const { status, body } = await ask('/planning/mix')
  assert.equal(status, 200, JSON.stringify(body))
  return body
}

test('without spend nothing is computed, and it says why', async () => {
  assert.deepEqual(await study(), { study: null, computed_at: null, question: null, answer: null })
  const refused = await ask('/planning/mix', {})
  assert.equal(refused.status, 409, JSON.stringify(refused.body))
  assert.match(refused.body.detail, /no ad spend/)
  const budget = await ask('/planning/budget', { goal: { kind: 'spend', total_minor: 100_000 } })
  assert.equal(budget.status, 409, JSON.stringify(budget.body))
  assert.match(budget.body.detail, /no media mix/)
})

test('two years of weekly spend and orders comes in', async () => {
  const row = (t, source, medium, spend) => `${date(t + 2 * DAY)},${source},${medium},always on,1000,100,${spend}.00,EUR`
  const rows = weeks.flatMap((week) => [row(week.t, 'google', 'cpc', week.search), row(week.t, 'facebook', 'paid_social', week.social)])
  const csv = ['date,source,medium,campaign,impressions,clicks,spend,currency', ...rows].join('\n')
  const imported = await product.api(`/imports/ad-spend?site=${site}`, { method: 'POST', headers: { 'content-type': 'text/csv' }, body: csv })
  assert.ok(imported.status < 300, JSON.stringify(imported.body))
  const batch = weeks.map((week) => ({
    event: 'purchase', sid: randomUUID(), ts: week.t + 3 * DAY, url: 'https://shop.test/thanks',
    props: { value: week.revenue, currency: 'EUR', order_id: randomUUID() },
  }))
  for (let at = 0; at < batch.length; at += 20) assert.equal((await product.send({ batch: batch.slice(at, at + 20) })).status, 204)
  await eventually(async () => {
    const range = `from=${date(weeks[0].t)}&to=${date(monday - DAY)}`
    const { body } = await product.api(`/analytics/summary?${range}`)
    assert.deepEqual([body.metrics?.revenue, body.metrics?.spend], [100 * sum((week) => week.revenue), 100 * sum((week) => week.search + week.social)], JSON.stringify(body).slice(0, 600))
  }, { within: 60_000 })
})

test('a study that was begun is finished, though the runtime dies on the way', async () => {
  for (const [body, field] of [[{ weeks: 25 }, '/weeks'], [{ promotions: ['soon'] }, '/promotions'], [{ outcome: 'fame' }, '/outcome']]) {
    const refused = await ask('/planning/mix', body)
    assert.deepEqual([refused.status, refused.body.errors?.[0]?.field], [422, field], JSON.stringify(refused.body))
  }
  const begun = await ask('/planning/mix', told)
  assert.deepEqual([begun.status, begun.body.status], [202, 'running'], JSON.stringify(begun.body))
  assert.equal((await ask('/planning/mix', {})).status, 409)
  let half
  for (const end = Date.now() + 120_000; Date.now() < end && !(half?.progress > 0); ) half = (await study()).study
  await product.kill()
  assert.ok(half.status === 'running' && half.progress > 0 && half.progress < 0.9, `killed half-way, else this proves nothing: ${JSON.stringify(half)}`)
  await sleep(500)
  await product.restart()
  const { study: done } = await eventually(async () => {
    const found = await study()
    assert.equal(found.study.status, 'done', JSON.stringify(found.study))
    return found
  }, { within: 240_000 })
  assert.equal(done.id, begun.body.id)
})

test('what was planted is found', async () => {
  const { answer } = await study()
  assert.deepEqual([answer.outcome, answer.currency, answer.quality.weeks, answer.from], ['revenue', 'EUR', WEEKS, date(weeks[0].t)])
  assert.deepEqual(answer.channels.map((channel) => channel.name), ['Paid Social', 'Paid Search'])
  for (const channel of answer.channels) {
    const planted = sum((week) => week.brought[channel.name]) / sum((week) => week.revenue)
    assert.ok(Math.abs(channel.share.mean - planted) < 0.06, `${channel.name}: ${JSON.stringify(channel.share)}, ${planted} planted`)
    assert.ok(channel.share.low < planted && planted < channel.share.high, `${channel.name}: ${JSON.stringify(channel.share)}, ${planted} planted`)
    assert.equal(channel.spend, 100 * sum((week) => (channel.name === 'Paid Search' ? week.search : week.social)))
    assert.equal(channel.curve.length, 40)
    for (const [at, point] of channel.curve.entries()) {
      assert.ok(point.response.low <= point.response.mean && point.response.mean <= point.response.high)
      assert.ok(at === 0 || point.response.mean >= channel.curve[at - 1].response.mean)
    }
  }
  assert.deepEqual(answer.weeks.map((week) => week.actual), weeks.map((week) => 100 * week.revenue))
  assert.ok(answer.quality.r_squared > 0.9 && answer.quality.r_hat < 1.1, JSON.stringify(answer.quality))
})

test('what was told is in the answer and in the question, which the next study is asked by', async () => {
  const { question, answer } = await study()
  assert.deepEqual([question.promotions, question.experiments], [told.promotions, [{ scale: 0, ...lift }]])
  const [{ channel, measured, fitted }] = answer.experiments
  assert.deepEqual([channel, measured.mean], ['Paid Search', lift.lift])
  assert.ok(Math.abs((measured.high - measured.low) / 2 - 1.644854 * lift.standard_error) < 1, JSON.stringify(measured))
  assert.ok(fitted.low <= lift.lift / 1.02 && lift.lift / 1.02 <= fitted.high, JSON.stringify([measured, fitted]))
  const refused = await ask('/planning/mix', { experiments: [{ ...lift, channel: 'Radio' }] })
  assert.deepEqual([refused.status, refused.body.errors?.[0]?.field], [422, '/experiments'], JSON.stringify(refused.body))
})

test('a budget is divided to the last cent', async () => {
  const { answer } = await study()
  const present = answer.budget.present_total
  for (const total of [present, present + 12_345, 77_777]) {
    const { status, body } = await ask('/planning/budget', { goal: { kind: 'spend', total_minor: total } })
    assert.equal(status, 200, JSON.stringify(body))
    assert.equal(body.channels.reduce((all, one) => all + one.spend, 0), total)
    if (total >= present) assert.ok(body.gain.mean >= 0 && body.gain.low <= body.gain.mean, JSON.stringify(body.gain))
    assert.ok(body.probability >= 0 && body.probability <= 1)
    if (total === present) assert.deepEqual(body, answer.budget)
  }
  const bounds = [{ channel: 'Paid Search', min: 10_000, max: 10_000 }, { channel: 'Paid Social', min: 500, max: 500_000 }]
  const bound = (await ask('/planning/budget', { goal: { kind: 'spend', total_minor: present }, bounds })).body
  const search = bound.channels.find((one) => one.name === 'Paid Search')
  assert.deepEqual([search.spend, search.bound], [10_000, 'max'])
  assert.equal(bound.total, present)
  const { body: target } = await ask('/planning/budget', { goal: { kind: 'target_roas', roas: 4 } })
  const back = target.outcome.mean / target.total
  assert.ok(back > 3.8 && back < 4.3, JSON.stringify(target))
})

test('plans are compared by the same draws, and the truth lies within', async () => {
  const { answer } = await study()
  const present = Object.fromEntries(answer.channels.map((channel) => [channel.name, channel.present]))
  const total = answer.budget.present_total
  const given = (spends) => ({ kind: 'given', channels: Object.entries(spends).map(([channel, spend_minor]) => ({ channel, spend_minor })) })
  const half = Object.fromEntries(Object.entries(present).map(([name, spend]) => [name, Math.round(spend / 2)]))
  const plans = [
    { name: 'As now', spend: { kind: 'present' } },
    { name: 'The same', spend: given(present) },
    { name: 'Half', spend: given(half) },
    { name: 'Recommended', spend: { kind: 'recommended', goal: { kind: 'spend', total_minor: total } } },
    { name: 'Far out', spend: given({ 'Paid Search': 2_000_000 }) },
  ]
  const { status, body } = await ask('/planning/scenario', { weeks: 13, plans })
  assert.equal(status, 200, JSON.stringify(body))
  assert.deepEqual([body.from, body.to, body.weeks, body.currency], [date(monday), date(monday + (13 * 7 - 1) * DAY), 13, 'EUR'])
  const [now, same, less, best, far] = body.plans
  assert.deepEqual(body.plans.map((plan) => plan.name), plans.map((plan) => plan.name))
  assert.deepEqual([now.difference, now.probability], [null, null])
  assert.deepEqual({ ...same, name: now.name, difference: null, probability: null }, now)
  assert.deepEqual([same.difference, same.probability], [{ mean: 0, low: 0, high: 0 }, 0.5])
  for (const plan of body.plans) {
    const own = (of) => plan.channels.reduce((all, channel) => all + of(channel), 0)
    assert.deepEqual([plan.spend_a_week, plan.spend], [own((one) => one.spend), 13 * own((one) => one.spend)])
    assert.ok(Math.abs(own((one) => one.brought.mean) - plan.brought.mean) < 1, JSON.stringify(plan))
    assert.ok(plan.outcome.low < plan.outcome.mean && plan.outcome.mean < plan.outcome.high)
  }
  // What was planted, reckoned here: the difference of two plans is in the interval, which is narrower than those of both.
  const truth = (spends) => {
    let left = kept
    return [...Array(13)].reduce((all) => {
      left = spends['Paid Social'] / 100 + 0.3 * left
      return all + 100 * (levelling(spends['Paid Search'] / 100, 300, 6000) + levelling(left, 4000, 9000))
    }, 0)
  }
  const planted = truth(half) - truth(present)
  const { difference } = less
  assert.ok(difference.low < planted && planted < difference.high, `${planted} planted, ${JSON.stringify(difference)}`)
  assert.ok(Math.abs(difference.mean - (less.outcome.mean - now.outcome.mean)) < 1e-6 * now.outcome.mean)
  const wide = ({ low, high }) => high - low
  assert.ok(wide(difference) < wide(less.outcome) + wide(now.outcome), JSON.stringify([difference, less.outcome, now.outcome]))
  assert.equal(less.probability, 0)
  // The recommendation is that of the budget and no worse than leaving things as they are.
  assert.deepEqual(best.channels.map((one) => one.spend), answer.budget.channels.map((one) => one.spend))
  assert.ok(best.difference.mean >= 0 && best.probability >= 0.5, JSON.stringify(best))
  // Beyond what was tried it says so.
  assert.deepEqual([now.warnings, far.warnings.length, far.channels.map((one) => one.beyond)], [[], 1, [false, true]])
  assert.match(far.warnings[0], /^Paid Search gets more than twice/)
  const bounds = [{ channel: 'Paid Search', min: 12_345, max: 12_345 }]
  const bound = await ask('/planning/scenario', { plans: [plans[0], { name: 'Bound', spend: { ...plans[3].spend, bounds } }] })
  assert.deepEqual([bound.body.weeks, bound.body.plans?.[1].channels.find((one) => one.name === 'Paid Search').spend], [8, 12_345], JSON.stringify(bound.body))
})

test('plans that cannot be compared are named', async () => {
  const now = { name: 'As now', spend: { kind: 'present' } }
  const given = (channel, spend_minor) => ({ name: 'Other', spend: { kind: 'given', channels: [{ channel, spend_minor }] } })
  const best = (spend) => ({ name: 'Best', spend: { kind: 'recommended', ...spend } })
  for (const [body, field] of [
    [{ plans: [now] }, '/plans'],
    [{ plans: [now, now] }, '/plans/1/name'],
    [{ weeks: 0, plans: [now, given('Paid Search', 1)] }, '/weeks'],
    [{ plans: [now, given('Radio', 1)] }, '/plans/1/spend/channels/0/channel'],
    [{ plans: [now, given('Paid Search', -1)] }, '/plans/1/spend/channels/0/spend_minor'],
    [{ plans: [now, best({ goal: { kind: 'spend', total_minor: 0 } })] }, '/plans/1/spend/goal/total_minor'],
    [{ plans: [now, best({ goal: { kind: 'target_cpa', cpa_minor: 500 } })] }, '/plans/1/spend/goal/kind'],
    [{ plans: [{ ...now, name: '' }, given('Paid Search', 1)] }, '/plans/0/name'],
  ]) {
    const refused = await ask('/planning/scenario', body)
    assert.deepEqual([refused.status, refused.body.errors?.[0]?.field], [422, field], JSON.stringify([body, refused.body]))
  }
  const unread = await ask('/planning/scenario', { plans: [now, { name: 'Other', spend: { kind: 'present', extra: 1 } }] })
  assert.equal(unread.status, 422, JSON.stringify(unread.body))
})

test('what cannot be divided is named', async () => {
  const spend = { kind: 'spend', total_minor: 100_000 }
  for (const [body, field] of [
    [{ goal: { kind: 'spend', total_minor: 0 } }, '/goal/total_minor'],
    [{ goal: { kind: 'spend', total_minor: 900_000_000 } }, '/goal/total_minor'],
    [{ goal: { kind: 'target_roas', roas: 1_000_000 } }, '/goal'],
    [{ goal: { kind: 'target_cpa', cpa_minor: 500 } }, '/goal/kind'],
    [{ goal: spend, bounds: [{ channel: 'Radio', min: 1 }] }, '/bounds'],
    [{ goal: spend, bounds: [{ channel: 'Paid Search', min: 2, max: 1 }] }, '/bounds'],
    [{ goal: spend, bounds: [{ channel: 'Paid Search', min: 200_000 }] }, '/bounds'],
  ]) {
    const refused = await ask('/planning/budget', body)
    assert.deepEqual([refused.status, refused.body.errors?.[0]?.field], [422, field], JSON.stringify([body, refused.body]))
  }
  const { admin } = await shop(product.url, `Nothing yet ${randomUUID().slice(0, 6)}`)
  assert.equal((await admin.ask('POST', '/planning/mix', { body: {} })).status, 409)
  assert.equal((await admin.ask('GET', `/planning/mix?site=${site}`)).status, 404)
  assert.equal((await admin.ask('POST', `/planning/mix?site=${site}`, { body: {} })).status, 404)
  assert.equal((await admin.ask('POST', `/planning/budget?site=${site}`, { body: { goal: spend } })).status, 404)
  const plans = ['one', 'other'].map((name) => ({ name, spend: { kind: 'present' } }))
  assert.equal((await admin.ask('POST', `/planning/scenario?site=${site}`, { body: { plans } })).status, 404)
  assert.equal((await admin.ask('POST', '/planning/scenario', { body: { plans } })).status, 409)
})
