// The main job in a real browser: sign in, read the dashboard, put the snippet on a page of another origin, and see its
// visit and its purchase arrive and be credited.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import { day, eventually, login, start } from './product.mjs'
import { launch, skip } from './screen.mjs'

let product, browser, page, shop
before(async () => {
  if (skip) return
  product = await start()
  browser = await launch()
  page = await browser.newPage({ viewport: { width: 1440, height: 1000 } })
  await product.send({ batch: visits() })
  await product.api('/imports/ad-spend?site=demo-site', {
    method: 'POST',
    headers: { 'content-type': 'text/csv' },
    body: `date,source,medium,campaign,impressions,clicks,spend\n${day()},google,cpc,Brand,5000,100,42.50\n`,
  })
  await eventually(async () => {
    const { metrics } = (await product.api('/analytics/summary')).body
    assert.deepEqual([metrics.orders, metrics.spend], [4, 4250])
  })
})
after(async () => {
  await browser?.close()
  await product?.stop()
  shop?.close()
})

// Twelve visits over twelve days, every third of which buys.
function visits() {
  return Array.from({ length: 12 }, (_, i) => {
    const [sid, ts] = [randomUUID(), Date.now() - i * 86_400_000 - 3_600_000]
    const [source, medium] = [['google', 'cpc'], ['newsletter', 'email'], ['facebook', 'cpc']][(i >> 2) % 3]
    const url = `https://shop.test/?utm_source=${source}&utm_medium=${medium}`
    const visit = [{ event: 'pageview', sid, ts, url }]
    if (i % 3 === 0) visit.push({ event: 'purchase', sid, ts: ts + 60_000, value: 50 + i })
    return visit
  }).flat()
}

test('a wrong password is told so, the right one opens the dashboard', { skip }, async () => {
  await page.goto(product.url)
  await page.getByLabel('Email').fill(login.email)
  await page.getByLabel('Password', { exact: true }).fill('wrong-password')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('alert').first().waitFor()
  await page.getByLabel('Password', { exact: true }).fill(login.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('region', { name: 'Revenue', exact: true }).waitFor()
  // A newcomer is told what comes next: the pixel sends already and there is a team, so it is an account.
  await page.getByRole('region', { name: 'First steps' }).getByRole('link', { name: 'Connect' }).waitFor()
})

test('the dashboard shows the figures of the API', { skip }, async () => {
  const { metrics, currency } = (await product.api('/analytics/summary')).body
  const shown = async (label) =>
    (await page.getByRole('region', { name: label, exact: true }).getByTestId('kpi-value').innerText()).replace(/\s/g, '')
  const money = (minor) =>
    new Intl.NumberFormat('en', { style: 'currency', currency }).format(minor / 100).replace(/\s/g, '')
  await eventually(async () => {
    assert.equal(await shown('Revenue'), money(metrics.revenue))
    assert.equal(await shown('Ad spend'), money(metrics.spend))
    assert.equal(await shown('Orders'), String(metrics.orders))
    assert.equal(await shown('Sessions'), String(metrics.sessions))
    assert.ok((await shown('Return on ad spend')).includes(metrics.roas.toFixed(2)), await shown('Return on ad spend'))
  })
})

test('the snippet on a page of another origin brings a page view, live, and a purchase to its channel', { skip }, async () => {
  const { rows } = (await product.api('/sites')).body
  const snippet = rows[0].snippet
  shop = createServer((_, answer) => {
    answer.setHeader('content-type', 'text/html')
    answer.end(`<!doctype html><title>Demo page</title>${snippet}<button
      onclick="AgenticTrack.send('purchase', { value: 129, currency: 'EUR', order_id: 'browser-1' })">Buy</button>`)
  })
  await new Promise((resolve) => shop.listen(0, resolve))

  await page.goto(`${product.url}/live`)
  await page.getByRole('list', { name: /Latest events/ }).waitFor()
  const visitor = await browser.newContext()
  const tab = await visitor.newPage()
  const started = Date.now()
  let hit
  tab.on('request', (request) => request.url().includes('/collect') && (hit ??= Date.now()))
  await tab.goto(`http://127.0.0.1:${shop.address().port}/landing-${started}?utm_source=tiktok&utm_medium=paid-social`)
  await page.getByText(`/landing-${started}`).first().waitFor({ timeout: 10_000 })
  console.log(`from the hit to the live view: ${Date.now() - hit} ms`)
  await tab.getByRole('button', { name: 'Buy' }).click()

  const today = `from=${day()}&to=${day()}`
  await eventually(async () => {
    const { rows } = (await product.api(`/attribution/channels?model=last_touch&${today}`)).body
    const row = rows.find((row) => row.source === 'tiktok')
    assert.deepEqual([row?.channel, row?.conversions, row?.value], ['Paid Social', 1, 12900])
  })
  await page.goto(`${product.url}/attribution`)
  await eventually(async () => assert.match(await page.getByRole('main').innerText(), /Paid Social/))
  await visitor.close()
})

test('a single-page navigation is a page view, and a repeated address is not', { skip }, async () => {
  const visitor = await browser.newContext()
  const tab = await visitor.newPage()
  const sent = []
  tab.on('request', (request) => request.url().includes('/collect') && sent.push(...JSON.parse(request.postData()).batch))
  const base = `http://127.0.0.1:${shop.address().port}`
  await tab.goto(`${base}/spa`)
  await eventually(() => assert.equal(sent.length, 1))
  await tab.evaluate(() => history.pushState({}, '', '/spa/two'))
  await tab.evaluate(() => history.replaceState({}, '', '/spa/two'))
  await tab.evaluate(() => AgenticTrack.identify('anna', { plan: 'pro' }))
  await eventually(() => assert.equal(sent.length, 3))
  assert.deepEqual(sent.map((event) => [event.event, new URL(event.url).pathname, event.ref]), [
    ['pageview', '/spa', ''],
    ['pageview', '/spa/two', `${base}/spa`],
    ['identify', '/spa/two', `${base}/spa`],
  ])
  assert.equal(sent[2].user_id, 'anna')
  assert.equal(new Set(sent.map((event) => event.sid)).size, 1)
  await visitor.close()
})

test('consent denied and Global Privacy Control stop the pixel and leave no ids behind', { skip }, async () => {
  const base = `http://127.0.0.1:${shop.address().port}`
  const visitor = await browser.newContext()
  await visitor.addInitScript(() => Object.defineProperty(navigator, 'globalPrivacyControl', { value: true }))
  const tab = await visitor.newPage()
  const sent = []
  tab.on('request', (request) => request.url().includes('/collect') && sent.push(...JSON.parse(request.postData()).batch))
  await tab.goto(`${base}/private`)
  await tab.waitForFunction(() => window.AgenticTrack)
  await tab.evaluate(() => AgenticTrack.send('click'))
  assert.deepEqual([sent.length, await tab.evaluate(() => localStorage.am_sid)], [0, undefined])
  await tab.evaluate(() => AgenticTrack.consent(true))
  await eventually(() => assert.deepEqual(sent.map((event) => [event.event, event.consent]), [['pageview', 'granted']]))
  await tab.evaluate(() => AgenticTrack.consent(false))
  await tab.evaluate(() => AgenticTrack.send('click'))
  assert.deepEqual([sent.length, await tab.evaluate(() => localStorage.am_sid)], [1, ''])
  await visitor.close()
})
