// Once around the loop in a real browser, by people: connect practice accounts of Meta and Google, plan a campaign with
// four ads, have somebody else approve it, publish it; a visitor comes through an ad and buys, and last touch says so;
// a week later the dashboard shows what each channel cost and brought, and the optimizer rests the ad that nobody clicks:
// first by people's yes, then, once they have let it, by itself.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import { day, eventually, start } from './product.mjs'
import { launch, signIn, skip } from './screen.mjs'

const DAYS = 7
const PRICE = 129
/** What the market of the practice provider is told about an ad: how many of those who see it click. */
const ADS = [
  { name: 'Warm all winter', ctr: 0.05 },
  { name: 'Soft merino', ctr: 0.045 },
  { name: 'Made to last', ctr: 0.003 },
]

let product, browser, marketer, approver, shop, campaign
before(async () => {
  if (skip) return
  product = await start()
  browser = await launch()
  shop = await shopOf((await product.api('/sites')).body.rows[0].snippet)
  marketer = await signIn(browser, product.url, { email: 'marketer@demo.test' })
  approver = await signIn(browser, product.url, { email: 'approver@demo.test' })
})
after(async () => {
  await browser?.close()
  await product?.stop()
  shop?.server.close()
})

/** A shop with the pixel on every page and something to buy. */
async function shopOf(snippet) {
  const server = createServer((_, answer) => {
    answer.setHeader('content-type', 'text/html')
    answer.end(`<!doctype html><title>Wool socks</title>${snippet}<button
      onclick="AgenticTrack.send('purchase', { value: ${PRICE}, currency: 'EUR', order_id: crypto.randomUUID() })">Buy</button>`)
  })
  await new Promise((resolve) => server.listen(0, resolve))
  return { server, origin: `http://127.0.0.1:${server.address().port}` }
}

const channels = async () => (await product.api('/channels')).body.rows
const show = async () => (await product.api(`/campaigns/${campaign}`)).body

/** Everything there is at the practice provider. */
const provided = async () => (await product.practice('state')).flatMap((account) => account.objects)

/** Whether each ad runs at the practice provider, by the name it has with us. */
async function runsThere() {
  const objects = await provided()
  const { remote_objects, document } = await show()
  const named = new Map(document.ad_sets.flatMap((set) => set.ads).map((ad) => [ad.id, ad.name]))
  const ads = remote_objects.filter((one) => one.kind === 'ad')
  return Object.fromEntries(
    ads.map((one) => {
      const there = objects.find((object) => object.kind === 'ad' && object.id.endsWith(one.external_id))
      return [named.get(one.local_id), there?.active ?? assert.fail(`${one.external_id} is not among ${JSON.stringify(objects.map((object) => [object.kind, object.id]))}`)]
    }),
  )
}
const [BEST, GOOD, WORST] = ADS.map((ad) => ad.name)
const SEARCH = 'Search ad 1'
/** The second best is left to the market's dice: now and then a week makes it a loser, too, and rightly so. */
const beside = ({ [GOOD]: _, ...others }) => others

/** Says yes where the screen asks once more. */
async function confirm(page, name) {
  const dialog = page.getByRole('dialog')
  await dialog.waitFor()
  await dialog.getByRole('button', { name }).click()
  await dialog.waitFor({ state: 'hidden' })
}

async function approveOnScreen(id) {
  await approver.goto(`${product.url}/approvals?id=${id}`)
  await approver.getByRole('button', { name: 'Approve', exact: true }).click()
  await eventually(async () => assert.equal((await product.api(`/approvals/${id}`)).body.status, 'approved'))
}

async function publishOnScreen() {
  await marketer.goto(`${product.url}/campaigns/${campaign}`)
  await marketer.getByRole('button', { name: /^publish/i }).first().click()
  await confirm(marketer, /^publish now/i)
  await eventually(
    async () => {
      const { status, has_change, detail } = await show()
      assert.deepEqual([status, has_change], ['live', false], detail)
    },
    { within: 60_000 },
  )
}

/** Days pass at the provider, and the figures are pulled as the "Sync" button does. */
async function daysPass(days) {
  await product.practice('clock', { days })
  const before = Date.now()
  for (const channel of await channels()) {
    const body = JSON.stringify({ days: 14 })
    await product.api(`/channels/${channel.id}/sync`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  }
  await eventually(
    async () => {
      for (const channel of await channels()) assert.ok(channel.last_sync_at > before, `${channel.name}: ${JSON.stringify(channel)}`)
    },
    { within: 60_000 },
  )
}

test('Meta and Google are connected through a real redirect', { skip }, async () => {
  for (const [place, type] of [[1, 'meta'], [2, 'google_ads']]) {
    await marketer.goto(`${product.url}/channels`)
    await marketer.getByRole('main').getByRole('button', { name: /^connect/i }).nth(place).click()
    await marketer.waitForURL(`${product.practiceUrl}/**`)
    await marketer.getByRole('button', { name: /^allow/i }).click()
    await marketer.waitForURL(`${product.url}/channels?connected=*`)
    await marketer.getByText('is connected').first().waitFor()
    assert.ok((await channels()).some((channel) => channel.type === type && channel.status === 'connected'))
  }
})

test('a campaign on both is planned and submitted', { skip }, async () => {
  const page = marketer
  await page.goto(`${product.url}/campaigns/new`)
  await page.getByLabel('Landing page').fill('https://shop.demo.test/autumn')
  await page.getByRole('button', { name: 'Continue' }).click()
  const choices = page.getByRole('main').getByRole('checkbox')
  await choices.nth(1).waitFor()
  for (const channel of await choices.all()) await channel.click()
  await page.getByLabel('Keywords').fill('wool socks')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Continue' }).click()
  for (const [n, { name, ctr }] of ADS.entries()) {
    if (n > 0) await page.getByRole('button', { name: /^Another ad in/ }).first().click()
    await page.getByLabel('Name of the ad').fill(name)
    await page.getByLabel('Text above the picture').fill(`Wool that keeps you warm. [ctr=${ctr}] [cvr=0.1]`)
    await page.getByLabel('Headline', { exact: true }).fill(name)
  }
  await page.getByRole('button', { name: /Search ad 1/ }).click()
  for (const [n, text] of ['Warm wool socks', 'Made to last', 'Free shipping'].entries())
    await page.getByRole('textbox', { name: `Headline ${n + 1}` }).fill(text)
  for (const [n, text] of ['Soft merino wool for cold days.', 'Order today, wear them this week.'].entries())
    await page.getByRole('textbox', { name: `Description ${n + 1}` }).fill(text)
  await page.getByRole('button', { name: 'Check and review' }).click()
  await page.getByRole('button', { name: 'Submit for approval' }).click()
  await page.getByText('Waiting for approval').first().waitFor()
  campaign = page.url().split('/').pop()
  assert.equal((await show()).status, 'in_review')
})

test('somebody else approves exactly what was submitted', { skip }, async () => {
  const request = (await show()).approval
  await approver.goto(`${product.url}/approvals?id=${request.id}`)
  await approver.getByText('€40.00').first().waitFor()
  await approveOnScreen(request.id)
  assert.equal((await show()).status, 'approved')
})

test('it is published and goes live on both channels', { skip }, async () => {
  await publishOnScreen()
  await marketer.getByText('Live', { exact: true }).first().waitFor()
  const { remote_objects } = await show()
  const running = new Set(remote_objects.filter((one) => one.kind === 'campaign' && one.status === 'active').map((one) => one.channel_id))
  assert.deepEqual([...running].sort(), (await channels()).map((channel) => channel.id).sort())
})

test('a visitor comes through each channel’s ad and buys, and last touch says which', { skip }, async () => {
  // The links as the providers have them, on a shop that runs here.
  const links = [...new Set(JSON.stringify(await provided()).match(/https:\/\/shop\.demo\.test\/[^"\\ ]*utm_source=[^"\\ ]*/g))]
  const through = ['facebook', 'google'].map((source) => links.find((link) => link.includes(`utm_source=${source}`)) ?? assert.fail(`${source}: ${links}`))
  for (const link of through) {
    const visitor = await browser.newContext()
    const tab = await visitor.newPage()
    await tab.goto(link.replace('https://shop.demo.test', shop.origin))
    await tab.getByRole('button', { name: 'Buy' }).click()
    await eventually(async () => assert.equal(await tab.evaluate(() => document.readyState), 'complete'))
    await tab.waitForTimeout(300)
    await visitor.close()
  }
  const today = `from=${day()}&to=${day()}`
  await eventually(async () => {
    const { rows } = (await product.api(`/attribution/channels?model=last_touch&${today}`)).body
    const bought = rows.filter((row) => row.conversions > 0).map((row) => [row.channel, row.conversions, row.value]).sort()
    assert.deepEqual(bought, [['Paid Search', 1, PRICE * 100], ['Paid Social', 1, PRICE * 100]])
  })
  await marketer.goto(`${product.url}/attribution?range=today&model=last_touch`)
  for (const name of ['Paid Social', 'Paid Search']) {
    const row = marketer.getByRole('row', { name: new RegExp(name) }).first()
    await eventually(async () => assert.match(await row.innerText(), /€129/))
  }
})

test('a week later the dashboard shows spend, CTR, CPA and ROAS of each channel for the last 7 days', { skip }, async () => {
  await daysPass(DAYS)
  await marketer.goto(`${product.url}/?range=7d`)
  const spend = marketer.getByRole('region', { name: 'Ad spend', exact: true }).getByTestId('kpi-value')
  await eventually(async () => assert.match(await spend.innerText(), /€[1-9]/))
  const table = marketer.getByRole('table', { name: 'Channels' })
  const heads = (await table.getByRole('columnheader').allInnerTexts()).map((text) => text.trim())
  for (const name of ['Paid Social', 'Paid Search']) {
    const cells = await table.getByRole('row', { name: new RegExp(name) }).getByRole('cell').allInnerTexts()
    const shown = Object.fromEntries(cells.map((text, at) => [heads.at(at - cells.length), text.trim()]))
    const figure = (head) => Number(shown[head]?.replace(/[^0-9.]/g, ''))
    for (const head of ['Spend', 'CTR', 'CPA', 'ROAS']) assert.ok(figure(head) > 0, `${name} ${head}: ${JSON.stringify(shown)}`)
    // What the screen says agrees with itself: revenue of one order over the spend, and the spend of one order.
    assert.ok(Math.abs(figure('ROAS') - PRICE / figure('CPA')) < 0.02, JSON.stringify(shown))
  }
})

test('the optimizer proposes to rest the ad that nobody clicks; people say yes, and it rests at the provider', { skip }, async () => {
  assert.deepEqual(await runsThere(), { [BEST]: true, [GOOD]: true, [WORST]: true, [SEARCH]: true })

  await marketer.goto(`${product.url}/agents?campaign=${campaign}`)
  await marketer.getByRole('button', { name: 'Run the optimizer' }).click()
  await marketer.getByRole('dialog').getByRole('button', { name: 'Run' }).click()
  await marketer.waitForURL(`${product.url}/agents/runs/*`)
  const judged = marketer.getByRole('list', { name: 'Ads it judged' })
  await judged.waitFor({ timeout: 60_000 })
  assert.match(await judged.getByRole('listitem').filter({ hasText: WORST }).innerText(), /Pause/)
  const alsoRests = /Pause/.test(await judged.getByRole('listitem').filter({ hasText: GOOD }).innerText())
  await marketer.getByRole('button', { name: 'Change the ads' }).click()
  await marketer.waitForURL(`${product.url}/approvals?id=*`)
  const request = new URL(marketer.url()).searchParams.get('id')
  assert.equal(await marketer.getByRole('button', { name: 'Approve', exact: true }).count(), 0, 'nobody approves what they accepted')

  await approveOnScreen(request)
  await publishOnScreen()
  assert.deepEqual(await runsThere(), { [BEST]: true, [GOOD]: !alsoRests, [WORST]: false, [SEARCH]: true })
})

test('once people let it, it acts by itself within the limits, at night', { skip }, async () => {
  // Somebody lets the resting ad run again, so there is something to do; then autonomy is set to "act".
  await marketer.goto(`${product.url}/campaigns/${campaign}/edit`)
  await marketer.getByRole('button', { name: /^Ads/ }).click()
  await marketer.getByRole('navigation', { name: 'Ads' }).getByRole('button', { name: WORST }).click()
  await marketer.getByRole('switch', { name: `${WORST} is to run` }).click()
  await marketer.getByRole('button', { name: 'Check and review' }).click()
  await marketer.getByRole('button', { name: 'Submit for approval' }).click()
  await eventually(async () => assert.equal((await show()).approval?.status, 'pending'))
  await approveOnScreen((await show()).approval.id)
  await publishOnScreen()
  assert.equal((await runsThere())[WORST], true)

  const admin = await signIn(browser, product.url, { email: 'admin@demo.test' })
  await admin.goto(`${product.url}/guardrails`)
  await admin.getByRole('radio', { name: /Act within limits/ }).click()
  await admin.getByRole('button', { name: /^Save/ }).click()
  await eventually(async () => assert.equal((await product.api('/guardrails')).body.autonomy, 'act'))

  await daysPass(1)
  await product.scheduled('40 3 * * *')
  await eventually(async () => assert.deepEqual(beside(await runsThere()), { [BEST]: true, [WORST]: false, [SEARCH]: true }), { within: 90_000 })
  await eventually(async () => assert.deepEqual([(await show()).status, (await show()).has_change], ['live', false]))
  const { rows } = (await product.api(`/campaigns/${campaign}/history`)).body
  const approved = rows.find((row) => row.action === 'campaign.approve')
  assert.equal(approved.actor, 'policy', JSON.stringify(rows.slice(0, 4)))
  // What was done without asking is told where people look for it.
  await marketer.goto(`${product.url}/agents?campaign=${campaign}`)
  await marketer.getByRole('link', { name: /Optimizer/ }).first().click()
  await marketer.getByText(/approved by policy/).first().waitFor()
})
