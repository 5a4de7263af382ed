// A shop in the middle of its week, made through the product's own API: accounts connected, campaigns in every state,
// agents with proposals, an experiment with visitors, an import with a damaged row, things that failed.
import assert from 'node:assert/strict'
import { createHash, randomUUID } from 'node:crypto'
import { asker, bearer, connect, invite, shop as tenant } from '../people.mjs'
import { eventually, login, site } from '../product.mjs'

const DAY = 86_400_000
const LANDING = 'https://www.nordpfad.test'
/** How long the campaign has been live, in days. */
const LIVE_FOR = 16
/** Visitors of the experiment, and the share of each variant's that put something into the cart. */
const VISITORS = 360
const RATES = { plain: 0.09, hut: 0.17, price: 0.05 }
const NAMES = { live: 'Merino for the hut', review: 'New boots, old trails', scheduled: 'Gift guide', draft: 'Weekend sale', letter: 'Trail letter' }

/** The demo's people, signed in, by role. */
export async function people(url) {
  const entries = ['admin', 'marketer', 'analyst', 'approver'].map(async (role) => {
    const body = { ...login, email: `${role}@demo.test` }
    const answer = await asker(url)('POST', '/auth/login', { body })
    assert.equal(answer.status, 200, answer.text)
    return [role, { token: answer.body.token, ask: asker(url, bearer(answer.body.token)) }]
  })
  return Object.fromEntries(await Promise.all(entries))
}

/** Asks as somebody; the body of an answer that is a success, else an error that tells it. */
const by = (member) => async (method, path, body, headers) => {
  const answer = await member.ask(method, path, { body, headers })
  if (answer.status >= 300) throw new Error(`${method} ${path} answered ${answer.status}: ${answer.text}`)
  return answer.body
}

// ── visitors ───────────────────────────────────────────────────────────────────────────────────────────────────────

const BROWSERS = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:145.0) Gecko/20100101 Firefox/145.0',
]
/** Where visits come from: part of the address, the page before, how many of a hundred, and the share that buys. */
const ORIGINS = [
  { query: '?utm_source=google&utm_medium=cpc&utm_campaign=brand', share: 16, buys: 0.16 },
  { query: '?utm_source=google&utm_medium=cpc&utm_campaign=merino-hut', share: 12, buys: 0.12, since: LIVE_FOR },
  { query: '?utm_source=facebook&utm_medium=paid_social&utm_campaign=merino-hut', share: 14, buys: 0.08, since: LIVE_FOR },
  { query: '?utm_source=klaviyo&utm_medium=email&utm_campaign=trail-letter', share: 13, buys: 0.2 },
  { query: '', ref: 'https://www.google.com/', share: 20, buys: 0.09 },
  { query: '', ref: 'https://huettenblog.example/packliste', share: 7, buys: 0.07 },
  { query: '', ref: 'https://chatgpt.com/', share: 4, buys: 0.1 },
  { query: '', ref: '', share: 14, buys: 0.14 },
]
const PRODUCTS = [['merino-base-layer', 74.9], ['hiking-socks', 24.9], ['daypack-22', 79.9], ['trail-shoes', 129.9], ['titanium-mug', 34.9], ['rain-shell', 159.9], ['merino-beanie', 29.9]]
/** Days of visitors, so that the days before can be compared with. */
const DAYS = 60
/** Weeks before those of which only spend and orders are known: what customers are worth and what money brings is learnt from. */
const WEEKS = 56
const VISITS = 420

/** Numbers from 0 to 1 that look like chance and are the same every time. */
function dice(seed) {
  let state = seed
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0
    const mixed = Math.imul(state ^ (state >>> 13), 0x297a2d39)
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32
  }
}

/** A visitor's id, the same every time. */
const visitor = (number) => createHash('sha256').update(`visitor ${number}`).digest('hex').slice(0, 24)

/** Two months of visits, more towards the end; some people come several times, by different ways. */
async function visitors(product, marketer) {
  const roll = dice(7)
  const batches = BROWSERS.map(() => [])
  const now = Date.now()
  for (let n = 0; n < VISITS; n += 1) {
    // The square root leans towards today.
    const ago = DAYS * (1 - Math.sqrt(roll())) * DAY + roll() * 0.4 * DAY
    const person = roll() < 0.35 ? Math.floor(roll() * 60) : 1000 + n
    const open = ORIGINS.filter((one) => !one.since || ago < one.since * DAY)
    let left = roll() * open.reduce((sum, one) => sum + one.share, 0)
    const origin = open.find((one) => (left -= one.share) < 0) ?? open[0]
    const [product, price] = PRODUCTS[Math.floor(roll() * PRODUCTS.length)]
    const at = now - ago - 600_000
    const sid = visitor(person)
    const event = (name, seconds, more = {}) => batches[person % BROWSERS.length].push({ id: `tour-${n}-${seconds}`, ts: Math.round(at + seconds * 1000), sid, event: name, url: `${LANDING}/${product}`, ...more })
    event('pageview', 0, { url: `${LANDING}/${product}${origin.query}`, ...(origin.ref ? { ref: origin.ref } : {}) })
    if (roll() < 0.6) event('pageview', 40, { url: `${LANDING}/journal` })
    const buys = roll() < origin.buys * (person < 60 ? 1.8 : 1)
    if (buys || roll() < 0.12) event('add_to_cart', 90)
    if (buys) {
      const quantity = roll() < 0.25 ? 2 : 1
      event('purchase', 240, { url: `${LANDING}/thanks`, value: Math.round(price * quantity * 100) / 100, currency: 'EUR', order_id: `NP-${20_000 + n}`, ...(person < 60 ? { user_id: `customer-${person}` } : {}) })
    }
  }
  let sent = 0
  for (const [at, batch] of batches.entries()) {
    for (let from = 0; from < batch.length; from += 250) {
      const answer = await product.send({ batch: batch.slice(from, from + 250) }, { 'user-agent': BROWSERS[at] })
      assert.ok([200, 204].includes(answer.status), JSON.stringify(answer.body))
    }
    sent += batch.length
  }
  const days = Array.from({ length: DAYS }, (_, n) => new Date(now - n * DAY).toISOString().slice(0, 10))
  const spend = days.map((date, n) => `${date},google,cpc,brand,${1400 + ((n * 37) % 300)},${38 + ((n * 7) % 12)},${(11 + ((n * 13) % 40) / 10).toFixed(2)}`)
  await marketer('POST', `/imports/ad-spend?site=${site}&file_name=google-ads-brand.csv`, ['date,source,medium,campaign,impressions,clicks,spend', ...spend].join('\n'), { 'content-type': 'text/csv' })
  await eventually(
    async () => {
      const { points } = await marketer('GET', `/analytics/timeseries?metric=events&gran=d&from=${days.at(-1)}&to=${days[0]}&site=${site}`)
      assert.ok(points.reduce((sum, point) => sum + (point.value ?? 0), 0) >= sent * 0.99, `not all of ${sent} events are stored yet`)
    },
    { within: 240_000 },
  )
}

/** A year of weeks before the visitors: what was spent, and orders that follow it, many by people who come back. */
async function history(product, marketer) {
  const roll = dice(19)
  const last = Math.floor(Date.now() / DAY) - DAYS - 3
  const spend = ['date,source,medium,campaign,impressions,clicks,spend']
  const batch = []
  const customers = []
  let lasting = 0
  for (let week = WEEKS; week > 0; week -= 1) {
    const monday = last - week * 7
    const [search, social] = [40 + 180 * roll(), roll() < 0.25 ? 0 : 60 + 260 * roll()]
    lasting = social + 0.5 * lasting
    for (const [source, medium, campaign, money] of [['google', 'cpc', 'brand', search], ['facebook', 'paid_social', 'hut-season', social]]) {
      if (money > 0) spend.push(`${new Date(monday * DAY).toISOString().slice(0, 10)},${source},${medium},${campaign},${Math.round(money * 90)},${Math.round(money * 2)},${money.toFixed(2)}`)
    }
    const orders = Math.round(5 + (9 * search) / (search + 90) + (8 * lasting) / (lasting + 260) + 2 * roll())
    for (let n = 0; n < orders; n += 1) {
      // Some stay away for good after each order.
      const again = customers.length > 0 && roll() < 0.42 ? Math.floor(roll() * customers.length) : customers.push(`walker-${WEEKS - week}-${n}`) - 1
      const user = customers[again]
      if (roll() < 0.3) customers.splice(again, 1)
      const [item, price] = PRODUCTS[Math.floor(roll() * PRODUCTS.length)]
      batch.push({ id: `tour-old-${week}-${n}`, ts: monday * DAY + Math.floor(roll() * 7 * DAY), user_id: user, event: 'purchase', url: `${LANDING}/${item}`, value: price, currency: 'EUR', order_id: `NP-old-${week}-${n}` })
    }
  }
  for (let from = 0; from < batch.length; from += 250) {
    const answer = await product.send({ site, batch: batch.slice(from, from + 250) }, { 'user-agent': BROWSERS[0] })
    assert.ok([200, 204].includes(answer.status), JSON.stringify(answer.body))
  }
  await marketer('POST', `/imports/ad-spend?site=${site}&file_name=last-year.csv`, spend.join('\n'), { 'content-type': 'text/csv' })
  const day = (back) => new Date((last - back) * DAY).toISOString().slice(0, 10)
  await eventually(
    async () => {
      const { points } = await marketer('GET', `/analytics/timeseries?metric=orders&gran=w&from=${day(WEEKS * 7)}&to=${day(0)}&site=${site}`)
      assert.ok(points.reduce((sum, point) => sum + (point.value ?? 0), 0) >= batch.length, `not all of ${batch.length} orders are stored yet`)
    },
    { within: 120_000 },
  )
}

/** Asks for what takes a while to compute, and waits until it is there. */
async function studies(marketer) {
  await marketer('POST', `/insights/anomalies/check?site=${site}`)
  for (const path of ['/insights/customers', '/planning/mix', '/planning/stock']) {
    await marketer('POST', path, {})
    await eventually(
      async () => {
        const { study } = await marketer('GET', path)
        assert.equal(study.status, 'done', JSON.stringify(study))
      },
      { within: 180_000 },
    )
  }
}

/**
 * Fills the shop; one that is filled stays as it is.
 * @param browser draws the pictures of the ads
 */
export async function furnish(product, browser) {
  const team = await people(product.url)
  const [admin, marketer, approver] = [by(team.admin), by(team.marketer), by(team.approver)]
  if ((await marketer('GET', '/campaigns')).rows.length > 0) return
  await visitors(product, marketer)
  await history(product, marketer)

  const accounts = {}
  for (const [type, name] of [['meta', 'Nordpfad EU'], ['google_ads', 'Nordpfad Search'], ['klaviyo', 'Nordpfad letters']]) accounts[type] = await connect(team.marketer, type, name)

  await admin('PUT', '/guardrails', { currency: 'EUR', daily_cap: 40_000, campaign_daily_cap: 15_000, autonomy: 'propose', act_budget_change: 0.2, model_tokens_daily: 200_000 }, { 'if-match': '"0"' })
  const brand = {
    name: 'Nordpfad', description: 'Clothing and gear for long days outside, made to be mended.', tone: ['warm', 'plain', 'first-hand'],
    banned: ['cheap', 'revolutionary', 'guaranteed'], required: [], claims: ['free shipping over 75 EUR', 'mended for free for two years'], language: 'en', colors: ['#1f4d3a', '#e8dcc4', '#c8553d'],
  }
  await marketer('PUT', `/brand?site=${site}`, brand, { 'if-match': '"0"' })

  const images = []
  for (const scene of SCENES) {
    const bytes = await drawn(browser, scene)
    const asset = await marketer('POST', `/assets?site=${site}&title=${encodeURIComponent(scene.title)}&alt=${encodeURIComponent(scene.alt)}`, bytes, { 'content-type': 'image/png' })
    images.push(asset.id)
  }
  const list = await letterList(product)
  const plans = plansWith(accounts, images, list)
  const create = async (plan) => (await marketer('POST', `/campaigns?site=${site}`, plan)).id
  const submit = (id, reason) => marketer('POST', `/campaigns/${id}/submit`, { reason })
  const approve = async (id, reason) => {
    const request = await submit(id, reason)
    await approver('POST', `/approvals/${request.id}/approve`, { snapshot_hash: request.snapshot_hash, comment: 'Good. Go.' })
  }
  const becomes = (id, status) =>
    eventually(
      async () => {
        const campaign = await marketer('GET', `/campaigns/${id}`)
        assert.equal(campaign.status, status, `${campaign.name}: ${campaign.detail} ${JSON.stringify(campaign.publications[0] ?? {})}`)
      },
      { within: 90_000 },
    )

  const live = await create(plans.live)
  await approve(live, 'The hut season begins; last year’s best sellers lead.')
  await marketer('POST', `/campaigns/${live}/publish`, {})
  await becomes(live, 'live')
  await product.practice('clock', { days: LIVE_FOR })
  for (const id of [accounts.meta, accounts.google_ads]) await marketer('POST', `/channels/${id}/sync`, { days: 28 })
  await eventually(
    async () => {
      for (const id of [accounts.meta, accounts.google_ads]) {
        const { rows } = await marketer('GET', `/channels/${id}/syncs`)
        assert.equal(rows[0]?.status, 'done', JSON.stringify(rows[0]))
      }
    },
    { within: 90_000 },
  )

  const review = await create(plans.review)
  const scheduled = await create(plans.scheduled)
  await approve(scheduled, 'As every year.')
  await marketer('POST', `/campaigns/${scheduled}/publish`, { at: atNine(5) })
  const draft = await create(plans.draft)
  const letter = await create(plans.letter)
  await approve(letter, 'To the list that opens most.')
  await marketer('POST', '/calendar?site=' + site, { kind: 'note', title: 'New boots arrive in the shop', at: atNine(2) })
  await marketer('POST', '/calendar?site=' + site, { kind: 'end', title: 'End of the hut season', at: atNine(19), campaign_id: live })

  await runs(product, marketer, { live, draft })
  await submit(review, 'Two new boots, same audience as in spring.')
  await experiment(product, marketer)
  await imported(marketer)
  await goods(marketer)
  await studies(marketer)
  await product.send({ batch: [refused('/boots', 'ten'), refused('/cart', 'a lot')] })

  await invite(team.admin, 'jonas@nordpfad.test', 'analyst')
  await admin('POST', '/api-keys', { name: 'Weekly report', role: 'analyst', scopes: ['read_analytics', 'ask_questions'], expires_at: null })
  await admin('POST', '/api-keys', { name: 'Planning agent', role: 'marketer', scopes: ['read_campaigns', 'edit_campaigns', 'read_analytics'], expires_at: Date.now() + 90 * DAY })
}

/** Where things are: ids of what `furnish` made, found by what it is. */
export async function ids(product) {
  const team = await people(product.url)
  const ask = by(team.admin)
  const campaigns = (await ask('GET', '/campaigns')).rows
  const [live, review, scheduled, draft, letter] = ['live', 'review', 'scheduled', 'draft', 'letter'].map((key) => campaigns.find((one) => one.name === NAMES[key])?.id)
  const { rows: proposals } = await ask('GET', '/agents/proposals?status=open')
  const { rows: waiting } = await ask('GET', '/approvals?status=pending')
  const { rows: experiments } = await ask('GET', '/experiments')
  const { rows: imports } = await ask('GET', '/imports')
  const { rows: journeys } = await ask('GET', `/journeys?site=${site}&limit=50`)
  // Somebody with a story: the most touches among those who bought.
  const person = [...journeys].sort((a, b) => (b.orders > 0) - (a.orders > 0) || b.sessions - a.sessions)[0]
  const invitation = await invite(team.admin, `guest-${randomUUID().slice(0, 8)}@nordpfad.test`, 'marketer')
  return {
    live, review, scheduled, draft, letter,
    approval: waiting[0]?.id,
    run: (proposals.find((one) => one.kind === 'optimization') ?? proposals.find((one) => one.kind !== 'report') ?? proposals[0])?.run_id,
    experiment: experiments[0]?.id,
    import: imports.find((one) => one.rows_rejected > 0)?.id ?? imports[0]?.id,
    person: person?.person,
    invitation: invitation.token,
    /** Somebody whose shop has just been made. */
    newcomer: (await tenant(product.url, 'Nordpfad Outlet')).admin,
    /** Takes the invitation back: it was made to be looked at. */
    async leave() {
      await ask('DELETE', `/team/invitations/${invitation.id}`)
    },
  }
}

/** Nine o'clock UTC, some days from now. */
const atNine = (days) => Math.floor(Date.now() / DAY + days) * DAY + 9 * 3_600_000

// ── campaigns ──────────────────────────────────────────────────────────────────────────────────────────────────────

const social = (headlines, primary_text, image, descriptions = []) => ({ headlines, primary_text, descriptions, call_to_action: 'SHOP_NOW', image_asset_ids: image ? [image] : [] })
const search = (headlines, descriptions) => ({ headlines, descriptions })

function plansWith({ meta, google_ads: google, klaviyo }, [hut, boots, mug], list) {
  return {
    live: {
      name: NAMES.live, objective: 'sales', landing_url: `${LANDING}/clothing/merino-base-layer`, budget_total: 240_000, utm_campaign: 'merino-hut', end_at: atNine(6),
      ad_sets: [
        {
          name: 'Hikers, 25 to 54', channel_id: meta, budget_daily: 4_500, audience: { countries: ['DE', 'AT', 'CH'], age_min: 25, age_max: 54 },
          ads: [
            { name: 'Smells of nothing', creative: social(['Four days, one shirt'], 'Merino dries overnight and smells of nothing, even on day four.', hut, ['Free shipping over 75 EUR']) },
            { name: 'Packs small', creative: social(['Less in the pack'], 'One layer for the climb, the hut and the bus home.', mug, ['Free shipping over 75 EUR']) },
            { name: 'Price', creative: social(['Merino from 29.90'], 'Beanies and base layers for the cold months.', boots) },
          ],
        },
        {
          name: 'Searches', channel_id: google, budget_daily: 3_500, audience: { countries: ['DE', 'AT'], keywords: ['merino base layer', 'hiking shirt merino', 'merino beanie'] },
          ads: [
            { name: 'Base layer', creative: search(['Merino base layer 200', 'Dry by morning', 'Mended for two years'], ['Warm when wet, dry by morning. Made for days outside.', 'Free shipping over 75 EUR. Order today.']) },
            { name: 'Beanie', creative: search(['Merino beanie', 'Warm without the itch', 'From 29.90 EUR'], ['Soft merino for cold mornings and long ways home.', 'Free shipping over 75 EUR.']) },
          ],
        },
      ],
    },
    review: {
      name: NAMES.review, objective: 'sales', landing_url: `${LANDING}/shoes/hiking-boots`, budget_total: 120_000, utm_campaign: 'boots',
      ad_sets: [
        {
          name: 'Boot people', channel_id: meta, budget_daily: 3_000, audience: { countries: ['DE', 'AT'], age_min: 30, age_max: 60 },
          ads: [{ name: 'Resoled', creative: social(['Boots that outlive soles'], 'When the sole is gone we put a new one under it.', boots, ['Mended for free for two years']) }],
        },
        {
          name: 'Boot searches', channel_id: google, budget_daily: 2_500, audience: { countries: ['DE'], keywords: ['hiking boots resoleable'] },
          ads: [{ name: 'Watzmann', creative: search(['Hiking boots Watzmann', 'Made to be resoled', 'Leather, no lining'], ['Boots for rocks and roots that can be resoled.', 'Free shipping over 75 EUR.']) }],
        },
      ],
    },
    scheduled: {
      name: NAMES.scheduled, objective: 'traffic', landing_url: `${LANDING}/gear/gift-card`, utm_campaign: 'gift-guide', end_at: atNine(33),
      ad_sets: [
        {
          name: 'Friends of hikers', channel_id: meta, budget_daily: 2_000, audience: { countries: ['DE'] },
          ads: [{ name: 'Mug', creative: social(['Gifts that get used'], 'A mug that survives the rucksack, and five more ideas.', mug) }],
        },
      ],
    },
    draft: {
      name: NAMES.draft, objective: 'sales', landing_url: `${LANDING}/packs`, utm_campaign: 'weekend-sale',
      ad_sets: [
        {
          name: 'Everybody', channel_id: meta, budget_daily: 1_500, audience: { countries: ['DE'] },
          ads: [
            { name: 'Packs', creative: social(['Packs for two days'], 'Twenty-two litres, and room for the rain shell.', hut) },
            { name: 'Loud', creative: social(['Cheap packs, only this weekend'], 'Our packs at prices that will not come back.', null) },
          ],
        },
        {
          name: 'Pack searches', channel_id: google, budget_daily: 1_500, audience: { countries: ['DE'], keywords: ['daypack 22 l'] },
          ads: [{ name: 'Daypack', creative: search(['Daypack 22 l', 'The very best daypack anybody has ever made'], ['Room for the day and the rain shell.']) }],
        },
      ],
    },
    letter: {
      name: NAMES.letter, objective: 'sales', landing_url: `${LANDING}/journal`, utm_campaign: 'trail-letter',
      ad_sets: [
        {
          name: 'Newsletter', channel_id: klaviyo, budget_daily: 0, audience: { countries: [], list_id: list },
          ads: [
            {
              name: 'The letter',
              creative: {
                subject: 'Three huts that stay open', preview_text: 'And what to pack for them.', from_name: 'Nordpfad', from_email: 'letters@nordpfad.test',
                body: '<h1>Three huts that stay open</h1><p>Snow on the pass, a stove inside. Where we go when others stay at home, and what we pack.</p><p><a href="https://www.nordpfad.test/journal">Read on</a></p><p><small>{% unsubscribe %}</small></p>',
              },
            },
          ],
        },
      ],
    },
  }
}

/** The practice account's list for letters. */
async function letterList(product) {
  const state = await product.practice('state', undefined, 'provider=klaviyo')
  return /"kind":"list"[^}]*?"id":"([^"]+)"|"id":"([A-Za-z0-9]{6})"/.exec(JSON.stringify(state))?.slice(1).find(Boolean) ?? assert.fail(JSON.stringify(state).slice(0, 2000))
}

// ── pictures ───────────────────────────────────────────────────────────────────────────────────────────────────────

const SCENES = [
  { title: 'Hut at dusk', alt: 'A hut below two peaks at dusk', sky: '#f2c9a1', far: '#8c7f9d', near: '#3f4f63', ground: '#26342f', light: '#ffd47a' },
  { title: 'Boots on the ridge', alt: 'A ridge in morning light', sky: '#cfe0ea', far: '#9fb6c3', near: '#55786b', ground: '#2d4a3e', light: '#f4efe2' },
  { title: 'Mug by the lake', alt: 'A lake between dark slopes', sky: '#e9e0cf', far: '#b8a78c', near: '#6b5b4b', ground: '#c8553d', light: '#fff3da' },
]

/** A landscape of three layers, 1200 by 628. */
async function drawn(browser, { sky, far, near, ground, light }) {
  const page = await browser.newPage({ viewport: { width: 1200, height: 628 } })
  await page.setContent(
    `<body style="margin:0"><svg width="1200" height="628" viewBox="0 0 1200 628"><rect width="1200" height="628" fill="${sky}"/><circle cx="860" cy="190" r="70" fill="${light}"/>
     <path d="M0 420 L220 210 L380 360 L560 150 L760 380 L930 250 L1200 430 V628 H0Z" fill="${far}"/><path d="M0 500 L300 330 L520 470 L760 340 L1200 520 V628 H0Z" fill="${near}"/>
     <path d="M0 560 Q300 500 620 560 T1200 550 V628 H0Z" fill="${ground}"/><path d="M250 540 v-70 l55 -45 l55 45 v70Z" fill="${ground}"/><rect x="290" y="490" width="30" height="26" fill="${light}"/></svg></body>`,
  )
  const bytes = await page.screenshot({ type: 'png' })
  await page.close()
  return new Uint8Array(bytes)
}

// ── agents, and one that fails ─────────────────────────────────────────────────────────────────────────────────────

async function runs(product, marketer, { live, draft }) {
  const run = async (agent, context) => (await marketer('POST', '/agents/run', { agent, context: { site, ...context } })).id
  const ended = (id) =>
    eventually(
      async () => {
        const told = await marketer('GET', `/agents/runs/${id}`)
        assert.ok(told.ended_at, `${told.agent} is ${told.status}`)
        return told
      },
      { within: 120_000 },
    )
  // A model that cannot be reached: tried as often as it is worth, then a dead letter.
  await product.restart({ MODEL_URL: 'http://127.0.0.1:9/v1', MODEL_NAME: 'nowhere-1', MODEL_KEY: 'none', MODEL_FALLBACK: 'refuse', AGENT_RETRY_MS: '20' })
  assert.equal((await ended(await run('analyst', { from: '2026-01-05', to: '2026-01-11' }))).status, 'failed')
  await product.restart()
  for (const [agent, context] of [
    ['analyst', {}],
    ['compliance', { campaign_id: draft }],
    ['creative', { campaign_id: draft, variants: 2, brief: 'Daypacks for a weekend, mended for free for two years' }],
    ['pacer', { campaign_id: live }],
    ['optimizer', { campaign_id: live }],
  ]) {
    const told = await ended(await run(agent, context))
    assert.equal(told.status, 'succeeded', `${agent}: ${told.detail}`)
  }
}

// ── an experiment, an import, refused events ───────────────────────────────────────────────────────────────────────

async function experiment(product, marketer) {
  const { id } = await marketer('POST', '/experiments', {
    key: 'hut-header', name: 'What the hut page says first', hypothesis: 'A hut in the first line sells more base layers than a price.', metric: 'add_to_cart', surface: 'site', site,
    variants: [
      { key: 'plain', name: 'As it was', payload: { headline: 'Merino base layers' } },
      { key: 'hut', name: 'The hut first', payload: { headline: 'Four days, one shirt' } },
      { key: 'price', name: 'The price first', payload: { headline: 'From 74.90 EUR' } },
    ],
    thresholds: { min_exposures: 60, pause_below: 0.05, promote_from: 0.99, max_expected_loss: 0.001, window_days: 0 },
  })
  await marketer('POST', `/experiments/${id}/start`)
  const batch = []
  const shown = {}
  for (let n = 0; n < VISITORS; n += 1) {
    const sid = visitor(10_000 + n)
    const { variant } = await (await fetch(`${product.url}/decide?site=${site}&experiment=hut-header&visitor=${sid}`)).json()
    shown[variant] = (shown[variant] ?? 0) + 1
    // Evenly, so that the same share comes back every time.
    if (Math.floor(shown[variant] * RATES[variant]) > Math.floor((shown[variant] - 1) * RATES[variant])) {
      const url = `${LANDING}/merino-base-layer`
      const { query, ref } = ORIGINS[n % ORIGINS.length]
      batch.push({ id: randomUUID(), ts: Date.now(), sid, event: 'pageview', url: url + query, ...(ref ? { ref } : {}) }, { id: randomUUID(), ts: Date.now() + 1, sid, event: 'add_to_cart', url })
    }
  }
  await product.send({ site, batch })
}

const refused = (path, value) => ({ id: randomUUID(), ts: Date.now(), sid: 'tour-refused', event: 'purchase', url: LANDING + path, value })

async function imported(marketer) {
  const head = 'Name,Email,Financial Status,Paid at,Fulfillment Status,Currency,Subtotal,Shipping,Taxes,Total,Discount Code,Discount Amount,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Billing Country,Payment Method,Refunded Amount,Id'
  const rows = Array.from({ length: 40 }, (_, n) => {
    const at = new Date(Date.now() - (40 - n) * DAY).toISOString().slice(0, 19).replace('T', ' ') + ' +0000'
    const total = n === 17 ? 'n/a' : n === 31 ? '' : '79.80'
    return `#${3001 + n},guest${n}@mail.test,paid,${at},fulfilled,EUR,74.90,4.90,0.00,${total},,0.00,${at},1,Merino base layer 200,74.90,NP-102,DE,Shopify Payments,0.00,${7_000_000 + n}`
  })
  const answer = await marketer('POST', `/imports/shopify?kind=orders&site=${site}&file_name=orders_export.csv`, [head, ...rows].join('\n'), { 'content-type': 'text/csv' })
  await eventually(async () => assert.equal((await marketer('GET', `/imports/${answer.id}`)).status, 'done'), { within: 60_000 })
}

/** What the shop has on its shelves, and a quarter of orders that took from them. */
async function goods(marketer) {
  const roll = dice(23)
  const catalog = [['Merino base layer 200', 'NP-102', 34, 31, 74.9, 0.9], ['Hiking socks', 'NP-110', 12, 9, 24.9, 1.6], ['Daypack 22 l', 'NP-204', 19, 33, 79.9, 0.35], ['Trail shoes', 'NP-301', 4, 58, 129.9, 0.5], ['Titanium mug', 'NP-410', 90, 14, 34.9, 0.25], ['Rain shell', 'NP-120', 0, 71, 159.9, 0.2], ['Merino beanie', 'NP-107', 55, 11, 29.9, 0.7], ['Camp candle', 'NP-455', 140, 4, 12.9, 0]]
  const products = catalog.map(([title, sku, stock, cost, price]) => `${title.toLowerCase().replaceAll(' ', '-')},${title},Nordpfad,active,Title,Default Title,${sku},${stock},${price},${cost}`)
  const head = 'Name,Financial Status,Currency,Total,Created at,Lineitem quantity,Lineitem name,Lineitem sku,Lineitem price'
  const orders = []
  for (let ago = 90; ago > 0; ago -= 1) {
    const date = new Date(Date.now() - ago * DAY).toISOString().slice(0, 10)
    for (const [title, sku, , , price, daily] of catalog) {
      for (let left = daily * (0.5 + roll()); left > roll(); left -= 1) orders.push(`#W${orders.length},paid,EUR,${price},${date} 12:00:00 +0000,1,${title},${sku},${price}`)
    }
  }
  for (const [kind, lines] of [['products', ['Handle,Title,Vendor,Status,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Qty,Variant Price,Cost per item', ...products]], ['orders', [head, ...orders]]]) {
    const { id } = await marketer('POST', `/imports/shopify?kind=${kind}&site=${site}&file_name=${kind}.csv`, lines.join('\n'), { 'content-type': 'text/csv' })
    await eventually(async () => assert.equal((await marketer('GET', `/imports/${id}`)).status, 'done'), { within: 60_000 })
  }
}
