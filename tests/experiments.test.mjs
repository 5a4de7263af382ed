// An experiment through the running product, from its draft to its winner: visitors are shown variants by `/decide`,
// what they do comes in by the collector and takes the real way to the experiment's object, and nobody decides by hand.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { asker, ok, shop } from './people.mjs'
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

/** True rates: what share of those who see a variant sign up. */
const RATES = { plain: 0.22, loud: 0.3, dull: 0.02 }
const THRESHOLDS = { min_exposures: 30, pause_below: 0.05, promote_from: 0.95, max_expected_loss: 0.01, window_days: 0 }

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
  assert.deepEqual(ok(await decide(site, 'early')), { variant: null, exposure: null, payload: null }, 'a draft is shown to nobody')
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
  assert.deepEqual(ok(await decide(site, 'somebody new')), { variant: null, exposure: null, payload: null })
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

const readout = async (id) => ok(await ours.analyst.ask('GET', `/experiments/${id}/readout`))
const signup = (sid, exposure) => ({ event: 'signup', sid, url: 'https://shop.test/welcome', ...(exposure ? { props: { $exposure: exposure } } : {}) })

/** Two variants of one experiment: `many` visitors, of whom every third who sees `loud` signs up and nobody else. */
async function lopsided(experiment, thresholds, many = 130) {
  const variants = ['plain', 'loud'].map((key) => ({ key, name: key }))
  const { id } = await create(ours, { key: experiment, variants, thresholds: { ...THRESHOLDS, ...thresholds } })
  await begin(ours, id)
  const visitors = Array.from({ length: many }, (_, at) => `${experiment}-${at}`)
  const shown = await each(visitors, async (visitor) => ok(await decide(ours.site.key, visitor, { experiment })))
  const of = (key) => visitors.map((visitor, at) => ({ visitor, ...shown[at] })).filter((one) => one.variant === key)
  const [plain, loud] = [of('plain'), of('loud')]
  const bought = loud.filter((_, at) => at % 3 === 0)
  await send(ours.site.key, bought.map((one) => signup(one.visitor)))
  return { id, plain, loud, bought }
}

const rewards = (experiment) => Object.fromEntries(experiment.variants.map((one) => [one.key, one.rewards]))

test('who may still convert is not taken for lost: the variant is paused only where nobody is waited for', async () => {
  const waits = await lopsided('waits', { window_days: 7 })
  const does = await lopsided('does-not-wait', { window_days: 0 })
  await eventually(async () => assert.equal((await show(ours, does.id)).status, 'decided'), { within: 30_000 })
  assert.equal(of(await show(ours, does.id), 'plain').status, 'paused')
  await eventually(async () => assert.match(of(await show(ours, waits.id), 'plain').detail, /^0 of \d+ visitors: who has not converted yet may still/))
  const still = await show(ours, waits.id)
  assert.deepEqual(rewards(still), { plain: 0, loud: waits.bought.length })
  assert.ok(waits.bought.length >= 12, `${waits.bought.length}`)
  assert.deepEqual(still.variants.map((one) => one.status), ['active', 'active'])

  const said = await readout(waits.id)
  assert.equal(said.window_days, 7)
  const plain = said.variants.find((one) => one.key === 'plain')
  assert.ok(plain.trials < 0.05 * plain.exposures, `${plain.trials} of ${plain.exposures} count already`)
  assert.ok(plain.awaited > 0, `${plain.awaited}`)
  assert.deepEqual(said.variants.map((one) => one.share), [0.5, 0.5])
})

test('once their time is up they are, though nothing more happens', async () => {
  // 26 seconds, in slots of 0.4.
  const { id, loud, bought } = await lopsided('soon', { window_days: 0.0003, min_exposures: 1_000_000 })
  const counted = (said) => said.variants.find((one) => one.key === 'plain')
  const first = counted(await readout(id))
  assert.ok(first.trials < first.exposures, JSON.stringify(first))
  await eventually(async () => {
    const said = await readout(id)
    assert.equal(counted(said).trials, counted(said).exposures)
    assert.ok(said.variants.every((one) => one.awaited === 0), 'nobody is waited for any more')
    // The day's line was written anew by time alone.
    assert.equal(said.history.at(-1).variants.find((one) => one.key === 'loud').rate, bought.length / loud.length)
  }, { within: 60_000 })
})

test('a proof of exposure counts for the variant that was shown, and a forged one for nothing', async () => {
  const experiment = 'proofs'
  const { id, plain, bought } = await lopsided(experiment, { window_days: 0 })
  await eventually(async () => assert.equal((await show(ours, id)).status, 'decided'), { within: 30_000 })
  // Who saw the variant that was paused is given the winner now.
  const [honest, forger, thief] = plain
  for (const one of [honest, forger, thief]) assert.equal(ok(await decide(ours.site.key, one.visitor, { experiment })).variant, 'loud')
  await send(ours.site.key, [signup(honest.visitor, honest.exposure)])
  await eventually(async () => assert.deepEqual(rewards(await show(ours, id)), { plain: 1, loud: bought.length }))
  // Another time, and another visitor's: what they say is passed over, and what is known of the visitor holds.
  const [variant, at, mac] = forger.exposure.split('.')
  await send(ours.site.key, [signup(forger.visitor, `${variant}.${Number(at) - 1}.${mac}`)])
  await send(ours.site.key, [signup(thief.visitor, forger.exposure)])
  await send(ours.site.key, [signup('never-seen', `plain.${at}.${'0'.repeat(64)}`)])
  await eventually(async () => assert.deepEqual(rewards(await show(ours, id)), { plain: 1, loud: bought.length + 2 }))
  await send(ours.site.key, [signup(honest.visitor, honest.exposure)])
  // A last reward shows that what was sent before it has come through: the second of one visitor counts for nothing.
  await send(ours.site.key, [signup(plain[3].visitor, plain[3].exposure)])
  await eventually(async () => assert.deepEqual(rewards(await show(ours, id)), { plain: 2, loud: bought.length + 2 }))
})

/** P(Z ≤ z), by Abramowitz and Stegun 7.1.26: to seven digits. */
function below(z) {
  const x = Math.abs(z) / Math.SQRT2
  const t = 1 / (1 + 0.3275911 * x)
  const erf = 1 - t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429)))) * Math.exp(-x * x)
  return z < 0 ? (1 - erf) / 2 : (1 + erf) / 2
}

test('a readout says of known counts what the textbook does', async () => {
  const { id, plain, loud, bought } = await lopsided('known', { window_days: 0, min_exposures: 1_000_000 })
  const also = plain.filter((_, at) => at % 5 === 0)
  await send(ours.site.key, also.map((one) => signup(one.visitor)))
  await eventually(async () => assert.deepEqual(rewards(await show(ours, id)), { plain: also.length, loud: bought.length }))
  const said = await readout(id)
  const [a, b] = [also.length / plain.length, bought.length / loud.length]
  const [control, variant] = said.variants
  assert.deepEqual([control.rate, variant.rate, control.trials, variant.trials], [a, b, plain.length, loud.length])
  assert.ok(control.against === null && control.rate_low < a && a < control.rate_high)
  const { against } = variant
  const near = (found, wanted, within) => assert.ok(Math.abs(found - wanted) < within, `${found}, not ${wanted}`)
  near(against.lift, b / a - 1, 1e-9)
  // The delta method: Var(b/a) = (vb/nb + (b/a)² va/na) / a².
  const error = Math.sqrt((b * (1 - b)) / loud.length + (b / a) ** 2 * ((a * (1 - a)) / plain.length)) / a
  near(against.chance_to_win, below(against.lift / error), 1e-6)
  near(against.low, against.lift - 1.98 * error, 0.02)
  assert.ok(against.always_low < against.low && against.high < against.always_high && against.always_p_value >= against.p_value)
  assert.equal(said.split.mismatch, false)
  near(said.split.p_value, 2 * (1 - below(Math.abs(plain.length - loud.length) / Math.sqrt(plain.length + loud.length))), 1e-4)
  // Shown evenly, the log says of one variant alone what was seen of it.
  assert.equal(said.policies.settled, plain.length + loud.length)
  near(said.policies.rows.find((row) => row.only === 'loud').snips, b, 1e-9)
  near(said.policies.rows.find((row) => row.only === null).ips, (also.length + bought.length) / (plain.length + loud.length), 1e-9)

  // The day is kept, and stays when the experiment has been stopped.
  await eventually(async () => {
    const { history } = await readout(id)
    assert.deepEqual(history.at(-1)?.variants.map((one) => one.rate), [a, b])
  })
  ok(await ours.marketer.ask('POST', `/experiments/${id}/stop`))
  const stopped = await readout(id)
  assert.deepEqual([stopped.variants[1].against, stopped.policies], [against, null])
  assert.deepEqual(stopped.history.at(-1).variants.map((one) => one.rate), [a, b])
  const draft = await create(ours, { key: 'not-begun' })
  assert.equal((await ours.analyst.ask('GET', `/experiments/${draft.id}/readout`)).status, 409)
  assert.equal((await theirs.admin.ask('GET', `/experiments/${id}/readout`)).status, 404)
})

test('a plan says how long it takes, over the shop’s own figures where none are given', async () => {
  const plan = (team, body) => team.analyst.ask('POST', '/experiments/plan', { body })
  // `science abtest` on {"sample_size": [{"p": 0.02, "mde_rel": 0.1, "visitors_a_day": 4000}]} says the same.
  const textbook = ok(await plan(ours, { rate: 0.02, visitors_a_day: 4000 }))
  assert.deepEqual(textbook.needed, { lift: 0.1, units: 80_679, total: 161_358, days: 41, weeks: 6 })
  const unknown = await plan(theirs, {})
  assert.deepEqual([unknown.status, unknown.body.errors[0].field], [422, '/rate'])
  for (const [body, field] of [[{ rate: 2 }, '/rate'], [{ rate: 0.02, lift: 0 }, '/lift'], [{ rate: 0.02, variants: 99 }, '/variants'], [{ rate: 0.02, visitors_a_day: -1 }, '/visitors_a_day']]) {
    const refused = await plan(ours, body)
    assert.deepEqual([refused.status, refused.body.errors[0].field], [422, field])
  }
  // Yesterday 40 came and 10 of them bought.
  const yesterday = Date.now() - 86_400_000
  const came = Array.from({ length: 40 }, (_, at) => ({ event: 'pageview', sid: `came-${at}`, ts: yesterday, url: 'https://shop.test/' }))
  const bought = Array.from({ length: 10 }, (_, at) => ({ event: 'purchase', sid: `came-${at}`, ts: yesterday + 1_000, value: 10, currency: 'EUR', order_id: `came-${at}`, url: 'https://shop.test/thanks' }))
  await send(theirs.site.key, [...came, ...bought])
  const own = await eventually(async () => {
    const found = ok(await plan(theirs, {}))
    assert.deepEqual([found.rate, found.visitors_a_day], [0.25, 40 / 28])
    return found
  })
  assert.deepEqual([own.rate_is_own, own.visitors_are_own], [true, true])
})

const PHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1'
const DESKTOP = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36'

test('a contextual experiment learns from what visitors do whom each variant is for, and keeps its floor', async () => {
  const site = ours.site.key
  const experiment = 'for-whom'
  const variants = ['short', 'long'].map((key) => ({ key, name: key }))
  const made = await create(ours, { key: experiment, variants, method: 'contextual', context: ['device', 'visitor'], thresholds: { ...THRESHOLDS, min_exposures: 40, floor: 0.1 } })
  assert.deepEqual([made.method, made.context, made.thresholds.floor], ['contextual', ['device', 'visitor'], 0.1])
  const { id } = made
  await begin(ours, id)
  // Four of ten sign up where phones see the short one and desktops the long one, and one of twenty elsewhere.
  const likes = (agent, variant) => (agent === PHONE) === (variant === 'short')
  const shown = []
  const wave = async (number, many) => {
    const visitors = Array.from({ length: many }, (_, at) => ({ visitor: `${experiment}-${number}-${at}`, agent: at % 2 ? PHONE : DESKTOP }))
    const found = await each(visitors, async ({ visitor, agent }) => ok(await decide(site, visitor, { experiment, headers: { 'user-agent': agent } })))
    const came = visitors.map((one, at) => ({ ...one, ...found[at], wave: number }))
    shown.push(...came)
    const bought = came.filter(({ agent, variant }, at) => (likes(agent, variant) ? at % 5 < 2 : at % 20 === 0))
    const before = Object.values(rewards(await show(ours, id))).reduce((sum, one) => sum + one)
    if (bought.length > 0) await send(site, bought.map((one) => signup(one.visitor, one.exposure)))
    await eventually(async () => assert.equal(Object.values(rewards(await show(ours, id))).reduce((sum, one) => sum + one), before + bought.length))
    await judged(id)
  }
  for (let number = 0; number < 6; number += 1) await wave(number, 120)
  const late = shown.filter((one) => one.wave >= 4)
  const liked = late.filter(({ agent, variant }) => likes(agent, variant)).length / late.length
  assert.ok(liked > 0.75, `${liked} of the last visitors are shown what they like`)
  // The floor: a tenth of the phones goes on seeing the long one, and of the desktops the short one.
  assert.ok(liked < 0.98, `${liked}`)

  const said = await readout(id)
  const segment = (level) => said.segments.find((one) => one.level === level)
  assert.deepEqual(said.segments.map((one) => `${one.feature} ${one.level}`).sort(), ['device desktop', 'device mobile', 'visitor new'])
  assert.deepEqual([segment('mobile').best, segment('desktop').best], ['short', 'long'])
  for (const level of ['mobile', 'desktop']) {
    const best = segment(level).variants.find((one) => one.key === segment(level).best)
    assert.ok(best.probability_best > 0.95 && best.low < best.rate && best.rate < best.high, JSON.stringify(best))
    const truth = shown.filter((one) => (one.agent === PHONE) === (level === 'mobile')).length
    assert.ok(Math.abs(segment(level).visitors - truth) < 1e-6, `${segment(level).visitors} ${truth}`)
  }
  // Both go on: each is the best for somebody.
  assert.deepEqual((await show(ours, id)).variants.map((one) => one.status), ['active', 'active'])
  assert.equal(said.split.mismatch, false)
  // The visitor keeps what they were shown.
  const [first] = shown
  assert.equal(ok(await decide(site, first.visitor, { experiment, headers: { 'user-agent': first.agent } })).variant, first.variant)

  // Curves over one axis, the highest of which is at 1.
  const { rates, days } = said.densities
  assert.equal(rates.length, 64)
  const heights = days.at(-1).variants.flatMap((one) => one.heights)
  assert.ok(days.at(-1).variants.every((one) => one.heights.length === 64) && Math.max(...heights) === 1 && Math.min(...heights) >= 0)
  assert.equal((await readout((await lopsided('no-context', {}, 4)).id)).segments, null)
})

test('whom a variant moves is read from who came, and nothing is told where nothing can be', async () => {
  const experiment = 'moves'
  const variants = ['plain', 'loud'].map((key) => ({ key, name: key === 'loud' ? 'Loud hero' : key }))
  const { id } = await create(ours, { key: experiment, variants, method: 'contextual', context: ['device', 'visitor'], thresholds: { ...THRESHOLDS, min_exposures: 1_000_000 } })
  const uplift = (query = '', who = ours.analyst, of = id) => who.ask('GET', `/experiments/${of}/uplift${query}`)
  assert.equal((await uplift()).status, 409, 'a draft has nothing to tell')
  await begin(ours, id)
  const nobody = ok(await uplift())
  assert.deepEqual([nobody.variant, nobody.control, nobody.visitors, nobody.verdict, nobody.segments, nobody.curve], ['loud', 'plain', 0, 'cannot_tell', [], []])

  // On phones nine of ten sign up where they see the loud one and three where not; on desktops four and seven.
  const visitors = Array.from({ length: 420 }, (_, at) => ({ visitor: `${experiment}-${at}`, agent: at % 2 ? PHONE : DESKTOP }))
  const shown = await each(visitors, async ({ visitor, agent }) => ok(await decide(ours.site.key, visitor, { experiment, headers: { 'user-agent': agent } })))
  const cells = new Map()
  const signups = []
  for (const [at, { visitor, agent }] of visitors.entries()) {
    const { variant, exposure } = shown[at]
    const cell = cells.get(agent + variant) ?? { visitors: 0, converted: 0 }
    cells.set(agent + variant, cell)
    if (cell.visitors % 10 < (agent === PHONE ? { loud: 9, plain: 3 } : { loud: 4, plain: 7 })[variant]) {
      cell.converted += 1
      signups.push(signup(visitor, exposure))
    }
    cell.visitors += 1
  }
  for (let at = 0; at < signups.length; at += 100) await send(ours.site.key, signups.slice(at, at + 100))
  await eventually(async () => assert.equal(Object.values(rewards(await show(ours, id))).reduce((sum, one) => sum + one), signups.length))

  const said = ok(await uplift('?variant=loud'))
  assert.deepEqual([said.visitors, said.unsettled, said.left_out, said.forgotten], [420, 0, 0, 0])
  const near = (found, wanted, within = 1e-9) => assert.ok(Math.abs(found - wanted) < within, `${found}, not ${wanted}`)
  for (const [level, agent] of [['mobile', PHONE], ['desktop', DESKTOP]]) {
    const [plain, loud] = [cells.get(`${agent}plain`), cells.get(`${agent}loud`)]
    const { compared } = said.segments.find((one) => one.level === level)
    assert.equal(compared.visitors, plain.visitors + loud.visitors)
    near(compared.rate_without, plain.converted / plain.visitors)
    near(compared.rate_with, loud.converted / loud.visitors)
    const { value, low, high } = compared.difference
    near(value, loud.converted / loud.visitors - plain.converted / plain.visitors)
    // Newcombe's bounds are about as wide as the normal ones.
    const error = (one) => ((one.converted / one.visitors) * (1 - one.converted / one.visitors)) / one.visitors
    near((high - low) / 2, 1.96 * Math.sqrt(error(plain) + error(loud)), 0.03)
  }
  assert.deepEqual(said.segments.map((one) => `${one.feature} ${one.level}`).sort(), ['device desktop', 'device mobile', 'visitor new'])
  assert.equal(said.verdict, 'differs', said.said)
  assert.match(said.said, /^Loud hero moves some visitors more than others .* Surest with device mobile: \+/)
  for (const { qini, auuc } of [said.two_models, said.class_transformation]) assert.ok(qini.low < qini.value && qini.value < qini.high && auuc.value > 0, JSON.stringify(qini))
  assert.ok(said.two_models.qini.low > 0)
  assert.equal(said.curve.length, 41)
  near(said.curve.at(-1).gain.value, said.overall.difference.value)
  assert.deepEqual(ok(await uplift('?variant=loud')), said, 'the same visitors, the same answer')

  for (const key of ['plain', 'nobody']) {
    const refused = await uplift(`?variant=${key}`)
    assert.deepEqual([refused.status, refused.body.errors?.[0].field], [422, 'variant'], key)
  }
  assert.equal((await uplift('', theirs.admin)).status, 404)
  const without = await uplift('', ours.analyst, (await lopsided('knows-nobody', {}, 4)).id)
  assert.equal(without.status, 409)
  assert.match(without.body.detail, /`contextual`/)

  // Who may still convert is not counted.
  const waits = await create(ours, { key: 'moves-later', variants, method: 'contextual', context: ['device'], thresholds: { ...THRESHOLDS, window_days: 7 } })
  await begin(ours, waits.id)
  await each(visitors.slice(0, 6), async ({ visitor }) => ok(await decide(ours.site.key, visitor, { experiment: 'moves-later' })))
  const early = ok(await uplift('', ours.analyst, waits.id))
  assert.deepEqual([early.visitors, early.unsettled], [0, 6])
  ok(await ours.marketer.ask('POST', `/experiments/${id}/stop`))
  assert.equal((await uplift()).status, 409)
})

test('thresholds and floors are changed while it runs, and the audit log says by whom and from what', async () => {
  const { id } = await create(ours, { key: 'to-change', variants: ['plain', 'loud'].map((key) => ({ key, name: key })) })
  const change = (body, who = ours.marketer) => who.ask('PATCH', `/experiments/${id}`, { body })
  assert.equal(ok(await change({ thresholds: { window_days: 0 }, name: 'Changed' })).name, 'Changed')
  await begin(ours, id)
  for (const [body, field] of [
    [{ thresholds: { floor: 0.6 } }, '/thresholds/floor'],
    [{ thresholds: { floor: -0.1 } }, '/thresholds/floor'],
    [{ thresholds: { min_exposures: 1 } }, '/thresholds/min_exposures'],
    [{ thresholds: { window_days: 3 } }, '/thresholds/window_days'],
    [{ name: ' ' }, '/name'],
  ]) {
    const refused = await change(body)
    assert.deepEqual([refused.status, refused.body.errors[0].field], [422, field], JSON.stringify(refused.body))
  }
  assert.equal((await change({ thresholds: { floor: 0.2 } }, theirs.admin)).status, 404)
  assert.equal((await change({ thresholds: { floor: 0.2 } }, ours.analyst)).status, 403)
  const changed = ok(await change({ thresholds: { floor: 0.5, min_exposures: 40 } }))
  assert.deepEqual([changed.thresholds.floor, changed.thresholds.min_exposures, changed.thresholds.pause_below], [0.5, 40, THRESHOLDS.pause_below])
  const { rows } = ok(await ours.admin.ask('GET', '/audit?limit=50'))
  const told = rows.filter((row) => row.entity === `experiment:${id}` && row.action === 'experiment.change')
  assert.deepEqual(told.map((row) => [row.actor, row.before.thresholds.floor, row.after.thresholds.floor]), [
    [ours.marketer.user.id, 0, 0.5],
    [ours.marketer.user.id, 0, 0],
  ])
  // A floor of a half holds even where one variant is far ahead.
  const visitors = Array.from({ length: 120 }, (_, at) => `to-change-${at}`)
  const shown = await each(visitors, async (visitor) => ok(await decide(ours.site.key, visitor, { experiment: 'to-change' })).variant)
  await send(ours.site.key, visitors.filter((_, at) => shown[at] === 'loud' && at % 4 === 0).map((visitor) => signup(visitor)))
  await eventually(async () => assert.deepEqual((await readout(id)).variants.map((one) => one.share), [0.5, 0.5]))
  ok(await ours.marketer.ask('POST', `/experiments/${id}/stop`))
  assert.equal((await change({ thresholds: { floor: 0.1 } })).status, 409)
  // What a new one cannot have is named as well.
  for (const [part, field] of [
    [{ thresholds: { ...THRESHOLDS, floor: 0.4 } }, '/thresholds/floor'],
    [{ method: 'contextual' }, '/context'],
    [{ method: 'contextual', context: ['device', 'shoe_size'] }, '/context/1'],
    [{ context: ['device'] }, '/context'],
    [{ method: 'guess' }, '/method'],
  ]) {
    const refused = await ours.marketer.ask('POST', '/experiments', { body: draft({ key: 'refused', ...part }) })
    assert.deepEqual([refused.status, refused.body.errors[0].field], [422, field], JSON.stringify(refused.body))
  }
})
