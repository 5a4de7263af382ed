// An experiment through the running product, from its draft to its winner: visitors are shown variants by `/decide`,
// what they do comes in by the collector and takes the real way to the experiment's object, and nobody decides by hand.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { asker, shop } from './people.mjs'
import { eventually, start } from './product.mjs'

let product
let ours
let theirs
before(async () => {
  // A judgement follows a change after half a second instead of a minute.
  product = await start({ env: { EXPERIMENT_JUDGE_MS: '500' } })
  ours = await shop(product.url, 'Experimenters')
  theirs = await shop(product.url, 'Neighbours')
})
after(() => product?.stop())

const ok = (answer, status = 200) => {
  assert.equal(answer.status, status, answer.text)
  return answer.body
}

/** True rates: what share of those who see a variant sign up. */
const RATES = { plain: 0.22, loud: 0.3, dull: 0.02 }
const THRESHOLDS = { min_exposures: 60, pause_below: 0.05, promote_from: 0.95, max_expected_loss: 0.01 }

const draft = (changes = {}) => ({
  key: 'hero',
  name: 'Hero picture',
  metric: 'signup',
  thresholds: THRESHOLDS,
  variants: Object.keys(RATES).map((key) => ({ key, name: key, payload: { picture: `/${key}.webp` } })),
  ...changes,
})

const create = async (team, changes) => ok(await team.marketer.ask('POST', '/experiments', { body: draft(changes) }), 201)
const begin = async (team, id) => ok(await team.marketer.ask('POST', `/experiments/${id}/start`))
const show = async (team, id) => ok(await team.analyst.ask('GET', `/experiments/${id}`))

const decide = (site, visitor, { experiment = 'hero', headers } = {}) =>
  asker(product.url)('GET', `/decide?${new URLSearchParams({ site, experiment, visitor })}`, { headers })

/** Does this for each, a few at a time. */
async function each(list, work, atOnce = 12) {
  const rest = [...list.entries()]
  const results = []
  const worker = async () => {
    for (let next = rest.shift(); next; next = rest.shift()) results[next[0]] = await work(next[1])
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return results
}

const BROWSER = 'Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36'
const send = async (site, events, agent = BROWSER) => {
  const { status, body } = await product.send({ batch: events }, { origin: 'https://shop.test', 'user-agent': agent }, `/collect?site=${site}`)
  assert.equal(status, 204, JSON.stringify(body))
}

/** Visitors who come, are shown a variant and sign up as often as its true rate says; shares are exact, not drawn. */
function audience(site) {
  const seen = Object.fromEntries(Object.keys(RATES).map((key) => [key, 0]))
  const shown = new Map()
  let count = 0
  return {
    shown,
    /** A wave of them; resolves when what they did has been counted. */
    async comes(many, id) {
      const visitors = Array.from({ length: many }, () => `visitor-${(count += 1)}`)
      const variants = await each(visitors, async (visitor) => ok(await decide(site, visitor)).variant)
      const signups = []
      for (const [at, visitor] of visitors.entries()) {
        const variant = variants[at]
        shown.set(visitor, variant)
        const before = seen[variant]
        seen[variant] += 1
        if (Math.floor(seen[variant] * RATES[variant]) > Math.floor(before * RATES[variant])) {
          signups.push({ event: 'signup', sid: visitor, url: 'https://shop.test/welcome' })
        }
      }
      const rewards = (await show(ours, id)).variants.reduce((sum, one) => sum + one.rewards, 0)
      if (signups.length > 0) await send(site, signups)
      await eventually(async () => {
        const now = (await show(ours, id)).variants.reduce((sum, one) => sum + one.rewards, 0)
        assert.equal(now, rewards + signups.length)
      })
    },
  }
}

/** The experiment once its variants have been judged by what stands there now. */
const judged = (id) =>
  eventually(async () => {
    const experiment = await show(ours, id)
    for (const one of experiment.variants.filter((variant) => variant.status === 'active')) {
      assert.ok(one.detail.startsWith(`${one.rewards} of ${one.exposures} visitors`), JSON.stringify(one))
    }
    return experiment
  })

const of = (experiment, key) => experiment.variants.find((one) => one.key === key)

test('visitors decide: the loser is paused after its threshold, the best one wins, and both are told', async () => {
  const site = ours.site.key
  const { id, status } = await create(ours)
  assert.equal(status, 'draft')
  assert.deepEqual(ok(await decide(site, 'early')), { variant: null, payload: null }, 'a draft is shown to nobody')
  assert.equal((await begin(ours, id)).status, 'running')
  assert.equal((await ours.marketer.ask('POST', `/experiments/${id}/start`)).status, 409)

  // The same visitor asks again and again, also at once: one variant, one exposure.
  const answers = await each(Array.from({ length: 12 }, () => 'faithful'), async (visitor) => ok(await decide(site, visitor)))
  assert.equal(new Set(answers.map((answer) => answer.variant)).size, 1, JSON.stringify(answers))
  assert.deepEqual(answers[0].payload, { picture: `/${answers[0].variant}.webp` })
  assert.equal((await show(ours, id)).variants.reduce((sum, one) => sum + one.exposures, 0), 1)

  const visitors = audience(site)
  visitors.shown.set('faithful', answers[0].variant)
  let paused
  let now
  for (let wave = 0; wave < 60 && now?.status !== 'decided'; wave += 1) {
    // Small waves up to the first judgement, so that no variant is far ahead of the others in what has been counted.
    await visitors.comes(paused ? 120 : 30, id)
    now = await judged(id)
    const loser = now.status === 'running' && now.variants.find((one) => one.status === 'paused')
    if (loser) paused ??= loser
  }

  now = await eventually(async () => {
    const experiment = await show(ours, id)
    assert.equal(experiment.status, 'decided', JSON.stringify(experiment.variants))
    return experiment
  })
  assert.equal(now.winner, 'loud')
  assert.ok(now.ended_at >= now.started_at)
  assert.deepEqual(now.variants.map((one) => [one.key, one.status]), [['plain', 'paused'], ['loud', 'winner'], ['dull', 'paused']])
  assert.equal(paused?.key, 'dull', 'the worst is paused while the others go on')
  assert.ok(paused.exposures >= THRESHOLDS.min_exposures, JSON.stringify(paused))
  const winner = of(now, 'loud')
  assert.ok(winner.exposures >= THRESHOLDS.min_exposures && winner.probability_best >= THRESHOLDS.promote_from, JSON.stringify(winner))
  assert.ok(Math.abs(winner.rate - RATES.loud) < 0.03, `${winner.rate}`)
  assert.match(winner.detail, /it wins|the only one left/)
  assert.match(of(now, 'dull').detail, /it has lost/)

  // The audit log tells each of it once, with the numbers, and by whom.
  const { rows } = ok(await ours.admin.ask('GET', '/audit?limit=200'))
  const told = rows.filter((row) => row.entity === `experiment:${id}` && row.action.startsWith('variant.'))
  assert.deepEqual(told.map((row) => row.actor), ['system', 'system', 'system'])
  const pauses = told.filter((row) => row.action === 'variant.pause')
  const promotions = told.filter((row) => row.action === 'variant.promote')
  assert.deepEqual(pauses.map((row) => row.before.variant).sort(), ['dull', 'plain'])
  assert.deepEqual(promotions.map((row) => [row.before.variant, row.after.status]), [['loud', 'winner']])
  assert.match(pauses.find((row) => row.before.variant === 'dull').after.reason, /\d+ of \d+ visitors, .* it has lost/)
  assert.ok(promotions[0].number > pauses.find((row) => row.before.variant === 'dull').number, 'first paused, then won')
  const own = rows.filter((row) => row.entity === `experiment:${id}` && row.action.startsWith('experiment.'))
  assert.deepEqual(own.map((row) => [row.action, row.actor]).reverse(), [
    ['experiment.create', ours.marketer.user.id],
    ['experiment.start', ours.marketer.user.id],
  ])
  assert.equal(ok(await ours.admin.ask('GET', '/audit/verify')).holds, true)

  // Everybody is shown the winner now: who is new, who had it, and who had what was paused.
  const everybody = ['somebody new', ...[...visitors.shown.keys()].slice(0, 40)]
  const after = await each(everybody, async (visitor) => ok(await decide(site, visitor)))
  assert.deepEqual([...new Set(after.map((answer) => answer.variant))], ['loud'])

  assert.equal(ok(await ours.marketer.ask('POST', `/experiments/${id}/stop`)).status, 'stopped')
  assert.deepEqual(ok(await decide(site, 'somebody new')), { variant: null, payload: null })
  const stopped = await show(ours, id)
  assert.ok(of(stopped, 'loud').exposures > winner.exposures, 'its last counts stay')
  assert.equal((await ours.marketer.ask('POST', `/experiments/${id}/stop`)).status, 409)
})

test('what counts is a visitor’s first reward after they were shown something', async () => {
  const site = ours.site.key
  const experiment = 'checkout'
  const { id } = await create(ours, { key: experiment, metric: 'purchase' })
  await begin(ours, id)
  const purchase = (sid, more = {}) => ({ event: 'purchase', sid, value: 10, currency: 'EUR', order_id: `${sid}-${Math.random()}`, ...more })
  await each(['buyer', 'robot', 'looker', 'late'], async (visitor) => ok(await decide(site, visitor, { experiment })))
  await send(site, [
    purchase('buyer'),
    purchase('buyer'),
    purchase('stranger'),
    purchase('late', { ts: Date.now() - 3_600_000 }),
    { event: 'pageview', sid: 'looker', url: 'https://shop.test/' },
  ])
  await send(site, [purchase('robot')], 'Googlebot/2.1 (+http://www.google.com/bot.html)')
  // A last purchase shows that what was sent before it has come through.
  ok(await decide(site, 'last', { experiment }))
  await send(site, [purchase('last')])
  const total = async () => (await show(ours, id)).variants.reduce((sum, one) => [sum[0] + one.exposures, sum[1] + one.rewards], [0, 0])
  await eventually(async () => assert.deepEqual(await total(), [5, 2]))
  await eventually(async () => {
    const { orders } = ok(await ours.analyst.ask('GET', '/analytics/summary')).metrics
    assert.ok(orders >= 5, `${orders} orders have come through`)
  })
  assert.deepEqual(await total(), [5, 2])
})

test('an experiment is its tenant’s and its site’s alone', async () => {
  const { id } = await create(ours, { key: 'secret' })
  await begin(ours, id)
  const { admin } = theirs
  for (const [method, path] of [['GET', ''], ['POST', '/start'], ['POST', '/stop']]) {
    assert.equal((await admin.ask(method, `/experiments/${id}${path}`)).status, 404, `${method} ${path}`)
  }
  assert.deepEqual(ok(await admin.ask('GET', '/experiments')).rows, [])
  assert.equal((await admin.ask('GET', `/experiments?site=${ours.site.key}`)).status, 404)
  assert.equal((await admin.ask('POST', '/experiments', { body: draft({ site: ours.site.key }) })).status, 404)
  assert.equal((await decide(theirs.site.key, 'v', { experiment: 'secret' })).status, 404)
  assert.equal((await decide('no-such-site', 'v', { experiment: 'secret' })).status, 404)

  // The same key at the neighbour's is another experiment: its visitors and rewards are its own.
  const other = await create(theirs, { key: 'secret', metric: 'signup' })
  await begin(theirs, other.id)
  ok(await decide(ours.site.key, 'shared', { experiment: 'secret' }))
  ok(await decide(theirs.site.key, 'shared', { experiment: 'secret' }))
  await send(theirs.site.key, [{ event: 'signup', sid: 'shared' }])
  const counts = (experiment) => experiment.variants.reduce((sum, one) => [sum[0] + one.exposures, sum[1] + one.rewards], [0, 0])
  await eventually(async () => assert.deepEqual(counts(await show(theirs, other.id)), [1, 1]))
  assert.deepEqual(counts(await show(ours, id)), [1, 0])
})

test('only pages of the site’s origins may ask', async () => {
  const site = { name: 'Strict', currency: 'EUR', time_zone: 'UTC', origins: ['https://strict.test'] }
  const made = ok(await ours.creator.ask('POST', '/tenants', { body: { name: 'Strict', site } }), 201)
  const { token } = ok(await ours.creator.ask('POST', '/auth/switch', { body: { tenant_id: made.tenant.id } }))
  const ask = asker(product.url, { authorization: `Bearer ${token}` })
  const { id } = ok(await ask('POST', '/experiments', { body: draft() }), 201)
  ok(await ask('POST', `/experiments/${id}/start`))
  const from = (origin) => decide(made.site.key, 'v', { headers: { origin } })
  const allowed = await from('https://strict.test')
  assert.deepEqual([allowed.status, allowed.headers.get('access-control-allow-origin')], [200, 'https://strict.test'])
  const refused = await from('https://elsewhere.test')
  assert.deepEqual([refused.status, refused.headers.get('access-control-allow-origin')], [403, null])
})
