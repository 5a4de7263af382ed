// Once around the loop in a real browser, by people: connect practice accounts of Meta and Google, plan a campaign, have
// somebody else approve it, publish it, and read what it brought.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import { eventually, start } from './product.mjs'

const { chromium } = createRequire(new URL('../tools/package.json', import.meta.url))('playwright-core')
const executablePath = process.env.ADROIT_CHROMIUM
const skip = executablePath ? false : 'no Chromium: `cargo xtask doctor` says how to get one'
const DAYS = 7

let product, browser, marketer, approver, campaign
before(async () => {
  if (skip) return
  product = await start()
  browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-sync'],
  })
  ;[marketer, approver] = [await signedIn('marketer@demo.test'), await signedIn('approver@demo.test')]
})
after(async () => {
  await browser?.close()
  await product?.stop()
})

async function signedIn(email) {
  const page = await (await browser.newContext({ viewport: { width: 1440, height: 1000 } })).newPage()
  await page.goto(`${product.url}/login`)
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password', { exact: true }).fill('adroit-demo')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('navigation').first().waitFor()
  return page
}

const channels = async () => (await product.api('/channels')).body.rows

test('Meta and Google are connected through a real redirect', { skip }, async () => {
  for (const [place, type] of [[1, 'meta'], [2, 'google_ads']]) {
    await marketer.goto(`${product.url}/channels`)
    await marketer.getByRole('main').getByRole('button', { name: /^connect$/i }).nth(place).click()
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
  for (const channel of await page.getByRole('main').getByRole('checkbox').all()) await channel.click()
  await page.getByLabel('Keywords').fill('wool socks')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByLabel('Text above the picture').fill('Wool that keeps you warm all winter.')
  await page.getByLabel('Headline', { exact: true }).fill('Warm wool socks')
  await page.getByRole('button', { name: /Search ad 1/ }).click()
  for (const [n, text] of ['Warm wool socks', 'Made to last', 'Free shipping'].entries())
    await page.getByLabel(`Headline ${n + 1}`).fill(text)
  for (const [n, text] of ['Soft merino wool for cold days.', 'Order today, wear them this week.'].entries())
    await page.getByLabel(`Description ${n + 1}`).fill(text)
  await page.getByRole('button', { name: 'Check and review' }).click()
  await page.getByRole('button', { name: 'Submit for approval' }).click()
  await page.getByText('Waiting for approval').first().waitFor()
  campaign = page.url().split('/').pop()
  assert.equal((await product.api(`/campaigns/${campaign}`)).body.status, 'in_review')
})

test('somebody else approves exactly what was submitted', { skip }, async () => {
  const request = (await product.api(`/campaigns/${campaign}`)).body.approval
  await approver.goto(`${product.url}/approvals?id=${request.id}`)
  await approver.getByText('€40.00').first().waitFor()
  await approver.getByRole('button', { name: /^approve/i }).first().click()
  const sure = approver.getByRole('dialog').getByRole('button', { name: /approve/i })
  await sure.click({ timeout: 3000 }).catch(() => {})
  await eventually(async () => assert.equal((await product.api(`/campaigns/${campaign}`)).body.status, 'approved'))
})

test('it is published and goes live on both channels', { skip }, async () => {
  await marketer.goto(`${product.url}/campaigns/${campaign}`)
  await marketer.getByRole('button', { name: /^publish/i }).first().click()
  const sure = marketer.getByRole('dialog').getByRole('button', { name: /^publish/i })
  await sure.click({ timeout: 3000 }).catch(() => {})
  await eventually(async () => assert.equal((await product.api(`/campaigns/${campaign}`)).body.status, 'live'), { within: 60_000 })
  await marketer.getByText('Live', { exact: true }).first().waitFor()
  const accounts = (await product.practice('state')).accounts ?? []
  assert.ok(accounts.length >= 2, JSON.stringify(accounts).slice(0, 300))
})

test('a week later the dashboard shows what each channel spent and brought', { skip }, async () => {
  await product.practice('clock', { days: DAYS })
  for (const channel of await channels()) {
    await product.api(`/channels/${channel.id}/sync`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ days: 14 }),
    })
  }
  await eventually(
    async () => {
      const rows = (await product.api('/analytics/breakdown?by=channel&metrics=spend,clicks,impressions')).body.rows
      const spent = rows.filter((row) => row.metrics.spend > 0).map((row) => row.key)
      assert.ok(spent.length >= 2, JSON.stringify(rows).slice(0, 500))
    },
    { within: 60_000 },
  )
  await marketer.goto(`${product.url}/`)
  const spend = marketer.getByRole('region', { name: 'Ad spend', exact: true }).getByTestId('kpi-value')
  await eventually(async () => assert.match(await spend.innerText(), /€[1-9]/))
})
